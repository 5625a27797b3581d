/** What the flow knows, kept true while it learns: names and values, without those that are masked. */

export class Variables {
  constructor(root, config) {
    this.root = root;
    this.config = config;
  }

  /** variables: {name: value}; what is new or another is marked for a moment. */
  show(variables, { quietly = false } = {}) {
    const list = this.root.querySelector("[data-variables]");
    if (!list) return;
    const known = new Map([...list.children].map((row) => [row.dataset.variable, row]));
    for (const [name, raw] of Object.entries(variables)) {
      if (raw === null || raw === "") continue;
      const value = inWords(raw);
      const row = known.get(name) ?? list.appendChild(this.#row(name));
      known.delete(name);
      const place = row.querySelector("dd");
      if (place.textContent === value) continue;
      place.textContent = value;
      if (!quietly) this.#flash(row);
    }
    for (const gone of known.values()) gone.remove();
    this.root.querySelector("[data-no-variables]").hidden = list.childElementCount > 0;
  }

  node(node, title) {
    const shown = title || this.config.titles[node] || node || "–";
    for (const place of this.root.querySelectorAll("[data-node-title]")) place.textContent = shown;
    const link = this.root.querySelector("[data-node-link]");
    if (!link) return;
    link.hidden = !node;
    link.hash = node;
  }

  #row(name) {
    const row = document.createElement("div");
    row.dataset.variable = name;
    const term = document.createElement("dt");
    term.textContent = name.replaceAll("_", " ");
    row.append(term, document.createElement("dd"));
    return row;
  }

  #flash(row) {
    row.classList.remove("is-new");
    requestAnimationFrame(() => row.classList.add("is-new"));
  }
}

function inWords(value) {
  if (Array.isArray(value)) return value.map(inWords).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
