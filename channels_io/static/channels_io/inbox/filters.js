/** The filters: a choice is applied at once; empty fields stay out of the address. */

export function bindFilters(place) {
  const form = place.querySelector("[data-find]");
  form.addEventListener("change", (event) => {
    if (event.target.matches("select") || (event.target.type === "date" && event.target.value)) form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
  // After "back" the browser shows the page as it was left: with its empty fields switched off.
  addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });
  // Emptied by its cross, the search is over.
  form.querySelector("input[type=search]").addEventListener("search", (event) => {
    if (!event.target.value && new URLSearchParams(location.search).has("q")) form.requestSubmit();
  });
}
