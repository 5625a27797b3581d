/** A brand colour, and the shades that go with it. Pure. */

/** [r, g, b] in 0..255 of "#rrggbb" or "#rgb"; null for anything else. */
export function parseColour(text) {
  const long = /^#([0-9a-f]{6})$/i.exec(text ?? "");
  const short = /^#([0-9a-f]{3})$/i.exec(text ?? "");
  const digits = long ? long[1] : short ? short[1].replace(/./g, "$&$&") : "";
  return digits ? [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)) : null;
}

/** Relative luminance as WCAG has it, 0..1. */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** White or near-black: whichever is read more easily on `colour`. */
export function textOn(colour) {
  const light = luminance(colour);
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.055 ? "#ffffff" : "#10201f";
}

function mixed(colour, other, share) {
  return `rgb(${colour.map((value, at) => Math.round(value * (1 - share) + other[at] * share)).join(" ")})`;
}

/** {accent, text, shades: [light, middle, dark]} */
export function palette(colour) {
  const white = [255, 255, 255];
  const night = [10, 16, 30];
  return {
    accent: mixed(colour, colour, 0),
    text: textOn(colour),
    shades: [mixed(colour, white, 0.62), mixed(colour, white, 0.12), mixed(colour, night, 0.38)],
  };
}
