/**
 * The words of a running leg, as they are said: messages of the operator's socket → lines.
 *
 * A turn's key is "<leg>:<number>:<role>", as the server's page has it. Partial words have none before they are a turn.
 */

import { splitLinks } from "../talk/links.js";
import { fillChip } from "./timing_chip.js";

export class LiveTranscript {
  /** announce(text): a whole line for the screen reader. */
  constructor(lines, config, announce) {
    Object.assign(this, { lines, config, announce });
    this.leg = config.leg;
    this.words = config.words;
    this.written = new Map(); // of each reply, all that was to be said
    this.passed = 0;
    this.person = ""; // what the one of the team is called who talks now
  }

  /** How things stand, told to whoever comes: nothing of the leg's last 50 turns is missed. */
  hello({ leg, turns }) {
    if (leg !== this.leg) this.#endLive();
    this.leg = leg;
    for (const { number, role, text, by } of turns) {
      const known = this.lines.find(this.#key(number, role));
      if (!known) this.#turn(number, role, text, { by });
      else if (!known.classList.contains("is-cut") && !known.querySelector("s")) this.#say(known, text, role);
    }
  }

  apply(message) {
    const { type, turn, text } = message;
    if (type === "partial") this.#partial(text);
    else if (type === "heard") this.#heard(turn, text);
    else if (type === "reply") this.#reply(message);
    else if (type === "settled") this.#settled(turn, text, message.cut);
    else if (type === "timing") this.#timing(message);
    else if (type === "tool") this.#tool(message);
    else if (type === "node") this.#node(message);
    else if (type === "language") this.mark("translate", this.words.nowSpeaking.replace("{language}", message.name));
    else if (type === "whispered") this.#whispered(message);
    else if (type === "failed") this.#event("error", `${this.words.failure}: ${message.message || message.code}`, `failed ${message.code}`, true);
    else if (type === "ended") this.#endLive();
  }

  /** A slim line across: who talks from here on, where the flow is. One key is one line. */
  mark(icon, text, key = this.#passing()) {
    if (this.lines.find(key)) return;
    const made = this.lines.part("mark", key);
    made.querySelector("[data-icon]").textContent = icon;
    made.querySelector("[data-words]").textContent = text;
    this.lines.pass(made);
  }

  #partial(text) {
    if (!text) {
      this.lines.keeping(() => this.live?.remove());
      this.live = null;
      return;
    }
    if (!this.live?.isConnected) {
      this.live = this.#make("caller", `${this.leg}:live`);
      this.live.classList.add("is-live", "is-partial");
      this.lines.append(this.live);
    }
    this.lines.keeping(() => (this.live.querySelector("[data-words]").textContent = text));
  }

  #heard(turn, text) {
    const key = this.#key(turn, "caller");
    const known = this.lines.find(key);
    const live = this.live?.isConnected ? this.live : null;
    this.live = null;
    if (known) {
      live?.remove();
      this.#say(known, text, "caller");
    } else if (live) {
      live.classList.remove("is-live", "is-partial");
      live.dataset.key = key;
      this.lines.keeping(() => this.#say(live, text, "caller"));
    } else this.#turn(turn, "caller", text);
    this.announce(`${this.config.contact}: ${text}`);
  }

  #reply({ turn, text, role, done, by = "" }) {
    const key = this.#key(turn, role);
    this.written.set(key, text);
    const line = this.lines.find(key) ?? this.#turn(turn, role, "", { by });
    line.classList.toggle("is-live", !done);
    this.lines.keeping(() => this.#say(line, text, role));
    if (done && text) this.announce(`${role === "human" ? by || this.person || this.words.person : this.config.agent}: ${text}`);
  }

  /** What was heard of a reply; the rest was never said aloud. */
  #settled(turn, text, cut) {
    const key = this.#key(turn, "agent");
    const line = this.lines.find(key) ?? this.#turn(turn, "agent", text);
    const all = this.written.get(key) ?? text;
    this.written.delete(key);
    line.classList.remove("is-live");
    line.classList.toggle("is-cut", cut);
    line.querySelector("[data-cut]")?.toggleAttribute("hidden", !cut);
    this.lines.keeping(() => {
      this.#say(line, text, "agent");
      if (!cut) return;
      const lost = rest(text, all);
      if (!lost) return;
      const struck = document.createElement("s");
      const hidden = document.createElement("span");
      hidden.className = "p-hidden";
      hidden.textContent = this.words.notHeard;
      struck.append(hidden, ` ${lost}`);
      line.querySelector("[data-words]").append(" ", struck);
    });
  }

  #timing(message) {
    const line = this.lines.find(this.#key(message.turn, "agent"));
    const place = line?.querySelector("[data-chip]");
    if (!place || place.childElementCount || !message.spans.length) return;
    const chip = fillChip(this.lines.part("chip", ""), message, this.config);
    chip.removeAttribute("data-key");
    this.lines.keeping(() => place.append(chip));
  }

  #tool({ name, ok }) {
    this.#event("build", (ok ? this.words.toolRan : this.words.toolFailed).replace("{name}", name), `tool_result ${name}`, !ok);
  }

  #node({ node, title }) {
    if (!node || node === this.node) return;
    const first = this.node === undefined;
    this.node = node;
    if (!first) this.mark("account_tree", title || this.config.titles[node] || node);
  }

  #whispered({ text, by }) {
    const made = this.lines.part("note", this.#passing(), ["is-whisper"]);
    made.querySelector("[data-words]").textContent = text;
    made.querySelector("[data-who]").textContent = by ? this.words.whisperedBy.replace("{name}", by) : this.words.whispered;
    stamp(made);
    this.lines.pass(made);
  }

  /** happened: "<kind> <name or code>", as on the server's line. */
  #event(icon, text, happened, problem) {
    const made = this.lines.part("event", this.#passing(), problem ? ["is-problem"] : []);
    made.dataset.happened = happened;
    made.querySelector("[data-icon]").textContent = icon;
    made.querySelector("[data-words]").textContent = text;
    this.lines.pass(made);
  }

  #turn(number, role, text, { by = "" } = {}) {
    const made = this.#make(role, this.#key(number, role), by);
    this.#say(made, text, role);
    this.lines.append(made);
    return made;
  }

  #make(role, key, by = "") {
    const made = this.lines.part("turn", key, [`is-${role}`]);
    const names = { caller: this.config.contact, agent: this.config.agent, human: by || this.person || this.words.person };
    made.querySelector("[data-who]").textContent = names[role] ?? role;
    stamp(made);
    return made;
  }

  #say(line, text, role) {
    const place = line.querySelector("[data-words]");
    if (place.textContent.trim() === text.trim()) return;
    const whole = role !== "caller" && !line.classList.contains("is-live"); // half an address leads nowhere
    place.replaceChildren(...(whole ? linked(text) : [text]));
  }

  #endLive() {
    this.live?.remove();
    this.live = null;
    for (const line of this.lines.list.querySelectorAll(".is-live")) line.classList.remove("is-live");
  }

  #key(number, role) {
    return `${this.leg}:${number}:${role}`;
  }

  #passing() {
    this.passed += 1;
    return `passing-${this.passed}`;
  }
}

function stamp(line) {
  const now = new Date();
  const time = line.querySelector("[data-at]");
  time.dateTime = now.toISOString();
  time.textContent = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

function linked(text) {
  return splitLinks(text).map(({ text: words, address }) => {
    if (!address) return words;
    const link = document.createElement("a");
    return Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer nofollow", textContent: words });
  });
}

/** The words of `all` after those of `heard`, compared word by word: spacing and punctuation may differ. */
export function rest(heard, all) {
  const bare = (word) => word.replace(/^[.,;:!?…—–\-"']+|[.,;:!?…—–\-"']+$/g, "").toLowerCase();
  const said = heard.split(/\s+/).filter(Boolean);
  const words = all.split(/\s+/).filter(Boolean);
  let count = 0;
  while (count < said.length && count < words.length && bare(said[count]) === bare(words[count])) count += 1;
  return count === said.length ? words.slice(count).join(" ") : "";
}
