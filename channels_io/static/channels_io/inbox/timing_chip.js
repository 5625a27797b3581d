/** How long an answer took, as a chip that opens to its waits: what _waterfall.html draws, made from a live message. */

import { barsOf, verdict } from "../call/waterfall.js";

const SVG = "http://www.w3.org/2000/svg";
const TONES = { good: "is-good", fair: "is-warn", slow: "is-bad" };

function inWords(ms) {
  return ms < 9995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function rect(slot, start, width, top = 0, height = 10) {
  const made = document.createElementNS(SVG, "rect");
  const values = { class: `span-${slot}`, x: (start * 10).toFixed(1), y: top, width: Math.max(width * 10, 1.5).toFixed(1), height };
  for (const [name, value] of Object.entries(values)) made.setAttribute(name, value);
  return made;
}

function filled(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** `made`: a fresh copy of the part. timing: {v2v_ms, spans: [[name, ms]…]}; config: waits, otherSlot, budgetMs, words. */
export function fillChip(made, timing, { waits, otherSlot, budgetMs, words }) {
  const spans = timing.spans.map(([name, ms]) => ({ name, ms }));
  const total = timing.v2v_ms ?? spans.reduce((sum, span) => sum + span.ms, 0);
  const bars = barsOf(spans, budgetMs);
  for (const place of made.querySelectorAll("[data-total]")) place.textContent = inWords(total);
  made.querySelector("summary [data-total]").classList.add(TONES[verdict(total, budgetMs)]);
  const drawing = made.querySelector("svg");
  const named = bars.map((bar) => ({ ...bar, ...(waits[bar.name] ?? { label: bar.name, slot: otherSlot, explained: "" }) }));
  drawing.append(...named.map(({ slot, start, width }) => rect(slot, start, width)));
  drawing.setAttribute("aria-label", named.map(({ label, ms }) => `${label} ${inWords(ms)}`).join(", "));
  made.querySelector("tbody").append(...named.map(row));
  const over = total > budgetMs;
  const values = { over: inWords(total - budgetMs), budget: inWords(budgetMs) };
  made.querySelector("[data-budget]").textContent = filled(over ? words.over : words.within, values);
  return made;
}

function row({ label, explained, slot, start, width, ms }) {
  const made = document.createElement("tr");
  made.title = explained;
  const name = document.createElement("th");
  name.scope = "row";
  const key = document.createElement("i");
  key.className = `cd-key span-${slot}`;
  key.setAttribute("aria-hidden", "true");
  name.append(key, label);
  const step = document.createElement("td");
  step.className = "cd-step";
  const drawing = document.createElementNS(SVG, "svg");
  const size = { viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" };
  for (const [attribute, value] of Object.entries(size)) drawing.setAttribute(attribute, value);
  drawing.append(rect(slot, start, width, 1, 8));
  step.append(drawing);
  const time = document.createElement("td");
  time.className = "cd-ms";
  time.textContent = inWords(ms);
  made.append(name, step, time);
  return made;
}
