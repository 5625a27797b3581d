/**
 * The live line `ws/inbox/`: what changed, without polling. Lost, it comes back by itself and the list is read again;
 * while it is away the list is read every 15 seconds.
 */

import { delayBefore } from "../talk/reconnect.js";

const HERE_MS = 20000;
const SILENT_MS = 50000;
const POLL_MS = 15000;
const SIGNED_OUT = new Set([4401, 4403]);

export class Feed {
  /** `changed(ids, what)`, `resync()`, `state("live" | "lost" | "out")`. */
  constructor({ url, changed, resync, state }) {
    this.url = new URL(url);
    this.url.protocol = this.url.protocol === "https:" ? "wss:" : "ws:";
    this.changed = changed;
    this.resync = resync;
    this.state = state;
    this.available = null; // As it was said before, until this page knows.
    this.attempt = 0;
    this.lost = false;
    document.addEventListener("visibilitychange", () => document.hidden || this.here());
    addEventListener("online", () => this.lost && this.again(0));
    addEventListener("pagehide", () => this.socket?.close(1000));
    addEventListener("pageshow", (event) => event.persisted && this.again(0));
  }

  open() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => this.begun());
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.closed(event.code));
  }

  begun() {
    this.here();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.here(), HERE_MS);
    this.expect();
    // Whether this stays open is known with the first message or the close: a refusal comes after the handshake.
    this.settled = setTimeout(() => this.well(), 400);
  }

  well() {
    clearTimeout(this.settled);
    clearInterval(this.poll);
    this.poll = null;
    this.attempt = 0;
    this.state("live");
    if (this.lost) this.resync();
    this.lost = false;
  }

  /** "I am here, and take conversations": also what keeps the line alive. */
  here() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ type: "here", ...(this.available === null ? {} : { available: this.available }) }));
    }
  }

  hear(message) {
    this.expect();
    if (message.type === "changed") this.changed([message.conversation], message.what);
    else if (message.type === "resync") this.resync();
  }

  expect() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.socket.close(4000), SILENT_MS);
  }

  closed(code) {
    clearInterval(this.timer);
    clearTimeout(this.silence);
    clearTimeout(this.settled);
    this.lost = true;
    if (SIGNED_OUT.has(code)) {
      clearInterval(this.poll);
      this.state("out");
      return;
    }
    this.state("lost");
    this.poll ??= setInterval(() => document.hidden || this.resync(), POLL_MS);
    this.again(delayBefore(this.attempt++));
  }

  again(delay) {
    clearTimeout(this.next);
    this.next = setTimeout(() => this.socket.readyState > WebSocket.OPEN && this.open(), delay);
  }
}
