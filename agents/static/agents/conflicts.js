// Two people changed the same field: both values are shown until one is chosen.

import { readableAfterCall } from "./after_call.js";

const readable = (value, words) => {
  if (value === true) return words.on;
  if (value === false) return words.off;
  if (Array.isArray(value)) {
    return value.map((row) => (typeof row === "object" ? Object.values(row).join(" → ") : row)).join("\n");
  }
  if (value !== null && typeof value === "object") return readableAfterCall(value);
  return String(value ?? "");
};

/** Show the disputed fields, locked until one text is chosen: `keep(values)` saves mine, `take(name)` shows theirs. */
export function showConflicts(root, adapters, conflicts, mine, words, { keep, take }) {
  let first = null;
  for (const [name, theirs] of Object.entries(conflicts)) {
    const place = root.querySelector(`[data-conflict="${name === "voice_engine" ? "voice_name" : name}"]`);
    if (!place) continue;
    const text = document.createElement("p");
    const label = document.createElement("strong");
    label.textContent = theirs.label;
    text.append(label, ` ${words.conflict}`);
    const sides = document.createElement("div");
    sides.className = "ag-sides";
    const lock = adapters.find((adapter) => adapter.names.includes(name)).lock;
    for (const element of lock) element.inert = true;
    const done = (choose) => () => {
      for (const element of lock) element.inert = false;
      place.hidden = true;
      place.replaceChildren();
      choose();
    };
    sides.append(
      side(words.mine, readable(mine[name], words), words.keepMine, done(() => keep({ [name]: mine[name] }))),
      side(words.theirs, readable(theirs.value, words), words.takeTheirs, done(() => take(name))),
    );
    place.replaceChildren(text, sides);
    place.hidden = false;
    first ??= place;
  }
  first?.scrollIntoView({ block: "center" });
}

function side(title, text, action, choose) {
  const box = document.createElement("div");
  box.className = "ag-side";
  const head = document.createElement("strong");
  head.textContent = title;
  const body = document.createElement("pre");
  body.textContent = text;
  body.tabIndex = 0;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "p-button";
  button.textContent = action;
  button.addEventListener("click", choose);
  box.append(head, body, button);
  return box;
}

export const hasConflict = (root, name) => {
  const place = root.querySelector(`[data-conflict="${name}"]`);
  return Boolean(place && !place.hidden);
};
