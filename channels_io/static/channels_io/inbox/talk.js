/**
 * An open conversation: its words as they are said, who talks, and all that a person of the team may do to it.
 *
 * `openTalk(place)` makes what `conversations/<id>/pane/` answered alive, and returns how to leave it. It is read again when
 * somebody says so ("talk:changed" on the place), after a lost connection, and now and then.
 */

import { newId } from "../talk/wire.js";
import { ago } from "../../parley/times.js";
import { Composer } from "./composer.js";
import { bindHands } from "./hands.js";
import { Head } from "./head.js";
import { Levels } from "./levels.js";
import { Lines } from "./lines.js";
import { LiveTranscript } from "./live_transcript.js";
import { Notices } from "./notices.js";
import { OperatorSocket } from "./operator_socket.js";
import { Ownership } from "./ownership.js";
import { Refused, Requests } from "./requests.js";
import { bindReveal } from "./reveal.js";
import { Side } from "./side.js";
import { levelOf, Sound } from "./sound.js";
import { Variables } from "./variables.js";
import { AGENT, CALLER, OPERATOR } from "./wire.js";

const READ_AGAIN_MS = 15000;
const SOON_MS = 700;
const AT_ONCE_MS = 60;
const WRITTEN_MS = 7000;
const MOST_ANNOUNCED = 12;
const SPEAKERS = { [CALLER]: "caller", [AGENT]: "agent", [OPERATOR]: "agent" };

export function openTalk(place) {
  const root = place.querySelector("[data-talk]");
  if (!root) return () => {};
  const talk = new Talk(place, root);
  return () => talk.close();
}

class Talk {
  constructor(place, root) {
    this.place = place;
    this.root = root;
    this.config = JSON.parse(root.querySelector("#talk-config").textContent);
    const { config } = this;
    this.words = config.words;
    this.state = {
      live: config.live,
      voice: config.voice,
      since: config.since,
      owner: config.owner,
      ownerUser: config.ownerUser,
      number: config.number,
      way: config.way,
      held: false,
      lost: false,
    };
    this.requests = new Requests({ base: config.base, act: config.do, id: config.id, token: token(root) });
    this.notices = new Notices(root, this.words);
    this.lines = new Lines(root);
    this.transcript = new LiveTranscript(this.lines, config, (text) => this.announce(text));
    this.levels = new Levels(root, config);
    this.variables = new Variables(root, config);
    this.sound = new Sound(config.worklets);
    const { state, requests, sound, notices } = this;
    this.ownership = new Ownership({ state, config, requests, sound, notices, changed: () => this.draw() });
    this.head = new Head(root, { state, config, ownership: this.ownership, sound });
    this.side = new Side(root, { requests, notices, changed: () => this.soon() });
    this.composer = new Composer(root, config, (mode, text, template) => this.write(mode, text, template));
    this.letGo = bindHands(this);
    this.refreshTimes();
    this.draw();
    this.#watch();
    this.#read();
  }

  close() {
    this.closed = true;
    this.letGo();
    for (const timer of [this.timer, this.again, this.later]) clearTimeout(timer);
    this.socket?.close();
    this.sound.close();
    this.levels.close();
    this.lines.close();
    this.head.close();
  }

  // --- what is shown -----------------------------------------------------------------------------

  draw() {
    if (this.closed) return;
    this.head.draw();
    const { mine } = this.ownership;
    const { live, voice, owner, way } = this.state;
    const modes = [];
    if (way.by !== "none") modes.push("reply");
    if ((live || way.by === "message") && owner === "ai") modes.push("whisper");
    if (live && voice && owner === "ai") modes.push("say");
    modes.push("note");
    this.composer.allow(modes, { taking: !mine, way });
    this.transcript.person = this.state.ownerUser?.name ?? "";
    this.levels.owns(mine, this.transcript.person);
    this.root.classList.toggle("is-mine", mine);
    this.root.classList.toggle("is-live", live);
  }

  announce(text) {
    const log = this.root.querySelector("[data-announcer]");
    const line = document.createElement("p");
    line.textContent = text;
    log.append(line);
    while (log.childElementCount > MOST_ANNOUNCED) log.firstElementChild.remove();
  }

  // --- the running leg ---------------------------------------------------------------------------

  #watch() {
    if (!this.state.live || this.socket) return;
    const socket = (this.socket = new OperatorSocket(() => this.requests.ticket()));
    socket.addEventListener("hello", ({ detail }) => this.#hello(detail));
    socket.addEventListener("event", ({ detail }) => this.#event(detail));
    socket.addEventListener("sound", ({ detail }) => this.#hear(detail));
    socket.addEventListener("lost", () => this.#lost());
    socket.addEventListener("over", () => this.#unwatch());
    socket.addEventListener("stopped", () => {
      this.#unwatch();
      this.notices.show(this.words.notices.stopped, { about: "line", tone: "error" });
    });
  }

  #unwatch() {
    this.#leave();
    this.soon();
  }

  /** The server says that nothing goes on, or the line says so. */
  #leave() {
    if (!this.socket) return;
    this.socket.close();
    this.socket = null;
    this.state.lost = false;
    this.sound.silence();
    this.sound.deafen();
    this.levels.unmetered();
    this.notices.hide("line");
  }

  #hello(hello) {
    const back = this.state.lost;
    Object.assign(this.state, { lost: false, live: true, voice: hello.media === "voice", held: hello.held ?? false });
    this.notices.hide("line");
    this.transcript.node = hello.node;
    this.transcript.hello(hello);
    this.variables.show(hello.variables, { quietly: true });
    this.variables.node(hello.node);
    this.ownership.set({ owner: hello.owner, user: hello.owner_user, number: hello.number });
    if (this.ownership.mine && this.ownership.call) {
      this.listen(true);
      this.ownership.speak();
    }
    this.draw();
    if (back) this.soon();
  }

  #event(message) {
    this.transcript.apply(message);
    const { type } = message;
    if (type === "speaking") this.levels.speaks(message.who, message.on);
    else if (type === "node") {
      this.variables.node(message.node, message.title);
      this.variables.show(message.variables);
    } else if (type === "owner") this.#owner(message);
    else if (type === "hold") {
      this.state.held = message.on;
      this.draw();
    } else if (type === "ended") this.#ended();
  }

  #owner({ owner, user, number }) {
    if (number <= this.state.number && owner === this.state.owner) return;
    const { mine } = this.ownership;
    this.ownership.set({ owner, user, number });
    const name = user?.name ?? this.words.person;
    if (owner === "human") this.#mark("headset_mic", this.words.tookOver.replace("{name}", name), number);
    else this.#mark("smart_toy", this.words.agentTalks, number);
    if (mine && owner === "ai" && this.away) this.notices.show(this.words.notices.givenUp, { about: "owner" });
    this.away = false;
    this.soon();
  }

  #hear(piece) {
    const mine = piece.side === OPERATOR && this.ownership.mine;
    this.levels.level(SPEAKERS[piece.side], mine ? 0 : levelOf(piece.pcm));
    if (!mine) this.sound.play(piece);
  }

  #lost() {
    this.state.lost = true;
    this.away ||= this.ownership.mine && this.ownership.call;
    const { lost, lostTalking } = this.words.notices;
    this.notices.show(this.away ? lostTalking : lost, { about: "line" });
    this.levels.unmetered();
    this.draw();
  }

  #ended() {
    this.state.live = false;
    this.over = this.transcript.leg;
    this.notices.hide("talking");
    this.announce(this.words.ended);
    this.#unwatch();
    this.draw();
    this.again = setTimeout(() => this.soon(), WRITTEN_MS);
  }

  // --- what the person does ----------------------------------------------------------------------

  async listen(on) {
    if (on) {
      try {
        await this.sound.listen();
      } catch {
        this.notices.show(this.words.notices.noSound, { about: "sound", tone: "error" });
        return;
      }
      if (this.closed || !this.socket) return;
    } else {
      this.sound.deafen();
      this.levels.unmetered();
    }
    this.socket?.listen(on);
    this.draw();
  }

  async take() {
    const taken = await this.ownership.take();
    if (taken) await this.#taken();
    else this.soon();
    return taken;
  }

  async #taken() {
    if (this.ownership.call) await this.listen(true);
    else this.composer.choose("reply");
    this.#mark("headset_mic", this.words.tookOver.replace("{name}", this.config.me.name), this.state.number);
    this.soon();
  }

  #mark(icon, text, number) {
    this.transcript.mark(icon, text, `owner-${number}`);
  }

  async giveBack(node) {
    await this.ownership.giveBack(node);
    this.notices.hide("talking");
    this.soon();
  }

  async steer(verb, fields = {}) {
    try {
      await this.requests.ask(verb, fields);
      return true;
    } catch (error) {
      this.#refused(error);
      return false;
    }
  }

  /** Resolves to whether it went. */
  async write(mode, text, template) {
    try {
      if (mode === "note") await this.requests.do("note", { text });
      else if (mode === "reply") {
        if (!this.ownership.mine && !(await this.take())) return false;
        this.key = this.keyed === text ? this.key : newId(); // sent again after a failure, it is the same message
        this.keyed = text;
        await this.requests.write([...(template ?? [["text", text]]), ["key", this.key]]);
        this.keyed = null;
      } else await this.requests.ask(mode, { text });
      this.notices.hide("write");
      this.soon(AT_ONCE_MS);
      return true;
    } catch (error) {
      this.#refused(error);
      return false;
    }
  }

  toggleMute() {
    const muted = !this.sound.muted;
    this.sound.mute(muted);
    if (muted) this.notices.show(this.words.mutedNow, { about: "muted" });
    else this.notices.hide("muted");
    this.draw();
  }

  /** act: close, reopen. */
  async setStatus(act) {
    try {
      await this.requests.do(act);
      this.soon(AT_ONCE_MS);
    } catch (error) {
      this.#refused(error);
    }
  }

  #refused(error) {
    if (!(error instanceof Refused)) throw error;
    this.notices.problem(error.problem, { message: error.shown, about: "write" });
  }

  // --- reading it again --------------------------------------------------------------------------

  /** Several reasons at once are one reading. */
  soon(delay = SOON_MS) {
    clearTimeout(this.later);
    if (!this.closed) this.later = setTimeout(() => this.read(), delay);
  }

  #read() {
    this.timer = setTimeout(async () => {
      if (!document.hidden) await this.read();
      if (!this.closed) this.#read();
    }, READ_AGAIN_MS);
  }

  async read() {
    const asked = performance.now();
    let fresh;
    try {
      fresh = (await this.requests.html("pane/")).querySelector("[data-talk]");
    } catch (error) {
      if (error.problem === "signed_out") this.notices.problem("signed_out", { about: "line" });
      return;
    }
    if (this.closed || !fresh) return;
    const config = JSON.parse(fresh.querySelector("#talk-config").textContent);
    const waiting = this.lines.merge(fresh.querySelector("[data-lines]"), asked);
    this.head.take(fresh);
    this.side.take(fresh, { live: this.state.live && Boolean(this.socket) });
    this.refreshTimes();
    Object.assign(this.state, { way: config.way, since: config.since });
    const live = config.live && config.leg !== this.over; // whose end was heard already
    if (!live) this.#leave();
    if (!this.socket) Object.assign(this.state, { live, voice: config.voice });
    if (config.number > this.state.number) {
      this.ownership.set({ owner: config.owner, user: config.ownerUser, number: config.number });
    }
    this.draw();
    this.#watch();
    if (waiting) {
      clearTimeout(this.again);
      this.again = setTimeout(() => this.soon(), WRITTEN_MS);
    }
  }

  refreshTimes() {
    const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
    for (const time of this.root.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime, format);
  }

  async older() {
    const { list } = this.lines;
    if (!list.dataset.cursor || this.fetching) return;
    this.fetching = true;
    try {
      const page = await this.requests.html(`pane/older/?before=${encodeURIComponent(list.dataset.cursor)}`);
      if (!this.closed) this.lines.prepend(page.querySelector("[data-lines]"));
    } catch (error) {
      this.#refused(error);
    } finally {
      this.fetching = false;
    }
  }
}

function token(root) {
  return root.querySelector("[name=csrfmiddlewaretoken]").value;
}
