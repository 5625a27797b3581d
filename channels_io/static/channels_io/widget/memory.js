/** What this browser remembers of a channel: who it is and which conversation it was in. Without storage: this page only. */

import { newId } from "../talk/wire.js";

const CONVERSATION_HOURS = 24;
const LINES_KEPT = 40;

function read(storage, key) {
  try {
    return JSON.parse(storage().getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function write(storage, key, value) {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // Storage is blocked or full: it is forgotten with the page.
  }
}

const lasting = () => localStorage;
const passing = () => sessionStorage;

export class Memory {
  constructor(channel, now = Date.now) {
    this.key = `parley:${channel}`;
    this.now = now;
    const kept = read(lasting, this.key);
    this.visitor = /^[A-Za-z0-9_-]{16,64}$/.test(kept.visitor) ? kept.visitor : newId();
    const fresh = now() - (kept.at ?? 0) < CONVERSATION_HOURS * 3600000;
    this.conversation = fresh && typeof kept.conversation === "string" ? kept.conversation : "";
    this.at = fresh ? kept.at : 0;
    const page = read(passing, this.key);
    this.open = page.open === true;
    this.lines = this.conversation && Array.isArray(page.lines) ? page.lines : [];
  }

  keepConversation(conversation) {
    this.conversation = conversation;
    this.at = this.now();
    write(lasting, this.key, { visitor: this.visitor, conversation, at: this.at });
  }

  /** The lines go with the tab: the next person at this computer does not find them. */
  keepPage({ open, lines }) {
    const whole = lines.filter((line) => line.state !== "sending" && line.text).slice(-LINES_KEPT);
    this.open = open;
    this.lines = whole.map((line) => ({ ...line, key: `old-${line.key}`.slice(-80), old: true, state: line.state === "live" ? "done" : line.state }));
    write(passing, this.key, { open, lines: this.lines });
  }

  forget() {
    this.keepConversation("");
    this.keepPage({ open: this.open, lines: [] });
  }
}
