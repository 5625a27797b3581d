// Values in a node by path ("slots.2.ask"), and one line of text that shows what a node does.

import type { Field, Kind, Values } from "../types";
import { holds, valueOf } from "./ports";

/** The values a new node begins with: only what is worth showing, the rest counts as the default. */
export function beginning(kind: Kind): Values {
  const values: Values = {};
  for (const field of kind.fields) values[field.name] = structuredClone(field.default);
  return values;
}

/** A new item of a list field. */
export function newItem(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, structuredClone(field.default)]));
}

export interface Preview {
  field: Field;
  text: string;
}

/** The text a card shows and lets edit in place: the first text of its kind that is shown and has a voice or a prompt. */
export function previewOf(kind: Kind, values: Values): Preview | null {
  const shown = kind.fields.filter((field) => field.widget === "text" && holds(field.when, kind.fields, values));
  const field = shown.find(({ required }) => required) ?? shown.find(({ multiline }) => multiline) ?? shown[0];
  if (!field || (!field.multiline && !field.template && !field.required)) return null;
  return { field, text: String(valueOf(kind.fields, values, field.name) ?? "") };
}

export interface Chip {
  key: string;
  text: string;
}

/** Short facts about a node beside its text: the items of its lists, its choices. */
export function chipsOf(kind: Kind, values: Values, optionLabel: (field: Field, value: string) => string): Chip[] {
  const chips: Chip[] = [];
  const repeats = new Set(kind.ports.map(({ each }) => each));
  for (const field of kind.fields) {
    if (field.advanced || !holds(field.when, kind.fields, values)) continue;
    const value = valueOf(kind.fields, values, field.name);
    if ((field.widget === "list" || field.widget === "rows") && Array.isArray(value) && !repeats.has(field.name)) {
      for (const [at, item] of value.entries()) {
        const text = itemTitle(field, item as Values);
        if (text) chips.push({ key: `${field.name}.${at}`, text });
      }
    } else if (field.widget === "choice" && typeof value === "string" && value !== "") {
      chips.push({ key: field.name, text: optionLabel(field, value) });
    } else if ((field.widget === "picks" || field.widget === "tags") && Array.isArray(value)) {
      for (const one of value) chips.push({ key: `${field.name}.${String(one)}`, text: optionLabel(field, String(one)) });
    } else if (field.widget === "variable" && typeof value === "string" && value !== "") {
      chips.push({ key: field.name, text: value });
    } else if (field.widget === "number" && typeof value === "number" && field.unit) {
      chips.push({ key: field.name, text: `${value} ${field.unit}` });
    }
  }
  return chips;
}

/** What an item of a list is called: its title field, else its first text. */
export function itemTitle(field: Field, item: Values): string {
  const texts = (field.fields ?? field.columns ?? []).filter(({ widget }) => widget === "text" || widget === "variable");
  const names = [field.title ?? "", ...texts.map(({ name }) => name)];
  for (const name of names) {
    const value = item[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}
