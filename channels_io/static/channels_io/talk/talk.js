/**
 * A conversation with an agent: microphone, player, connection and transcript joined.
 *
 * `state` is one of idle, asking, connecting, waiting, listening, thinking, speaking, reconnecting, ended, problem.
 * Events: "state", "transcript", "levels" (detail: {caller, agent}), "timing" (detail: the message), "notice"
 * (detail: {code, message}), "microphone" (it opened, was muted or went away), "ready" and "message" (detail: as the
 * socket brought them, for whoever wants to know more than the transcript tells).
 */

import { Connection } from "./connection.js";
import { Microphone, MicrophoneProblem } from "./microphone.js";
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";
import { MAX_TEXT_CHARS, cleanText, newId } from "./wire.js";

const FLOOR_MS = 4000; // the server says sooner what came of it: this is for one that forgot

export class Talk extends EventTarget {
  /**
   * getTicket({mode, conversation}) → {ticket, socket}; worklets: {microphone, player} addresses of the two
   * audio modules; base: what a socket's path is resolved against; conversation: one to go on with.
   */
  constructor({ getTicket, worklets, base = location.href, conversation = "" }) {
    super();
    this.getTicket = getTicket;
    this.worklets = worklets;
    this.base = base;
    this.conversation = conversation;
    this.transcript = new Transcript();
    this.state = "idle";
    this.problem = "";
    this.problemMessage = "";
    this.endReason = "";
    this.mode = "";
    this.levels = { caller: 0, agent: 0 };
    this.volume = 1;
    this.muted = false;
    this.deviceId = "";
    this.thinking = false;
    this.heardTurn = -1;
    this.onOnline = () => this.#retryWritten();
    addEventListener("online", this.onOnline);
  }

  get active() {
    return !["idle", "ended", "problem"].includes(this.state);
  }

  /** Speak. Must be called from a click: browsers let audio begin only there. */
  async startVoice() {
    if (this.mode === "voice" && this.active) return;
    this.connection?.abandon();
    this.#closeAudio();
    const attempt = (this.attempt = {});
    this.mode = "voice";
    this.#become("asking");
    try {
      await this.#openAudio();
    } catch (error) {
      if (this.attempt !== attempt) return;
      this.#closeAudio();
      this.#fail(error instanceof MicrophoneProblem ? error.problem : "unsupported");
      return;
    }
    if (this.attempt === attempt) this.#connect();
  }

  /** Write only. */
  startChat() {
    if (this.active) return;
    this.attempt = {};
    this.mode = "chat";
    this.#connect();
  }

  /** A typed message; opens a written conversation when there is none. False when there is nothing to send. */
  sendText(raw) {
    const text = cleanText(raw).slice(0, MAX_TEXT_CHARS);
    if (!text) return false;
    const id = newId();
    this.transcript.typed(id, text);
    this.#changed();
    if (!this.active) this.startChat();
    else this.connection?.send({ type: "text", id, text });
    return true;
  }

  /** Ends it. Hanging up while it is still being opened simply leaves. */
  hangUp() {
    this.attempt = {};
    if (this.connection) this.connection.hangUp();
    else this.#end("hangup");
  }

  setMuted(muted) {
    this.muted = muted;
    this.microphone?.mute(muted);
    this.#tell("microphone");
  }

  setVolume(volume) {
    this.volume = volume;
    this.player?.setVolume(volume);
  }

  async setMicrophone(deviceId) {
    this.deviceId = deviceId;
    if (this.microphone) await this.#reopenMicrophone();
  }

  close() {
    removeEventListener("online", this.onOnline);
    this.attempt = {};
    this.connection?.abandon();
    this.#closeAudio();
  }

  /** The network is back and a written message still waits. */
  #retryWritten() {
    if (this.problem === "lost" && this.transcript.unacknowledged().length) this.startChat();
  }

  // --- audio ------------------------------------------------------------------------------------

  async #openAudio() {
    if (!isSecureContext) throw new MicrophoneProblem("insecure");
    const context = (this.context = new AudioContext({ latencyHint: "interactive" }));
    if (!context.audioWorklet) throw new MicrophoneProblem("unsupported");
    const loading = Promise.all([
      context.audioWorklet.addModule(this.worklets.microphone),
      context.audioWorklet.addModule(this.worklets.player),
    ]);
    loading.catch(() => {}); // awaited below: a refusal of the microphone comes first
    const microphone = (this.microphone = new Microphone(context));
    context.onstatechange = () => {
      if (context.state === "interrupted") context.resume().catch(() => {});
    };
    await context.resume();
    await loading;
    await microphone.open(this.deviceId);
    microphone.mute(this.muted);
    microphone.addEventListener("frame", ({ detail }) => this.connection?.sendAudio(detail));
    microphone.addEventListener("level", ({ detail }) => this.#level("caller", detail));
    microphone.addEventListener("gone", () => this.#reopenMicrophone());
    this.player = new Player(context);
    this.player.setVolume(this.volume);
    this.player.addEventListener("played", ({ detail }) => this.#onPlayed(detail));
    this.player.addEventListener("level", ({ detail }) => this.#onAgentLevel(detail));
    this.#tell("microphone");
  }

  /** The chosen device changed or went away: another one, or go on by typing and listening. */
  async #reopenMicrophone() {
    try {
      await this.microphone.open(this.deviceId);
    } catch (error) {
      this.#tell("notice", { code: error.problem ?? "no_microphone", message: "" });
    }
    this.#tell("microphone");
  }

  #closeAudio() {
    clearTimeout(this.floorTimer);
    this.microphone?.close();
    this.player?.close();
    this.context?.close().catch(() => {});
    this.microphone = this.player = this.context = null;
    this.levels = { caller: 0, agent: 0 };
    this.#tell("levels", this.levels);
  }

  #onPlayed(report) {
    this.connection?.send({ type: "played", ...report });
    this.transcript.played(report);
    this.#changed();
  }

  #onAgentLevel({ level, playing, turn, underruns }) {
    this.underruns = underruns;
    this.#level("agent", level);
    if (playing && turn >= this.heardTurn) this.thinking = false;
    this.#settle();
  }

  #level(who, level) {
    if (!this.context) return; // the last words of an audio thread that is being closed
    this.levels = { ...this.levels, [who]: level };
    this.#tell("levels", this.levels);
  }

  // --- the conversation ---------------------------------------------------------------------------

  #connect() {
    this.thinking = false;
    this.#become("connecting");
    const { mode } = this;
    const connection = new Connection({
      getTicket: (conversation) => this.getTicket({ mode, conversation }),
      base: this.base,
      conversation: this.conversation,
    });
    this.connection = connection;
    connection.addEventListener("ready", ({ detail }) => this.#onReady(detail));
    connection.addEventListener("message", ({ detail }) => this.#onMessage(detail));
    connection.addEventListener("audio", ({ detail }) => this.player?.play(detail.turn, detail.pcm));
    connection.addEventListener("lost", () => this.#onLost());
    connection.addEventListener("stopped", ({ detail }) => this.#onStopped(detail));
    connection.addEventListener("ended", ({ detail }) => this.#end(detail.reason));
  }

  #onReady(ready) {
    const { conversation, leg } = ready;
    this.conversation = conversation;
    this.#tell("ready", ready);
    this.player?.reset();
    this.transcript.begin(leg);
    this.#become("listening");
    for (const { id, text } of this.transcript.unacknowledged()) this.connection.send({ type: "text", id, text });
    this.#changed();
  }

  #onMessage(message) {
    this.transcript.apply(message);
    if (message.type === "waiting") this.#become("waiting");
    else if (message.type === "floor") this.#onFloor(message);
    else if (message.type === "heard") this.#onHeard(message);
    else if (message.type === "clear") this.#onClear(message);
    else if (message.type === "reply_done") this.#onReplyDone(message);
    else if (message.type === "reply_text") this.#onReplyText();
    else if (message.type === "timing") this.#tell("timing", message);
    else if (message.type === "failed" && !message.fatal) this.#onFailed(message);
    else if (message.type === "state") this.#tell("owner", message.owner);
    this.#tell("message", message);
    this.#settle();
    this.#changed();
  }

  #onHeard({ turn }) {
    this.heardTurn = turn;
    this.thinking = true;
  }

  #onReplyText() {
    if (this.mode === "chat") this.thinking = false;
  }

  #onReplyDone({ turn, samples }) {
    this.player?.finish(turn, samples);
    if (!samples) this.thinking = false;
  }

  #onFailed(message) {
    this.thinking = false;
    this.#tell("notice", message);
  }

  /** The caller makes a sound while the agent speaks: softer, silent, or on again as if nothing had been. */
  #onFloor({ move }) {
    clearTimeout(this.floorTimer);
    if (move === "duck") this.player?.duck();
    else if (move === "hold") this.player?.hold();
    else this.player?.release();
    if (move !== "release") this.floorTimer = setTimeout(() => this.#onFloor({ move: "release" }), FLOOR_MS);
  }

  #onClear({ turn }) {
    clearTimeout(this.floorTimer);
    this.player?.clear(turn);
  }

  #onLost() {
    this.player?.reset();
    this.thinking = false;
    this.#become("reconnecting");
  }

  #onStopped({ problem, message }) {
    this.#fail(problem, message);
  }

  /** The state that follows from who is speaking. */
  #settle() {
    if (!["listening", "thinking", "speaking"].includes(this.state)) return;
    if (this.player?.playing && !this.player.held) this.#become("speaking");
    else this.#become(this.thinking ? "thinking" : "listening");
  }

  #fail(problem, message = "") {
    this.connection = null;
    this.transcript.finish();
    this.#changed();
    this.#closeAudio();
    this.problem = problem;
    this.problemMessage = message;
    this.#become("problem");
  }

  #end(reason) {
    this.connection = null;
    this.transcript.finish();
    this.#changed();
    this.#closeAudio();
    this.endReason = reason;
    this.#become("ended");
  }

  #become(state) {
    if (state !== "problem") this.problem = "";
    if (this.state === state && state !== "problem") return;
    this.state = state;
    this.#tell("state", state);
  }

  #changed() {
    this.#tell("transcript");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
