// What is looked for after a conversation: two lists of rows, a switch and a text, kept as one value.

const LISTS = { outcomes: ["steps"], fields: ["choices"] };
// Which parts of a row are lists of words, written with commas.

const words = (text) =>
  text
    .split(/[,;\n]/)
    .map((word) => word.trim().replace(/\s+/g, " "))
    .filter(Boolean);

export function bindAfterCall(root, content, changed) {
  const name = root.dataset.after;
  const analyse = root.querySelector("[data-after-analyse]");
  const instruction = root.querySelector("[data-after-instruction]");

  const list = (key) => root.querySelector(`[data-after-list="${key}"]`);

  const adapter = {
    names: [name],
    element: root,
    lock: [...root.querySelectorAll(".ag-after-part")],
    read: () => ({
      [name]: {
        analyse: analyse.checked,
        outcomes: rows("outcomes"),
        fields: rows("fields"),
        instruction: instruction.value,
      },
    }),
    write: (next) => {
      const value = next[name] ?? {};
      analyse.checked = value.analyse ?? true;
      instruction.value = value.instruction ?? "";
      for (const key of Object.keys(LISTS)) list(key).replaceChildren(...(value[key] ?? []).map((row) => build(key, row)));
    },
  };

  function rows(key) {
    return [...list(key).children].map((row) => {
      const values = {};
      for (const part of row.querySelectorAll("[data-part]")) {
        const what = part.dataset.part;
        if (part.type === "checkbox") values[what] = part.checked;
        else values[what] = LISTS[key].includes(what) ? words(part.value) : part.value;
      }
      // A list that is not asked for is kept by nobody.
      if ("kind" in values && values.kind !== "choice") values.choices = [];
      return values;
    });
  }

  function build(key, values) {
    const template = root.querySelector(`[data-after-template="${key}"]`);
    const row = template.content.firstElementChild.cloneNode(true);
    for (const part of row.querySelectorAll("[data-part]")) {
      const value = values[part.dataset.part];
      if (part.type === "checkbox") part.checked = Boolean(value);
      else if (Array.isArray(value)) part.value = value.join(", ");
      else part.value = value ?? (part.tagName === "SELECT" ? "text" : "");
      part.addEventListener("input", () => {
        showChoices(row);
        changed(adapter);
      });
    }
    row.querySelector("[data-after-remove]").addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (next?.querySelector("[data-after-remove]") ?? root.querySelector(`[data-after-add="${key}"]`)).focus();
      changed(adapter);
    });
    showChoices(row);
    return row;
  }

  for (const button of root.querySelectorAll("[data-after-add]")) {
    button.addEventListener("click", () => {
      const row = build(button.dataset.afterAdd, {});
      list(button.dataset.afterAdd).append(row);
      row.querySelector("[data-part]").focus();
    });
  }
  analyse.addEventListener("input", () => changed(adapter));
  instruction.addEventListener("input", () => changed(adapter));
  adapter.write(content);
  return adapter;
}

function showChoices(row) {
  const choices = row.querySelector("[data-choices]");
  if (choices) choices.hidden = row.querySelector('[data-part="kind"]').value !== "choice";
}

/** The value as lines to compare, where two people changed it. */
export function readableAfterCall(value) {
  const outcomes = value.outcomes.map((row) => `${row.solved ? "✓" : "–"} ${row.name}: ${row.description}`);
  const fields = value.fields.map((row) => `${row.name} (${row.kind}): ${row.description}`);
  return [...outcomes, ...fields, value.instruction].filter(Boolean).join("\n");
}
