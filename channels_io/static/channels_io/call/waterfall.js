/** Where the time of the last reply went, and how long the ones before it took. */

const FAIR = 5 / 3; // of the budget: until here it still feels like talk
const MOST_KEPT = 14;

export function verdict(ms, budget) {
  if (ms <= budget) return "good";
  return ms <= budget * FAIR ? "fair" : "slow";
}

/** Bars of contiguous spans: [{name, ms, start, width}], start and width in percent of the scale. Pure. */
export function barsOf(spans, budget) {
  const total = spans.reduce((sum, span) => sum + span.ms, 0);
  const scale = scaleOf(total, budget);
  let start = 0;
  return spans.map(({ name, ms }) => {
    const bar = { name, ms, start: start * scale, width: ms * scale };
    start += ms;
    return bar;
  });
}

/** Percent a millisecond: whole and budget both fit. */
function scaleOf(total, budget) {
  return 100 / Math.max(total, budget);
}

function inWords(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function filled(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export class WaterfallView {
  /** root: the section; waits: {name: {label, slot, explained}}; budget: ms; labels: strings.timing. */
  constructor(root, { waits, otherSlot, budgetMs }, labels) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.total = find("total");
    this.totalNote = find("total-note");
    this.whole = find("whole");
    this.budgetNote = find("budget");
    this.bars = find("bars");
    this.tokens = find("tokens");
    this.filler = find("filler");
    this.guesses = find("guesses");
    this.history = find("history");
    this.historyList = find("history-list");
    this.waits = waits;
    this.otherSlot = otherSlot;
    this.budget = budgetMs;
    this.labels = labels;
    this.kept = [];
  }

  show(timing) {
    const { v2v_ms: measured, spans } = timing;
    const ms = measured ?? spans.reduce((sum, span) => sum + span.ms, 0);
    this.total.textContent = inWords(ms);
    this.total.parentElement.dataset.verdict = verdict(ms, this.budget);
    this.totalNote.textContent = measured === null ? this.labels.typed : this.labels.spoken;
    const bars = barsOf(spans, this.budget);
    this.#showWhole(bars, ms);
    this.bars.replaceChildren(...bars.map((bar) => this.#row(bar)));
    this.#showCounts(timing);
    if (measured !== null) this.#keep(measured);
  }

  /** The whole wait in one line, with the budget marked. */
  #showWhole(bars, ms) {
    const piece = (bar) => this.#filled(document.createElement("span"), bar);
    this.whole.hidden = this.budgetNote.hidden = !bars.length;
    this.whole.replaceChildren(...bars.map(piece));
    this.whole.style.setProperty("--budget", Math.min(99.6, this.budget * scaleOf(ms, this.budget)).toFixed(2));
    const over = ms > this.budget;
    const words = { over: inWords(ms - this.budget), budget: inWords(this.budget) };
    this.budgetNote.textContent = filled(over ? this.labels.over : this.labels.within, words);
  }

  #showCounts({ prompt_tokens: prompt, cached_tokens: cached, reply_tokens: reply, guesses_wasted: guesses = 0, filler }) {
    this.tokens.hidden = !prompt;
    this.tokens.textContent = filled(this.labels.tokens, { cached, evaluated: Math.max(0, prompt - cached), reply });
    this.filler.hidden = !filler;
    this.filler.textContent = this.labels.filler;
    this.guesses.hidden = !guesses;
    this.guesses.textContent = guesses === 1 ? this.labels.guess : filled(this.labels.guesses, { count: guesses });
  }

  #wait(name) {
    return this.waits[name] ?? { label: name, slot: this.otherSlot, explained: "" };
  }

  #filled(element, { name, ms, start, width }) {
    const { label, slot } = this.#wait(name);
    element.className = `span-${slot}`;
    element.title = `${label}: ${inWords(ms)}`;
    element.style.setProperty("--start", start.toFixed(2));
    element.style.setProperty("--width", width.toFixed(2));
    return element;
  }

  #row(bar) {
    const row = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = this.#wait(bar.name).label;
    row.title = this.#wait(bar.name).explained;
    const track = document.createElement("span");
    track.className = "cp-track";
    const filledBar = this.#filled(document.createElement("span"), bar);
    filledBar.classList.add("cp-bar");
    filledBar.removeAttribute("title"); // the row says more
    track.append(filledBar);
    const time = document.createElement("span");
    time.textContent = inWords(bar.ms);
    row.append(label, track, time);
    return row;
  }

  #keep(ms) {
    this.kept = [...this.kept, ms].slice(-MOST_KEPT);
    const longest = Math.max(...this.kept, this.budget);
    this.history.hidden = false;
    this.historyList.replaceChildren(
      ...this.kept.map((each) => {
        const column = document.createElement("li");
        column.dataset.verdict = verdict(each, this.budget);
        column.style.setProperty("--height", ((100 * each) / longest).toFixed(1));
        column.textContent = (each / 1000).toFixed(1);
        column.title = inWords(each);
        return column;
      }),
    );
  }
}
