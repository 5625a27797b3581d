/**
 * One conversation watched over as many sockets as it takes: ticket → socket → hello, again after each loss.
 *
 * Events: "hello" (detail: the message, after each opening), "event" (detail: any other message), "sound" (detail:
 * {side, at, pcm}), "lost" (it is being opened again), "stopped" (it will not be: detail {code}), "over" (nothing is live).
 */

import { parseMessage } from "../talk/wire.js";
import { TicketRefused } from "../talk/connection.js";
import { againAfter, splitSound } from "./wire.js";

const PING_MS = 5000;
const SILENCE_MS = 14000;
const MOST_BUFFERED_BYTES = 32000; // one second of the operator's voice

export class OperatorSocket extends EventTarget {
  /** `getTicket()` resolves to {ticket, socket}; rejects with TicketRefused when in vain. */
  constructor(getTicket) {
    super();
    this.getTicket = getTicket;
    this.socket = null;
    this.closed = false;
    this.attempt = 0;
    this.hearing = false;
    this.again = () => this.#now();
    addEventListener("online", this.again);
    this.#open();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Whether the sound of the call is wanted; said again after each reconnection. */
  listen(on) {
    this.hearing = on;
    this.#send({ type: "listen", on });
  }

  /** A frame of the operator's voice is dropped when the network takes no more: late speech is worth less than none. */
  speak(frame) {
    if (this.open && this.socket.bufferedAmount <= MOST_BUFFERED_BYTES) this.socket.send(frame);
  }

  /** The microphone is closed, or open again: without a word its silence would be taken for a lost browser. */
  mute(on) {
    this.#send({ type: "mute", on });
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    removeEventListener("online", this.again);
    this.#forget(1000);
  }

  async #open() {
    const attempt = (this.opening = {});
    let ticket;
    try {
      ticket = await this.getTicket();
    } catch (error) {
      if (this.closed || this.opening !== attempt) return;
      if (error instanceof TicketRefused) this.#stop(error.problem);
      else this.#onClose(0);
      return;
    }
    if (this.closed || this.opening !== attempt) return;
    const address = new URL(ticket.socket, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("ticket", ticket.ticket);
    this.#listen(new WebSocket(address));
  }

  #listen(socket) {
    this.socket = socket;
    this.heardAt = performance.now();
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.hearing && this.#send({ type: "listen", on: true });
    socket.onmessage = ({ data }) => this.#onMessage(data);
    socket.onclose = ({ code }) => this.#onClose(code);
    this.beat = setInterval(() => this.#check(), PING_MS);
  }

  #check() {
    if (performance.now() - this.heardAt > SILENCE_MS) this.#onClose(0);
    else this.#send({ type: "ping" });
  }

  #onMessage(data) {
    this.heardAt = performance.now();
    if (data instanceof ArrayBuffer) {
      const sound = splitSound(data);
      if (sound) this.#tell("sound", sound);
      return;
    }
    const message = parseMessage(data);
    if (!message || message.type === "pong") return;
    if (message.type === "hello") this.attempt = 0;
    this.#tell(message.type === "hello" ? "hello" : "event", message);
  }

  #onClose(code) {
    if (this.closed) return;
    this.#forget(1000);
    if (code === 1000) {
      this.#tell("over", {});
      this.close();
      return;
    }
    const delay = againAfter(code, this.attempt);
    if (delay === null) {
      this.#stop(String(code));
      return;
    }
    this.attempt += 1;
    this.#tell("lost", { attempt: this.attempt });
    this.timer = setTimeout(() => this.#now(), delay);
  }

  /** The network is back, or the time has come. */
  #now() {
    if (this.closed || this.socket || !this.timer) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.#open();
  }

  #stop(code) {
    this.#tell("stopped", { code });
    this.close();
  }

  #forget(code) {
    clearInterval(this.beat);
    clearTimeout(this.timer);
    this.timer = 0;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onclose = socket.onmessage = socket.onopen = null;
    if (socket.readyState <= WebSocket.OPEN) socket.close(code);
  }

  #send(message) {
    if (this.open) this.socket.send(JSON.stringify(message));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
