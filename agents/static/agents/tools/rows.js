// A list of rows made from <template data-row="name">: add, remove, read, write.

export function bindRows(root, name, changed) {
  const element = root.querySelector(`[data-rows="${name}"]`);
  const template = root.querySelector(`template[data-row="${name}"]`);
  const addButton = root.querySelector(`[data-add="${name}"]`);

  function build(values) {
    const row = template.content.firstElementChild.cloneNode(true);
    for (const cell of row.querySelectorAll("[data-column]")) {
      const value = values[cell.dataset.column];
      if (cell.type === "checkbox") cell.checked = value ?? true;
      else if (value !== undefined) cell.value = Array.isArray(value) ? value.join(", ") : value;
    }
    row.querySelector("[data-remove]").addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (next?.querySelector("[data-remove]") ?? addButton).focus();
      changed();
    });
    const kind = row.querySelector('[data-column="kind"]');
    if (kind) {
      const choices = row.querySelector("[data-when-choice]");
      const show = () => (choices.hidden = kind.value !== "choice");
      kind.addEventListener("change", show);
      show();
    }
    return row;
  }

  function readRow(row) {
    const found = {};
    for (const cell of row.querySelectorAll("[data-column]")) {
      const column = cell.dataset.column;
      if (cell.type === "checkbox") found[column] = cell.checked;
      else if (column === "choices") found[column] = cell.value.split(",").map((word) => word.trim()).filter(Boolean);
      else found[column] = cell.value;
    }
    return found;
  }

  function add(values = {}) {
    const row = build(values);
    element.append(row);
    row.querySelector("[data-column]").focus();
    changed();
  }

  addButton.addEventListener("click", () => add());
  return {
    name,
    element,
    add,
    read: () => [...element.children].map(readRow),
    write: (list) => element.replaceChildren(...list.map(build)),
  };
}
