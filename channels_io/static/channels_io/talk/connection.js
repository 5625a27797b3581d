/**
 * One conversation over as many sockets as it takes: ticket → socket → ready, again after each loss.
 *
 * Events: "message" (detail: the JSON), "audio" (detail: {turn, pcm}), "ready" (detail: the ready message),
 * "lost" (it is being opened again), "stopped" (detail: {problem, message}), "ended" (detail: {reason}).
 */

import { afterClose } from "./reconnect.js";
import { CloseCode, parseMessage, splitAudio } from "./wire.js";

const PING_MS = 5000;
const SILENCE_MS = 12000;
const READY_MS = 15000;
const MOST_BUFFERED_BYTES = 64000; // two seconds of caller audio

/** A ticket was refused for a reason that trying again does not cure. */
export class TicketRefused extends Error {
  constructor(problem, message = "") {
    super(message || problem);
    this.problem = problem;
    this.shown = message;
  }
}

export class Connection extends EventTarget {
  /** `getTicket(conversation)` resolves to {ticket, socket}: socket is a path or an address. Rejects with TicketRefused when in vain. */
  constructor({ getTicket, base = location.href, conversation = "" }) {
    super();
    this.getTicket = getTicket;
    this.base = base;
    this.conversation = conversation;
    this.socket = null;
    this.ready = false;
    this.opened = false;
    this.closed = false;
    this.attempt = 0;
    this.lostAt = 0;
    this.droppedFrames = 0;
    this.failure = null;
    this.again = () => this.#now();
    addEventListener("online", this.again);
    this.#open();
  }

  /** Returns false when it could not be sent now. */
  send(message) {
    if (!this.ready || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** A frame is dropped and counted when the network takes no more: late speech is worth less than none. */
  sendAudio(buffer) {
    if (!this.ready || this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > MOST_BUFFERED_BYTES) this.droppedFrames += 1;
    else this.socket.send(buffer);
  }

  /** Ends the conversation's leg; the server answers with `ended`. */
  hangUp() {
    if (this.send({ type: "hangup" })) {
      this.hangingUp = setTimeout(() => this.#finish("ended", { reason: "hangup" }), 1500);
    } else {
      this.#finish("ended", { reason: "hangup" });
    }
  }

  /** Leaves without a word to anybody. */
  abandon() {
    this.#finish("");
  }

  async #open() {
    const attempt = {};
    this.opening = attempt;
    let ticket;
    try {
      ticket = await this.getTicket(this.conversation);
    } catch (error) {
      if (this.closed || this.opening !== attempt) return;
      if (error instanceof TicketRefused) this.#finish("stopped", { problem: error.problem, message: error.shown });
      else this.#onClose(0);
      return;
    }
    if (this.closed || this.opening !== attempt) return;
    const address = new URL(ticket.socket, this.base);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("ticket", ticket.ticket);
    this.#listen(new WebSocket(address));
  }

  #listen(socket) {
    this.socket = socket;
    this.heardAt = performance.now();
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#onMessage(data);
    socket.onclose = ({ code }) => this.#onClose(code);
    this.beat = setInterval(() => this.#check(), PING_MS);
  }

  #check() {
    const quiet = performance.now() - this.heardAt;
    if (quiet > (this.ready ? SILENCE_MS : READY_MS)) this.#drop(0);
    else if (this.ready) this.send({ type: "ping" });
  }

  #onMessage(data) {
    this.heardAt = performance.now();
    if (data instanceof ArrayBuffer) {
      const audio = splitAudio(data);
      if (audio) this.#tell("audio", audio);
      return;
    }
    const message = parseMessage(data);
    if (!message) return;
    if (message.type === "ready") this.#onReady(message);
    else if (message.type === "ended") this.#onEnded(message);
    else if (message.type === "failed" && message.fatal) this.failure = message;
    if (message.type !== "pong") this.#tell("message", message);
  }

  #onReady(message) {
    this.ready = true;
    this.opened = true;
    this.attempt = 0;
    this.lostAt = 0;
    this.failure = null;
    this.conversation = message.conversation;
    this.#tell("ready", message);
  }

  /** An end that a failure explains is told by the close code that follows; others end the conversation. */
  #onEnded(message) {
    if (!this.failure) this.#finish("ended", { reason: message.reason });
  }

  #onClose(code) {
    if (this.closed) return;
    const failure = this.failure;
    this.#forgetSocket();
    this.lostAt ||= performance.now();
    const lostMs = performance.now() - this.lostAt;
    const next = afterClose({ code, opened: this.opened, attempt: this.attempt, lostMs });
    if (next.action === "end") this.#finish("ended", { reason: "closed" });
    else if (next.action === "stop") this.#finish("stopped", { problem: next.problem, message: failure?.message ?? "" });
    else {
      this.attempt += 1;
      if (this.opened) this.#tell("lost", { attempt: this.attempt });
      this.timer = setTimeout(() => this.#open(), next.delay);
    }
  }

  /** The network is back: no need to wait for the timer. */
  #now() {
    if (this.closed || !this.timer || this.socket) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.#open();
  }

  #drop(code) {
    const socket = this.socket;
    if (!socket) return;
    socket.onclose = null;
    socket.onmessage = null;
    socket.close(CloseCode.NORMAL);
    this.#onClose(code);
  }

  #forgetSocket() {
    clearInterval(this.beat);
    clearTimeout(this.timer);
    this.timer = 0;
    this.socket = null;
    this.ready = false;
    this.failure = null;
  }

  #finish(event, detail) {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.hangingUp);
    removeEventListener("online", this.again);
    const socket = this.socket;
    this.#forgetSocket();
    if (socket) {
      socket.onclose = null;
      socket.onmessage = null;
      if (socket.readyState <= WebSocket.OPEN) socket.close(CloseCode.NORMAL);
    }
    if (event) this.#tell(event, detail);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
