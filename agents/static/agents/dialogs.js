// Dialogs: publish (its inside comes from the server, after everything is saved) and confirmations.

export function bindDialogs(root, flush) {
  root.ownerDocument.addEventListener("click", async (event) => {
    const closer = event.target.closest("[data-close-dialog]");
    const dialog = closer?.closest("dialog");
    if (dialog) {
      dialog.close();
      if (!(closer.hash ?? "").startsWith("#field-")) event.preventDefault();
      return;
    }
    const opener = event.target.closest("[data-open-dialog]");
    if (opener) document.getElementById(opener.dataset.openDialog).showModal();
    const publish = event.target.closest("[data-publish]");
    if (publish && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      await flush();
      openPublish(publish.href);
    }
  });
  for (const dialog of root.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
}

async function openPublish(address) {
  const dialog = document.querySelector("[data-publish-dialog]");
  const response = await fetch(`${address}?part=1`).catch(() => null);
  if (!response?.ok || response.redirected) {
    location.assign(address);
    return;
  }
  const part = new DOMParser().parseFromString(await response.text(), "text/html");
  dialog.replaceChildren(...part.body.childNodes);
  dialog.showModal();
  dialog.querySelector("#publish-note")?.focus();
}
