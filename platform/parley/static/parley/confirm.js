// <form data-confirm="Question?" data-confirm-button="Remove">: asks before it sends.
export function bindConfirm(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    ask(form, event.submitter);
  });
}

function ask(form, submitter) {
  const dialog = document.createElement("dialog");
  dialog.className = "p-dialog";
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const title = document.createElement("h2");
  title.id = "confirm-title";
  title.textContent = form.dataset.confirm;
  const actions = document.createElement("div");
  actions.className = "p-actions";
  const words = document.querySelector("[data-words]")?.dataset ?? {};
  const no = button(words.cancel ?? "Cancel", "p-button");
  const yes = button(form.dataset.confirmButton || submitter?.textContent.trim() || "OK", "p-button is-primary is-danger");
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    form.dataset.confirmed = "1";
    dialog.close();
    form.requestSubmit(submitter);
  });
  actions.append(no, yes);
  dialog.append(title, actions);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (!form.dataset.confirmed) form.querySelector("select[data-autosubmit]")?.form.reset();
  });
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}

function button(text, className) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  return made;
}
