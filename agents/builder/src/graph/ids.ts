// Ids of nodes, edges and sub-flows: short, random, never taken from a name that may change.

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

export type Prefix = "n" | "e" | "f";

export function newId(prefix: Prefix, random: () => number = Math.random): string {
  let id = `${prefix}_`;
  for (let place = 0; place < 8; place += 1) id += LETTERS[Math.floor(random() * LETTERS.length)];
  return id;
}

/** "Ask" → "Ask 2" where "Ask" is taken, and so on. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const stem = name.replace(/ \d+$/, "");
  for (let number = 2; ; number += 1) {
    const candidate = `${stem} ${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
