/** Templates with their values: fields for the places of the chosen one, and how the message reads, as it is typed. */

const PLACE = /\{\{\s*([A-Za-z0-9_]{1,64})\s*\}\}/g;

/** Names of the places in the order of their values: numbers by size, names as they come. */
export function placesIn(body) {
  const names = [...new Set([...body.matchAll(PLACE)].map((match) => match[1]))];
  return names.every((name) => /^\d+$/.test(name)) ? names.sort((a, b) => a - b) : names;
}

/** The message into `bubble`; what is filled in is marked, a place without a value stays as it is. */
export function preview(bubble, body, values) {
  const places = placesIn(body);
  const parts = [];
  let end = 0;
  for (const match of body.matchAll(PLACE)) {
    parts.push(body.slice(end, match.index));
    const mark = document.createElement("mark");
    mark.textContent = values[places.indexOf(match[1])] || match[0];
    parts.push(mark);
    end = match.index + match[0].length;
  }
  bubble.replaceChildren(...parts, body.slice(end));
}

function bindCard(card) {
  const bubble = card.querySelector("[data-preview]");
  const fields = [...card.querySelectorAll("[data-value]")];
  const show = () => preview(bubble, card.dataset.body, fields.map((field) => field.value));
  card.addEventListener("input", show);
  show();
}

export function bindPicker(root) {
  const select = root.querySelector("[data-template]");
  const bubble = root.querySelector("[data-preview]");
  const values = root.querySelector("[data-values]");
  const name = root.dataset.withValues;
  const typed = () => [...values.querySelectorAll("input")].map((field) => field.value);
  const body = () => select.selectedOptions[0]?.dataset.body ?? "";
  const fill = () => {
    const before = typed();
    values.replaceChildren(
      ...placesIn(name ? body() : "").map((place, number) => {
        const label = document.createElement("label");
        label.className = "p-field";
        const text = document.createElement("span");
        text.className = "p-mono";
        text.textContent = `{{${place}}}`;
        const field = document.createElement("input");
        field.name = name;
        field.value = before[number] ?? "";
        field.maxLength = 500;
        field.autocomplete = "off";
        label.append(text, field);
        return label;
      }),
    );
  };
  const show = () => {
    bubble.hidden = !body();
    preview(bubble, body(), name ? typed() : [root.dataset.sample ?? ""]);
  };
  select.addEventListener("change", () => {
    fill();
    show();
  });
  values.addEventListener("input", show);
  fill();
  show();
}

document.querySelectorAll("[data-template-picker]").forEach(bindPicker);
document.querySelectorAll("[data-template-card]").forEach(bindCard);
