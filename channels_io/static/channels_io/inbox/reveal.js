/** A look behind what is masked in one turn. The words are shown for a while, and only here. */

const SHOWN_MS = 20000;

/** root: the pane; token: against forged requests; failed: told when it could not be shown. */
export function bindReveal(root, token, failed) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-reveal]");
    if (!button) return;
    button.disabled = true;
    try {
      const response = await fetch(button.dataset.reveal, { method: "POST", headers: { "X-CSRFToken": token } });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.message ?? "");
      show(button, answer.text);
    } catch (error) {
      button.disabled = false;
      failed(error.message);
    }
  });
}

function show(button, text) {
  const words = button.closest("li").querySelector("[data-words]");
  const masked = [...words.childNodes];
  words.replaceChildren(text);
  setTimeout(() => {
    words.replaceChildren(...masked);
    button.disabled = false;
  }, SHOWN_MS);
}
