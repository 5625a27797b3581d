// Finding a kind of node, a node, a command by a few letters.

/** 0 is best; null where `text` does not fit: every word of `wanted` has to be in it. */
export function fits(text: string, wanted: string): number | null {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const inside = text.toLowerCase();
  let rank = 0;
  for (const word of words) {
    const at = inside.indexOf(word);
    if (at < 0) return null;
    const begins = at === 0 || /[\s\W_]/.test(inside[at - 1] as string);
    rank += at === 0 ? 0 : begins ? 1 : 3;
  }
  return rank;
}

/** Those that fit, the best first. `texts` are tried in order: a hit in a later one counts less. */
export function find<T>(items: readonly T[], wanted: string, texts: (item: T) => string[]): T[] {
  if (wanted.trim() === "") return [...items];
  return items
    .flatMap((item, at) => {
      const ranks = texts(item).map((text, place) => {
        const rank = fits(text, wanted);
        return rank === null ? null : rank + place * 5;
      });
      const best = ranks.filter((rank) => rank !== null);
      return best.length ? [{ item, rank: Math.min(...best), at }] : [];
    })
    .sort((one, other) => one.rank - other.rank || one.at - other.at)
    .map(({ item }) => item);
}
