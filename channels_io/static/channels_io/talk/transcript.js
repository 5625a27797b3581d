/**
 * The conversation as lines to show, made from the socket's messages. Pure.
 *
 * A line: {key, role: "caller"|"agent", person, text, source, state, spoken, turn, leg}. `person`: who of the team said it,
 * "" without a name, null: the agent. States of a caller's line: "live" (being
 * understood), "sending" (typed, not yet acknowledged), "done". Of an agent's: "live", "done", "cut". `spoken` is how many
 * characters of an agent's line the caller has heard, as far as can be told from the audio played. `turn` is the server's
 * number of what was said on leg `leg`; there is none before it was heard.
 */

const SAMPLES_PER_CHARACTER = 1500; // 24 kHz, sixteen characters a second: until the reply's length is known
const MOST_LINES = 400;

export class Transcript {
  constructor() {
    this.lines = [];
    this.leg = "";
    this.person = null; // what the person is called who answers, "" without a name; null: the agent does
  }

  /** Turns are counted per leg: a new one begins new lines, and what was open is closed. */
  begin(leg) {
    this.finish();
    this.leg = leg;
  }

  /** Nothing more is said here: what was not heard of the last reply never will be. */
  finish() {
    this.#dropLive();
    for (const line of this.lines) {
      if (line.role === "agent" && line.samples !== 0 && line.spoken < line.text.length) line.state = "cut";
      else if (line.state === "live") line.state = "done";
    }
  }

  /** A typed line appears at once, before the server has it. */
  typed(id, text) {
    this.#dropLive();
    this.#add({ key: `typed-${id}`, role: "caller", text, source: "text", state: "sending", id });
  }

  /** Typed lines that the server has not acknowledged, oldest first. */
  unacknowledged() {
    return this.lines.filter((line) => line.state === "sending");
  }

  apply(message) {
    if (message.type === "partial") this.#partial(message.text);
    else if (message.type === "heard") this.#heard(message);
    else if (message.type === "reply_text") this.#replyText(message);
    else if (message.type === "reply_done") this.#replyDone(message);
    else if (message.type === "clear") this.#cut(message.turn);
    else if (message.type === "state") this.person = message.owner === "human" ? (message.name ?? "") : null;
  }

  /** The player's word: how much of reply `turn` was heard, in samples at 24 kHz. */
  played({ turn, samples }) {
    const line = this.#reply(turn);
    if (!line || line.state === "cut") return;
    line.played = samples;
    line.spoken = this.#spokenOf(line);
  }

  #partial(text) {
    const live = this.lines.at(-1);
    if (live?.role === "caller" && live.state === "live") live.text = text;
    else if (text) this.#add({ key: `live-${this.leg}-${this.lines.length}`, role: "caller", text, source: "voice", state: "live" });
  }

  #heard({ turn, text, source, id }) {
    const place = { turn, leg: this.leg };
    const typed = id && this.lines.find((line) => line.id === id);
    if (typed) {
      Object.assign(typed, { text, state: "done", ...place });
      return;
    }
    const live = this.lines.at(-1);
    if (source === "voice" && live?.role === "caller" && live.state === "live") {
      Object.assign(live, { text, state: "done", ...place });
      return;
    }
    this.#dropLive();
    this.#add({ key: `heard-${this.leg}-${turn}`, role: "caller", text, source, state: "done", ...place });
  }

  #replyText({ turn, text }) {
    const line = this.#reply(turn) ?? this.#newReply(turn);
    if (line.state !== "live") return;
    line.text += text;
    line.spoken = this.#spokenOf(line);
  }

  #replyDone({ turn, text, samples }) {
    const line = this.#reply(turn) ?? (text ? this.#newReply(turn) : null);
    if (!line || line.state === "cut") return;
    line.text = text || line.text;
    line.samples = samples;
    line.state = "done";
    line.spoken = this.#spokenOf(line);
  }

  /** The words after the last one heard were never said. */
  #cut(turn) {
    const line = this.#reply(turn);
    if (!line) return;
    line.state = line.spoken >= line.text.length ? "done" : "cut";
  }

  #spokenOf(line) {
    const { text, samples, played } = line;
    if (samples === 0) return text.length; // written, not spoken
    const characters = Math.round(samples ? (text.length * played) / samples : played / SAMPLES_PER_CHARACTER);
    if (characters <= 0) return 0;
    const wordEnd = text.slice(characters).search(/\s|$/);
    return Math.min(text.length, characters + wordEnd);
  }

  #reply(turn) {
    return this.lines.findLast((line) => line.key === `reply-${this.leg}-${turn}`);
  }

  #newReply(turn) {
    const { leg } = this;
    const line = { key: `reply-${leg}-${turn}`, role: "agent", person: this.person, text: "", source: "", state: "live", spoken: 0, played: 0, turn, leg };
    this.#add(line);
    return line;
  }

  #add(line) {
    this.lines.push(line);
    if (this.lines.length > MOST_LINES) this.lines.shift();
  }

  #dropLive() {
    const live = this.lines.at(-1);
    if (live?.role === "caller" && live.state === "live") this.lines.pop();
  }
}
