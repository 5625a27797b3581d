/** Spending: the list of countries opens when it is meant, counts what is marked, and can be searched. */

const list = document.querySelector("[data-countries]");
const scope = document.querySelector("[data-scope]");

function count() {
  const marked = list.querySelectorAll("input[type=checkbox]:checked").length;
  const badge = list.querySelector("[data-count]");
  badge.textContent = marked;
  badge.hidden = marked === 0;
}

function find(words) {
  const sought = words.trim().toLowerCase();
  for (const label of list.querySelectorAll("label.p-check")) {
    label.hidden = !label.textContent.toLowerCase().includes(sought);
  }
}

if (list && scope) {
  const box = list.querySelector("[data-find]");
  box.hidden = false;
  box.querySelector("input").addEventListener("input", (event) => find(event.target.value));
  box.querySelector("input").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.addEventListener("change", count);
  scope.addEventListener("change", (event) => {
    if (event.target.value === "some") list.open = true;
  });
  count();
}
