/** Building elements by script: works under any content security policy of the host page. */

const SVG = "http://www.w3.org/2000/svg";

/** el("button", {class: "x", onclick: f, hidden: true}, child, ...): attributes by name, listeners by on<event>. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const PATHS = {
  chat: "M12 3c5.25 0 9.5 3.6 9.5 8.1 0 4.6-4.25 8.2-9.5 8.2-1.1 0-2.2-.16-3.2-.46L4.2 21l.9-3.9C3.5 15.6 2.5 13.5 2.5 11.1 2.5 6.6 6.75 3 12 3Z",
  down: "M5 8.5l7 7 7-7",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5.5M6 11l6-6 6 6",
  call: "M6.2 3.5l3.2-.7 1.6 4-2 1.6c1 2.2 2.5 3.8 4.7 4.7l1.6-2 4 1.6-.7 3.2c-.2 1-1 1.6-2 1.6C9.800 17.500 4.600 12 4.600 5.500c0-1 .6-1.800 1.600-2Z",
  end: "M3 14.200c0-1.500.7-2.600 2-3.200 4.600-2 9.400-2 14 0 1.300.6 2 1.700 2 3.200v1.300l-4.300.9-.9-3.100c-2.500-.8-5.100-.8-7.600 0l-.9 3.100-4.300-.9Z",
  mic: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3",
  muted: "M9 9v3a3 3 0 0 0 4.800 2.400M15 11V6a3 3 0 0 0-5.800-1M5.500 11.500a6.500 6.500 0 0 0 10 5.500M18.200 13.500a6.400 6.400 0 0 0 .3-2M12 18v3M4 4l16 16",
};

const FILLED = new Set(["chat", "call", "end"]);

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", FILLED.has(name) ? "icon filled" : "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
