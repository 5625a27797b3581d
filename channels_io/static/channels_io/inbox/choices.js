/** Where the agent goes on: the steps of the flow, found by typing; the arrow keys walk the ones that fit. */

export function bindChoices(dialog) {
  const search = dialog.querySelector("[data-node-search]");
  if (!search) return;
  const choices = [...dialog.querySelectorAll("[data-choice]")];
  const nothing = dialog.querySelector("[data-no-choice]");
  const narrow = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const choice of choices) {
      choice.hidden = !words.every((word) => choice.dataset.choice.includes(word));
      choice.querySelector("input").disabled = choice.hidden;
      shown += choice.hidden ? 0 : 1;
    }
    nothing.hidden = shown > 0;
    const first = choices.find((choice) => !choice.hidden);
    if (words.length && first) first.querySelector("input").checked = true;
    else if (!words.length) dialog.querySelector('input[name="node"][value=""]').checked = true;
  };
  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    dialog.querySelector('input[name="node"]:checked')?.focus();
  });
  dialog.addEventListener("close", () => {
    search.value = "";
    narrow();
  });
}

export function chosen(dialog) {
  return dialog.querySelector('input[name="node"]:checked')?.value ?? "";
}
