// <button data-copy="text"> or data-copy-from="#element": copies, and says so.
export function bindCopy(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom) : null;
    const text = source ? source.value ?? source.textContent.trim() : button.dataset.copy;
    const label = button.querySelector("[data-copy-label]") ?? button;
    const before = label.textContent;
    const words = document.querySelector("[data-words]")?.dataset ?? {};
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = words.copied ?? "Copied";
    } catch {
      // No clipboard (plain http on another machine): leave it selected for Ctrl-C.
      if (source) getSelection().selectAllChildren(source);
      label.textContent = words.copyByHand ?? "Press Ctrl-C";
    }
    setTimeout(() => {
      label.textContent = before;
    }, 1800);
  });
}
