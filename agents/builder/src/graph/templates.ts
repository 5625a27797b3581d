// `{{name}}` in texts: where one is being typed, what it may be, which are used.

import type { KnownVariable } from "../types";

export interface Typing {
  /** Where "{{" begins. */
  from: number;
  /** What is typed of the name so far. */
  prefix: string;
}

/** The variable that is being typed at `caret`; null where none is. */
export function typingAt(text: string, caret: number): Typing | null {
  const before = text.slice(0, caret);
  const found = /\{\{\s*([A-Za-z_]?\w*)$/.exec(before);
  return found ? { from: found.index, prefix: found[1] ?? "" } : null;
}

export interface Inserted {
  text: string;
  caret: number;
}

/** The text with the variable's name put where it was being typed. */
export function insertAt(text: string, caret: number, name: string): Inserted {
  const typing = typingAt(text, caret);
  const from = typing ? typing.from : caret;
  const after = text.slice(caret).replace(/^\w*\s*\}{0,2}/, (rest) => (typing && /\}/.test(rest) ? "" : rest));
  const put = `{{${name}}}`;
  return { text: text.slice(0, from) + put + after, caret: from + put.length };
}

/** Names that begin with what is typed come first, then those that contain it. */
export function suggestions(variables: readonly KnownVariable[], prefix: string, most = 8): KnownVariable[] {
  const wanted = prefix.toLowerCase();
  const rank = ({ name, label }: KnownVariable): number => {
    if (name.toLowerCase().startsWith(wanted)) return 0;
    return name.toLowerCase().includes(wanted) || label.toLowerCase().includes(wanted) ? 1 : 2;
  };
  const seen = new Set<string>();
  return variables
    .filter((variable) => rank(variable) < 2 && !seen.has(variable.name) && seen.add(variable.name))
    .map((variable, at) => ({ variable, at }))
    .sort((one, other) => rank(one.variable) - rank(other.variable) || one.at - other.at)
    .slice(0, most)
    .map(({ variable }) => variable);
}

export interface Piece {
  text: string;
  /** The name, where the piece is a variable. */
  name: string;
}

/** A text cut at its variables, for showing them as chips. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index), name: "" });
    found.push({ text: match[0], name: match[1] as string });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), name: "" });
  return found;
}
