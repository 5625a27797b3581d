// The page of one tool: the form as one object, saved as a whole, and tried as it stands.

import { bindRows } from "./rows.js";
import { bindTest } from "./test.js";

const root = document.querySelector("[data-tool]");
const form = root.querySelector("[data-form]");
const config = JSON.parse(document.getElementById("tool-config").textContent);
const csrf = form.elements.namedItem("csrfmiddlewaretoken").value;
const status = root.querySelector("[data-status]");
const values = [...form.querySelectorAll("[data-value]")];
const rows = ["parameters", "headers", "results"].map((name) => bindRows(root, name, changed));
let kept = "";

function read() {
  const found = {};
  for (const input of values) found[input.dataset.value] = input.value;
  found.timeout = Number(found.timeout);
  found.retries = Number(found.retries);
  for (const list of rows) found[list.name] = list.read();
  return found;
}

function write(from) {
  for (const input of values) input.value = from[input.dataset.value] ?? "";
  for (const list of rows) list.write(from[list.name]);
  root.querySelector("[data-more]").open ||= from.headers.length > 0 || from.retries > 0;
  kept = JSON.stringify(read());
  changed();
}

const dirty = () => JSON.stringify(read()) !== kept;

function changed() {
  const now = read();
  for (const part of root.querySelectorAll("[data-when-auth]")) {
    part.hidden = !part.dataset.whenAuth.split(" ").includes(now.auth);
  }
  root.querySelector("[data-when-body]").hidden = now.method === "GET";
  if (status && dirty()) status.textContent = "";
  test?.show(now);
}

/** Shows what the server says is wrong, at its field, and goes to the first. */
function showFindings(findings) {
  for (const place of root.querySelectorAll("[data-problem], [data-row-problem]")) place.hidden = true;
  for (const input of root.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  let first = null;
  for (const { field, message } of findings) {
    const [name, number, column] = field.split(".");
    const list = rows.find((each) => each.name === name);
    const row = number === undefined ? null : list?.element.children[Number(number)];
    const place = row ? row.querySelector("[data-row-problem]") : root.querySelector(`[data-problem="${CSS.escape(name)}"]`);
    const shown = place ?? root.querySelector('[data-problem=""]');
    shown.textContent = shown.hidden ? message : `${shown.textContent} ${message}`;
    shown.hidden = false;
    const input = row ? row.querySelector(`[data-column="${column}"]`) : values.find((each) => each.dataset.value === name);
    input?.setAttribute("aria-invalid", "true");
    input?.closest("details")?.setAttribute("open", "");
    first ??= input ?? shown;
  }
  first?.focus?.();
  first?.scrollIntoView?.({ block: "center" });
}

async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(body),
  });
  return { ok: response.ok, answer: await response.json() };
}

async function save() {
  const sent = read();
  if (!config.isNew) delete sent.name;
  status.textContent = config.words.saving;
  let result;
  try {
    result = await post(config.saveUrl, sent);
  } catch {
    status.textContent = config.words.offline;
    return;
  }
  if (!result.ok) {
    status.textContent = config.words.refused;
    showFindings(result.answer.error.findings ?? [{ field: "", message: result.answer.error.message }]);
    return;
  }
  showFindings([]);
  kept = JSON.stringify(read());
  if (result.answer.url) {
    location.assign(result.answer.url);
    return;
  }
  write(result.answer.values);
  status.textContent = [config.words.saved, ...result.answer.notices].join(" ");
}

const test = config.editable
  ? bindTest(root, config, { read, post, showFindings, take: (row) => rows[2].add(row) })
  : null;
form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
window.addEventListener("beforeunload", (event) => {
  if (config.editable && dirty()) event.preventDefault();
});
if (!config.editable) for (const input of form.querySelectorAll("input, select, textarea, button")) input.disabled = true;
write(config.values);
