// The agent page: the form saves itself; the state beside it follows the server.

import { hasConflict, showConflicts } from "./conflicts.js";
import { bindPublish } from "./dialogs.js";
import { Draft, same } from "./draft.js";
import { bindFields } from "./fields.js";
import { bindHear } from "./hear.js";
import { bindProblemLinks, showCounters, showState } from "./problems.js";

const root = document.querySelector("[data-editor]");
const form = root.querySelector("[data-form]");
const config = JSON.parse(document.getElementById("editor-config").textContent);
const words = config.words;
const csrf = form.elements.namedItem("csrfmiddlewaretoken").value;
const status = root.querySelector("[data-save-status]");
const alertBox = root.querySelector("[data-alert]");
let state = config.state;

const draft = new Draft(config, csrf);
const adapters = bindFields(form, config.content, words, (adapter) => {
  if (adapter.names.some((name) => hasConflict(root, name))) return;
  draft.change(adapter.read());
  showCounters(root, state, words, local());
});

// What the form shows now, saved or not.
const local = () => Object.assign({}, ...adapters.map((adapter) => adapter.read()));

// Show the server's values in every field that the user is not in and that holds nothing unsaved.
function refresh(content, sent = new Map()) {
  for (const adapter of adapters) {
    if (adapter.names.some((name) => draft.pending.has(name) || hasConflict(root, name))) continue;
    if (adapter.element.contains(document.activeElement)) continue;
    const shown = adapter.read();
    const untouched = adapter.names.every((name) => !sent.has(name) || same(sent.get(name), shown[name]));
    if (untouched && adapter.names.some((name) => !same(content[name], shown[name]))) adapter.write(content);
  }
}

function say(message, ...extra) {
  alertBox.hidden = !message;
  alertBox.classList.toggle("is-plain", extra.length > 0);
  alertBox.replaceChildren(message, ...extra);
}

draft.on("status", (kind, message = "") => {
  if (!status) return;
  status.textContent = kind === "refused" ? `${words.refused} ${message}` : words[kind];
  status.dataset.kind = kind;
});

draft.on("saved", (next, sent) => {
  state = next;
  refresh(next.content, sent);
  showState(root, next, words, local());
  say(next.notices.map((notice) => notice.message).join(" "));
  for (const title of document.querySelectorAll("[data-agent-name]")) title.textContent = next.content.name;
});

draft.on("refused", (error) => say(error.message));

draft.on("conflict", (conflicts, mine) => {
  refresh(draft.content);
  const show = (name, content) => adapters.find((adapter) => adapter.names.includes(name)).write(content);
  showConflicts(root, adapters, conflicts, mine, words, {
    keep: (values) => {
      for (const name of Object.keys(values)) show(name, { ...draft.content, ...values });
      draft.change(values);
    },
    take: (name) => {
      show(name, draft.content);
      draft.emit("status", draft.dirty ? "unsaved" : "saved");
    },
  });
});

draft.on("undone", (next, before) => {
  state = next;
  for (const adapter of adapters) adapter.write(next.content);
  showState(root, next, words, local());
  draft.emit("status", "saved");
  const redo = document.createElement("button");
  redo.type = "button";
  redo.className = "p-button is-quiet";
  redo.textContent = words.redo;
  redo.addEventListener("click", () => {
    const values = Object.fromEntries(next.changed.map(({ name }) => [name, before[name]]));
    for (const adapter of adapters) {
      if (adapter.names.some((name) => name in values)) adapter.write({ ...draft.content, ...values });
    }
    draft.change(values);
    draft.flush();
    say("");
  });
  say(`${words.undone} ${next.changed.map(({ label }) => label).join(", ")} `, redo);
});

// A field that loses the focus shows what was really kept (cleaned text, somebody else's change).
form.addEventListener("focusout", () => draft.flush().then(() => refresh(draft.content)));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  draft.flush();
});
root.querySelector("[data-undo]")?.addEventListener("click", () => draft.undo());
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s" && config.editable) {
    event.preventDefault();
    draft.flush();
  }
});
window.addEventListener("beforeunload", (event) => {
  if (!draft.dirty) return;
  draft.flush();
  event.preventDefault();
});

bindProblemLinks(document);
bindPublish(document, () => draft.flush());
bindHear(root, config, csrf, local, (message, inRow) => {
  root.querySelector("[data-hear-status]").textContent = inRow ? "" : message;
  say(inRow ? message : "");
});
showState(root, state, words, local());

// What was typed while this script was still on its way is a change like any other.
const touched = (element) =>
  element.type === "checkbox"
    ? element.checked !== element.defaultChecked
    : "defaultValue" in element && element.value !== element.defaultValue;
if (config.editable) {
  for (const adapter of adapters) if (touched(adapter.element)) draft.change(adapter.read());
}
