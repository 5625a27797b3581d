// The name box follows the chosen starter until the user has typed a name.

const form = document.querySelector("[data-create-agent]");
const name = form.elements.namedItem("name");
let typed = name.value !== "";

name.addEventListener("input", () => {
  typed = name.value !== "";
});
form.addEventListener("change", (event) => {
  const suggestion = event.target.dataset.name;
  if (suggestion && !typed) name.value = suggestion;
});
