/** The transcript on the page: one element per line, touched only where it changed. */

import { splitLinks } from "./links.js";

const NEAR_BOTTOM_PX = 80;
const MOST_ANNOUNCED = 12;

function part(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

/** The agent's words, their addresses to click on. */
function linked(className, text) {
  const span = part(className, "");
  for (const { text: words, address } of splitLinks(text)) {
    if (!address) {
      span.append(words);
      continue;
    }
    const link = document.createElement("a");
    Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer nofollow", textContent: words });
    span.append(link);
  }
  return span;
}

export class Captions {
  /**
   * list: the <ol> to fill; scroller: what scrolls; announcer: a visually hidden role="log" that gets whole lines only,
   * so that a screen reader is not given every new word; strings: the texts of the page.
   */
  constructor({ list, scroller, announcer, strings, agentName }) {
    Object.assign(this, { list, scroller, announcer, strings, agentName });
    this.items = new Map();
    this.announced = new Set();
  }

  render(lines) {
    const atBottom = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_BOTTOM_PX;
    const keys = new Set(lines.map((line) => line.key));
    for (const [key, item] of this.items) {
      if (keys.has(key)) continue;
      item.element.remove();
      this.items.delete(key);
    }
    for (const line of lines) this.#line(line);
    if (atBottom) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** A sentence for the screen reader alone. */
  announce(text) {
    const line = document.createElement("p");
    line.textContent = text;
    this.announcer.append(line);
    while (this.announcer.childElementCount > MOST_ANNOUNCED) this.announcer.firstElementChild.remove();
  }

  #line(line) {
    const spoken = line.role === "agent" ? Math.min(line.spoken, line.text.length) : line.text.length;
    const shown = `${line.state}|${spoken}|${line.text}`;
    let item = this.items.get(line.key);
    if (!item) {
      item = this.#item(line);
      this.items.set(line.key, item);
      this.list.append(item.element);
    }
    if (item.shown === shown) return;
    item.shown = shown;
    item.element.dataset.state = line.state;
    const rest = line.text.slice(spoken).trimStart(); // the gap belongs to what was said: it is never struck through
    const said = line.text.slice(0, line.text.length - rest.length);
    const whole = line.role === "agent" && line.state !== "live"; // half an address leads nowhere
    item.words.replaceChildren((whole ? linked : part)("pc-said", said), ...(rest ? [part("pc-unsaid", rest)] : []));
    item.note.textContent = this.#note(line);
    item.note.hidden = !item.note.textContent;
    this.#announceWhenWhole(line, spoken);
  }

  #item(line) {
    const element = document.createElement("li");
    element.className = "pc-line";
    element.dataset.role = line.role;
    element.dataset.key = line.key;
    const who = part("pc-who", line.role === "agent" ? this.#speaker(line) : this.strings.you);
    const words = part("pc-words", "");
    const note = part("pc-note", "");
    element.append(who, words, note);
    return { element, words, note, shown: "" };
  }

  /** A person of the team is shown as one, by name where they may be named. */
  #speaker(line) {
    return line.person == null ? this.agentName : line.person || this.strings.colleague;
  }

  #note(line) {
    if (line.state === "sending") return this.strings.sending;
    if (line.state === "cut") return this.strings.interrupted;
    return line.role === "caller" && line.source === "text" ? this.strings.typed : "";
  }

  #announceWhenWhole(line, spoken) {
    if (line.state === "live" || line.state === "sending" || line.old || this.announced.has(line.key)) return;
    this.announced.add(line.key);
    const text = line.state === "cut" ? line.text.slice(0, spoken) : line.text;
    if (text) this.announce(`${line.role === "agent" ? this.agentName : this.strings.you}: ${text}`);
  }
}
