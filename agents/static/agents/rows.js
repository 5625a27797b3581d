// A table of words with rows to add and remove.

export function bindRows(root, content, changed) {
  const name = root.dataset.rows;
  const body = root.querySelector("[data-row-list]");
  const template = root.querySelector("[data-row-template]");
  const addButton = root.querySelector("[data-row-add]");

  const adapter = {
    names: [name],
    element: root,
    lock: [body.parentElement, addButton],
    read: () => ({
      [name]: [...body.rows].map((row) =>
        Object.fromEntries([...row.querySelectorAll("[data-column]")].map((cell) => [cell.dataset.column, cell.value])),
      ),
    }),
    write: (next) => body.replaceChildren(...next[name].map(build)),
  };

  function build(values) {
    const row = template.content.firstElementChild.cloneNode(true);
    for (const cell of row.querySelectorAll("[data-column]")) {
      show(cell, values[cell.dataset.column] ?? "");
      cell.addEventListener("input", () => changed(adapter));
      cell.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !event.isComposing) {
          event.preventDefault();
          add();
        }
      });
    }
    row.querySelector("[data-row-remove]").addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (next?.querySelector("[data-row-remove]") ?? addButton).focus();
      changed(adapter);
    });
    return row;
  }

  // A choice that is not on offer any more is added, so that it is not lost by being shown.
  function show(cell, value) {
    if (cell.tagName === "SELECT" && ![...cell.options].some((option) => option.value === value)) cell.add(new Option(value, value));
    cell.value = value;
  }

  function add() {
    const row = build({});
    body.append(row);
    row.querySelector("[data-column]").focus();
  }

  addButton.addEventListener("click", add);
  adapter.write(content);
  return adapter;
}
