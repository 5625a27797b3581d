/** Web addresses in plain text as links: nothing else in a text can become an element. */

const ADDRESS = /https?:\/\/[^\s<>"'`]+/g;
const TRAILING = /[.,;:!?…*_~]+$/;

/** The address without what belongs to the sentence around it: a full stop, a bracket that was opened before it. */
export function trimAddress(found) {
  let address = found.replace(TRAILING, "");
  while (/[)\]}]$/.test(address) && !closesItsOwn(address)) address = address.slice(0, -1).replace(TRAILING, "");
  return address;
}

function closesItsOwn(address) {
  const close = address.at(-1);
  const open = { ")": "(", "]": "[", "}": "{" }[close];
  return address.split(open).length >= address.split(close).length;
}

/** [{text, address}] in order; `address` is "" where the text is only text. */
export function splitLinks(text) {
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = trimAddress(found[0]);
    if (!URL.canParse(address)) continue;
    if (found.index > end) pieces.push({ text: text.slice(end, found.index), address: "" });
    pieces.push({ text: address, address });
    end = found.index + address.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), address: "" });
  return pieces;
}
