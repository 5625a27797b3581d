// <button data-open-dialog="id"> opens <dialog id="id">; data-close-dialog inside closes it; so does the backdrop.
export function bindDialogs(root) {
  root.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-open-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.openDialog);
      if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
      return;
    }
    const closer = event.target.closest?.("[data-close-dialog]");
    const dialog = closer?.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    } else if (event.target instanceof HTMLDialogElement && event.target.open) {
      event.target.close();
    }
  });
  for (const dialog of root.querySelectorAll("dialog[data-open]")) dialog.showModal();
}
