// What the canvas has to know of the node kinds beyond drawing them. No kind is known by name.

import type { Kind } from "../types";

export interface KindFacts {
  /** One in each flow: where it begins. */
  once: ReadonlySet<string>;
  /** Without ports: they do not run. */
  notes: ReadonlySet<string>;
  /** Kind → the field that names a sub-flow. */
  inner: ReadonlyMap<string, string>;
}

export function factsOf(kinds: readonly Kind[]): KindFacts {
  return {
    once: new Set(kinds.filter(({ once }) => once).map(({ kind }) => kind)),
    notes: new Set(kinds.filter(({ compiled }) => !compiled).map(({ kind }) => kind)),
    inner: new Map(
      kinds.flatMap(({ kind, fields }): [string, string][] => {
        const field = fields.find(({ source }) => source === "flows");
        return field ? [[kind, field.name]] : [];
      }),
    ),
  };
}
