/** The channel form: shows the colour's value, and only the versions of the chosen agent. */

const agent = document.querySelector('select[name="agent"]');
const version = document.querySelector('select[name="version"]');
const colour = document.querySelector('input[name="colour"]');
const options = version ? [...version.options] : [];

function showVersions() {
  const chosen = version.value;
  version.replaceChildren(...options.filter((option) => !option.value || option.dataset.agent === agent.value));
  version.value = [...version.options].some((option) => option.value === chosen) ? chosen : "";
}

if (agent && version) {
  agent.addEventListener("change", showVersions);
  showVersions();
}

colour?.addEventListener("input", () => {
  document.querySelector("[data-colour-text]").textContent = colour.value;
});
