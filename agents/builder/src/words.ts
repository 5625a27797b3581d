// Words the user reads: the English sentence is the key, the page brings the translations (agents/pages/builder_words.py).

let words: Record<string, string> = {};

export function useWords(translated: Record<string, string>): void {
  words = translated;
}

/** The translated sentence; `{name}` in it is replaced by `values.name`. */
export function t(english: string, values: Record<string, string | number> = {}): string {
  const text = words[english] ?? english;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** `one` where `count` is 1, else `many`; `{count}` is the number. */
export function tn(one: string, many: string, count: number, values: Record<string, string | number> = {}): string {
  return t(count === 1 ? one : many, { count, ...values });
}
