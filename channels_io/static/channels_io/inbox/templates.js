/** An approved template with its places filled in: what may be sent when free words may not (WhatsApp, after 24 hours). */

const PLACE = /\{\{\s*(\w+)\s*\}\}/g;

/** The places of a template's body, in the order in which they are filled: "{{1}}" before "{{2}}". */
export function placesOf(body) {
  const names = [...new Set([...body.matchAll(PLACE)].map((found) => found[1]))];
  return names.sort((one, other) => Number(one) - Number(other) || 0);
}

export function filledIn(body, values) {
  const places = placesOf(body);
  return body.replace(PLACE, (whole, name) => values[places.indexOf(name)] || whole);
}

export class Templates {
  /** changed(): what was chosen or filled in is another. */
  constructor(box, changed) {
    this.box = box;
    this.choice = box.querySelector("[data-template]");
    this.places = box.querySelector("[data-places]");
    this.preview = box.querySelector("[data-preview]");
    this.templates = [];
    this.choice.addEventListener("change", () => {
      this.#fields();
      changed();
    });
    this.places.addEventListener("input", () => {
      this.#show();
      changed();
    });
  }

  offer(templates) {
    if (JSON.stringify(templates) === JSON.stringify(this.templates)) return;
    this.templates = templates;
    this.choice.replaceChildren(
      ...templates.map(({ id, name, language }) => new Option(`${name} (${language})`, id)),
    );
    this.#fields();
  }

  get chosen() {
    return this.templates.find(({ id }) => id === this.choice.value);
  }

  get values() {
    return [...this.places.querySelectorAll("input")].map((input) => input.value.trim());
  }

  /** Whether all its places are filled. */
  get whole() {
    return Boolean(this.chosen) && this.values.every(Boolean);
  }

  /** As form fields. */
  fields() {
    return [["template", this.chosen.id], ...this.values.map((value) => ["template_value", value])];
  }

  get text() {
    return this.chosen ? filledIn(this.chosen.body, this.values) : "";
  }

  clear() {
    this.#fields();
  }

  #fields() {
    const places = this.chosen ? placesOf(this.chosen.body) : [];
    this.places.replaceChildren(
      ...places.map((name) => {
        const field = document.createElement("input");
        return Object.assign(field, { className: "p-input", maxLength: 500, placeholder: `{{${name}}}`, ariaLabel: `{{${name}}}` });
      }),
    );
    this.#show();
  }

  #show() {
    this.preview.textContent = this.text;
  }
}
