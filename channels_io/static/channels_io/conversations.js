/** The list's filters: a choice is applied at once; empty fields stay out of the address. */

const form = document.querySelector("[data-filters]");

// Without this script, and on a wide page, the filters are always open.
if (matchMedia("(width < 860px)").matches) form?.querySelector("[data-fold]")?.removeAttribute("open");

form?.addEventListener("change", (event) => {
  if (event.target.matches("select") || (event.target.type === "date" && event.target.value)) form.requestSubmit();
});

form?.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
});

// After "back" the browser shows the page as it was left: with its empty fields switched off.
window.addEventListener("pageshow", () => {
  for (const field of form?.elements ?? []) field.disabled = false;
});
