// Words of the test bench: the English sentence is the key, `GET test/` brings the translations
// (channels_io/pages/testbench_words.py).

import type { BenchWords } from "./types";

let words: BenchWords = {};

export function useBenchWords(translated: BenchWords): void {
  words = translated;
}

/** The translated sentence; `{name}` in it is replaced by `values.name`. */
export function say(english: string, values: Record<string, string | number> = {}): string {
  const text = words[english] ?? english;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
