// A list of words: Enter or comma adds, Backspace in the empty box takes the last back into it.

export function bindTags(root, content, words, changed) {
  const name = root.dataset.tags;
  const list = root.querySelector("[data-tag-list]");
  const input = root.querySelector("[data-tag-input]");
  const template = root.querySelector("[data-tag-template]");
  const count = root.querySelector("[data-tag-count]");
  let values = [];

  const adapter = {
    names: [name],
    element: input,
    lock: [list.parentElement],
    read: () => ({ [name]: [...values] }),
    write: (next) => {
      values = [...next[name]];
      draw();
    },
  };

  function draw() {
    list.replaceChildren(
      ...values.map((value, index) => {
        const item = template.content.firstElementChild.cloneNode(true);
        item.querySelector("[data-tag-text]").textContent = value;
        const button = item.querySelector("[data-tag-remove]");
        button.setAttribute("aria-label", `${words.remove} ${value}`);
        button.addEventListener("click", () => {
          values.splice(index, 1);
          draw();
          input.focus();
          changed(adapter);
        });
        return item;
      }),
    );
    count.textContent = values.length ? `${values.length} ${words.of} ${root.dataset.limit}` : "";
  }

  function add(text) {
    const fresh = text
      .split(/[,\n;]/)
      .map((word) => word.trim().replace(/\s+/g, " "))
      .filter((word) => word && !values.some((value) => value.toLowerCase() === word.toLowerCase()));
    input.value = "";
    if (!fresh.length) return;
    values.push(...fresh);
    draw();
    changed(adapter);
  }

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add(input.value);
    } else if (event.key === "Backspace" && input.value === "" && values.length) {
      event.preventDefault();
      input.value = values.pop();
      draw();
      changed(adapter);
    }
  });
  input.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (/[,\n;]/.test(text)) {
      event.preventDefault();
      add(input.value + text);
    }
  });
  input.addEventListener("change", () => add(input.value));
  adapter.write(content);
  return adapter;
}
