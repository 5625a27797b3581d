// The list of problems, the state line and the counters: drawn again after every save.

const NUMBER = new Intl.NumberFormat(document.documentElement.lang || undefined);

export function showState(root, state, words, content) {
  const dot = root.querySelector("[data-status]");
  dot.dataset.status = state.status;
  root.querySelector("[data-status-text]").textContent = state.status_text;
  const undo = root.querySelector("[data-undo]");
  if (undo) undo.disabled = !state.undo;
  showProblems(root, state, words);
  showCounters(root, state, words, content);
}

function showProblems(root, state, words) {
  const count = root.querySelector("[data-problem-count]");
  const errors = state.problems.filter((problem) => problem.severity === "error").length;
  count.textContent = state.problems.length;
  count.classList.toggle("is-bad", errors > 0);
  count.classList.toggle("is-warn", !errors && state.problems.length > 0);
  count.hidden = !state.problems.length;
  const items = state.problems.map((problem) => {
    const item = document.createElement("li");
    item.className = `ag-problem is-${problem.severity}`;
    const link = document.createElement("a");
    link.href = onCanvas(problem) ? `${location.pathname}builder/#${problem.node}` : `#field-${problem.field}`;
    const label = document.createElement("strong");
    label.textContent = onCanvas(problem) ? [problem.title, problem.label].filter(Boolean).join(": ") : problem.label;
    link.append(label, ` ${problem.message}`);
    item.append(link);
    return item;
  });
  if (!items.length) {
    const item = document.createElement("li");
    item.className = "ag-problem is-none";
    item.textContent = words.noProblems;
    items.push(item);
  }
  const list = root.querySelector("[data-problems]");
  if (list.textContent !== items.map((item) => item.textContent).join("")) list.replaceChildren(...items);
  const bad = new Set(state.problems.filter((p) => p.severity === "error" && !onCanvas(p)).map((p) => p.field));
  for (const field of root.querySelectorAll(".ag-field")) {
    const wrong = bad.has(field.id.replace("field-", ""));
    field.classList.toggle("is-wrong", wrong);
    for (const input of field.querySelectorAll("input[name], textarea[name], select[name]")) {
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }
}

// Problems of a node stand on the canvas; a plain agent's only field of a node stands in this form.
function onCanvas(problem) {
  return problem.edge !== "" || (problem.field !== "instructions" && (problem.node !== "" || /^(flow|variables)/.test(problem.field)));
}

export function showCounters(root, state, words, content) {
  for (const counter of root.querySelectorAll("[data-counter]")) {
    const name = counter.dataset.counter;
    const limit = Number(counter.dataset.limit);
    const length = [...(content[name] ?? "")].length;
    const over = length > limit;
    const near = over || length > limit * 0.8;
    counter.classList.toggle("is-bad", over);
    if (name === "instructions") {
      const tokens = `≈ ${NUMBER.format(state.tokens)} ${words.of} ${NUMBER.format(state.token_limit)} ${words.tokens}`;
      counter.textContent = `${NUMBER.format(length)} ${words.characters} · ${tokens}`;
      counter.classList.toggle("is-bad", over || state.tokens > state.token_limit);
    } else {
      counter.textContent = near ? `${NUMBER.format(length)} ${words.of} ${NUMBER.format(limit)}` : "";
    }
  }
}

/** A problem's link puts the cursor into its field. */
export function bindProblemLinks(root) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest('a[href*="#field-"]');
    if (!link || link.pathname !== location.pathname) return;
    event.preventDefault();
    link.closest("dialog")?.close();
    focusField(link.hash.slice(1));
  });
  if (location.hash.startsWith("#field-")) focusField(location.hash.slice(1));
}

function focusField(id) {
  const alias = id === "field-voice_engine" ? "field-voice_name" : id;
  const field = document.getElementById(alias);
  if (!field) return;
  field.scrollIntoView({ block: "center", behavior: "auto" });
  field.querySelector("input:not([tabindex='-1']), textarea, select, button")?.focus({ preventScroll: true });
  field.classList.add("is-found");
  field.addEventListener("focusout", () => field.classList.remove("is-found"), { once: true });
}
