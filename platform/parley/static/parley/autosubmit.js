// <select data-autosubmit>: sends its form when changed.
export function bindAutosubmit(root) {
  root.addEventListener("change", (event) => {
    const field = event.target.closest?.("[data-autosubmit]");
    if (field?.form) field.form.requestSubmit();
  });
}
