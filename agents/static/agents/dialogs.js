// The publish dialog: its inside comes from the server, after everything is saved. app.js opens and closes dialogs.

export function bindPublish(root, flush) {
  root.addEventListener("click", async (event) => {
    const publish = event.target.closest("[data-publish]");
    if (!publish || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await flush();
    await openPublish(publish.href);
  });
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
