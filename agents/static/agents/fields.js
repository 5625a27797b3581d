// One adapter for each kind of field: read() gives {name: value}, write(content) shows what a draft holds.

import { bindAfterCall } from "./after_call.js";
import { bindRows } from "./rows.js";
import { bindTags } from "./tags.js";

function simple(element, read, write) {
  const name = element.name;
  return {
    names: [name],
    element,
    lock: [element],
    read: () => ({ [name]: read(element) }),
    write: (content) => write(element, content[name]),
  };
}

function number(element) {
  const mirror = document.querySelector(`[data-mirror="${element.name}"]`);
  if (mirror) {
    mirror.addEventListener("input", () => {
      element.value = mirror.value;
      element.dispatchEvent(new Event("input", { bubbles: true }));
    });
    element.addEventListener("input", () => {
      mirror.value = element.value;
    });
  }
  return simple(
    element,
    (input) => (input.value === "" || Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber),
    (input, value) => {
      input.value = value;
      if (mirror) mirror.value = value;
    },
  );
}

function choice(element) {
  return simple(element, (select) => select.value, select);
}

// An option that is not on offer any more is added, so that no value is lost by showing it.
function select(element, value) {
  if (![...element.options].some((option) => option.value === value)) element.add(new Option(value, value));
  element.value = value;
}

function voice(element) {
  return {
    names: ["voice_engine", "voice_name"],
    element,
    lock: [element],
    read: () => {
      const [engine, ...rest] = element.value.split("/");
      return { voice_engine: engine, voice_name: rest.join("/") };
    },
    write: (content) => select(element, `${content.voice_engine}/${content.voice_name}`),
  };
}

const KINDS = {
  text: (element) =>
    simple(
      element,
      (input) => input.value,
      (input, value) => {
        input.value = value;
        grow(input);
      },
    ),
  number,
  choice,
  voice,
  switch: (element) =>
    simple(
      element,
      (input) => input.checked,
      (input, value) => {
        input.checked = value;
      },
    ),
};

// A text box as tall as its text, where the browser does not do it by itself.
export function grow(input) {
  if (input.tagName !== "TEXTAREA" || CSS.supports("field-sizing", "content")) return;
  input.rows = Math.min(40, Math.max(input.rows, input.value.split("\n").length + 1));
}

/** Every field of the form. `changed(adapter)` is called on each edit by the user. */
export function bindFields(form, content, words, changed) {
  const adapters = [];
  for (const element of form.querySelectorAll("[data-field]")) {
    const adapter = KINDS[element.dataset.field](element);
    element.addEventListener("input", () => {
      grow(element);
      changed(adapter);
    });
    grow(element);
    adapters.push(adapter);
  }
  for (const root of form.querySelectorAll("[data-tags]")) adapters.push(bindTags(root, content, words, changed));
  for (const root of form.querySelectorAll("[data-after]")) adapters.push(bindAfterCall(root, content, changed));
  for (const root of form.querySelectorAll("[data-rows]")) adapters.push(bindRows(root, content, changed));
  return adapters;
}
