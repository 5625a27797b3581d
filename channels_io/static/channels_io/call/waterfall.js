/** Where the time of the last reply went, and how long the ones before it took. */

const BUDGET_MS = 500;
const FAIR_MS = 1000;
const MOST_KEPT = 14;
const SLOTS = ["end of turn", "recognition", "first token", "first clause", "voice", "wire"];

export function verdict(ms) {
  if (ms <= BUDGET_MS) return "good";
  return ms <= FAIR_MS ? "fair" : "slow";
}

/** Bars of contiguous spans: [{name, ms, start, width, slot}], start and width in percent of the scale. Pure. */
export function barsOf(spans) {
  const total = spans.reduce((sum, span) => sum + span.ms, 0);
  const scale = 100 / Math.max(total, BUDGET_MS);
  let start = 0;
  return spans.map(({ name, ms }) => {
    const bar = { name, ms, start: start * scale, width: ms * scale, slot: SLOTS.indexOf(name) + 1 };
    start += ms;
    return bar;
  });
}

function inWords(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

export class WaterfallView {
  /** root: the section; explained: what each span means; labels: {typed, spoken, tokens}. */
  constructor(root, explained, labels) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.total = find("total");
    this.totalNote = find("total-note");
    this.bars = find("bars");
    this.tokens = find("tokens");
    this.history = find("history");
    this.historyList = find("history-list");
    this.explained = explained;
    this.labels = labels;
    this.kept = [];
  }

  show({ v2v_ms: measured, spans, prompt_tokens: prompt, cached_tokens: cached, reply_tokens: reply }) {
    const ms = measured ?? spans.reduce((sum, span) => sum + span.ms, 0);
    this.total.textContent = inWords(ms);
    this.total.parentElement.dataset.verdict = verdict(ms);
    this.totalNote.textContent = measured === null ? this.labels.typed : this.labels.spoken;
    this.bars.replaceChildren(...barsOf(spans).map((bar) => this.#bar(bar)));
    this.tokens.hidden = !prompt;
    this.tokens.textContent = this.labels.tokens.replace("{prompt}", prompt).replace("{cached}", cached).replace("{reply}", reply);
    if (measured !== null) this.#keep(measured);
  }

  #bar({ name, ms, start, width, slot }) {
    const row = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = name;
    row.title = this.explained[name] ?? "";
    const track = document.createElement("span");
    track.className = "cp-track";
    const bar = document.createElement("span");
    bar.className = "cp-bar";
    bar.dataset.slot = slot;
    bar.style.setProperty("--start", start.toFixed(2));
    bar.style.setProperty("--width", width.toFixed(2));
    track.append(bar);
    const time = document.createElement("span");
    time.textContent = inWords(ms);
    row.append(label, track, time);
    return row;
  }

  #keep(ms) {
    this.kept = [...this.kept, ms].slice(-MOST_KEPT);
    const longest = Math.max(...this.kept, BUDGET_MS);
    this.history.hidden = false;
    this.historyList.replaceChildren(
      ...this.kept.map((each) => {
        const column = document.createElement("li");
        column.dataset.verdict = verdict(each);
        column.style.setProperty("--height", ((100 * each) / longest).toFixed(1));
        column.textContent = (each / 1000).toFixed(1);
        column.title = inWords(each);
        return column;
      }),
    );
  }
}
