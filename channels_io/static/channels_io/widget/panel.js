/** The opened widget: captions, composer and voice, bound to one Talk. */

import { Captions } from "../talk/captions.js";
import { Orb } from "../talk/orb.js";
import { statusOf } from "../talk/status.js";
import { el, icon } from "./dom.js";

const NOTICE_MS = 8000;

export class Panel {
  /** talk; config from the server; title; onClose; onStartOver. `element` is to be put into the shadow root. */
  constructor({ talk, config, title, onClose, onStartOver }) {
    Object.assign(this, { talk, config, title, onClose, onStartOver });
    this.strings = config.strings;
    this.voice = config.modes.includes("voice");
    this.chat = config.modes.includes("chat");
    this.element = this.#build();
    this.orb = new Orb(this.canvas);
    this.captions = new Captions({
      list: this.list,
      scroller: this.scroller,
      announcer: this.announcer,
      strings: this.strings,
      agentName: config.agent,
    });
    this.#listen();
    this.showState();
    this.showLines();
  }

  focus() {
    (this.chat ? this.text : this.main).focus();
  }

  close() {
    this.orb.close();
    removeEventListener("online", this.onNetwork);
    removeEventListener("offline", this.onNetwork);
  }

  #build() {
    const { strings } = this;
    this.canvas = el("canvas", { class: "orb", "aria-hidden": "true" });
    this.status = el("p", { class: "status", role: "status" });
    this.help = el("p", { class: "help", hidden: true });
    this.list = el("ol", { class: "pc-lines" });
    this.empty = el("p", { class: "empty" }, this.voice ? strings.hello : strings.helloChat);
    this.scroller = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": strings.log }, this.empty, this.list);
    this.announcer = el("div", { class: "hidden", role: "log", "aria-live": "polite" });
    this.notice = el("p", { class: "notice", role: "alert", hidden: true });
    return el(
      "section",
      { class: "panel", role: "dialog", "aria-modal": "false", "aria-label": this.title, onkeydown: (event) => this.#onKey(event) },
      this.#header(),
      el("div", { class: "stage" }, this.canvas, this.status, this.help),
      this.notice,
      this.scroller,
      this.announcer,
      this.voice ? this.#controls() : "",
      this.chat ? this.#composer() : "",
      el("p", { class: "small" }, strings.notice, " ", this.#startOver()),
    );
  }

  #header() {
    const { strings } = this;
    this.over = el("span", { class: "person", hidden: true }, strings.human);
    const close = el("button", { type: "button", class: "plain", "aria-label": strings.close, onclick: () => this.onClose() }, icon("close"));
    return el("header", {}, el("h2", {}, this.title), this.over, close);
  }

  #controls() {
    this.main = el("button", { type: "button", class: "main", onclick: () => this.#toggleVoice() });
    this.mute = el("button", { type: "button", class: "round", hidden: true, onclick: () => this.talk.setMuted(!this.talk.muted) });
    this.meter = el("span", { class: "meter", "aria-hidden": "true" }, el("span", { class: "level" }));
    return el("div", { class: "controls" }, this.mute, this.main, this.meter);
  }

  #composer() {
    const { strings } = this;
    this.text = el("textarea", { rows: "1", maxlength: "8000", placeholder: strings.placeholder, "aria-label": strings.placeholder, enterkeyhint: "send" });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#send(event);
    });
    const send = el("button", { class: "send", "aria-label": strings.send }, icon("send"));
    return el("form", { class: "composer", onsubmit: (event) => this.#send(event) }, this.text, send);
  }

  #startOver() {
    this.fresh = el("button", { type: "button", class: "link", hidden: true, onclick: () => this.onStartOver() }, this.strings.newConversation);
    return this.fresh;
  }

  #listen() {
    const { talk } = this;
    talk.addEventListener("state", () => this.showState());
    talk.addEventListener("microphone", () => this.showState());
    talk.addEventListener("transcript", () => this.showLines());
    talk.addEventListener("levels", ({ detail }) => this.#showLevels(detail));
    talk.addEventListener("notice", ({ detail }) => this.#showNotice(detail));
    talk.addEventListener("owner", ({ detail }) => (this.over.hidden = detail !== "human"));
    this.onNetwork = () => this.showState();
    addEventListener("online", this.onNetwork);
    addEventListener("offline", this.onNetwork);
  }

  #toggleVoice() {
    if (this.talk.active && this.talk.mode === "voice") this.talk.hangUp();
    else this.talk.startVoice();
  }

  #send(event) {
    event.preventDefault();
    if (this.talk.sendText(this.text.value)) this.text.value = "";
  }

  /** Keys typed in the widget are not the host page's business. */
  #onKey(event) {
    event.stopPropagation();
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    this.onClose();
  }

  showState() {
    const { talk, strings, element } = this;
    const { title, help, tone } = statusOf(talk, strings);
    element.dataset.state = talk.state;
    element.dataset.mode = talk.active ? talk.mode : "";
    element.dataset.tone = tone;
    const shown = this.chat || talk.state !== "idle" ? title : strings.states.idle;
    const quiet = talk.state === "idle" || (talk.mode === "chat" && talk.state === "listening");
    const text = quiet ? "" : shown;
    if (this.status.textContent !== text) this.status.textContent = text;
    this.help.textContent = navigator.onLine ? help : strings.offline;
    this.help.hidden = !this.help.textContent;
    this.fresh.hidden = talk.active || !talk.conversation;
    this.orb.setState(talk.state);
    if (this.voice) this.#showVoice();
  }

  #showVoice() {
    const { talk, strings } = this;
    const calling = talk.active && talk.mode === "voice";
    const opening = ["asking", "connecting", "waiting"].includes(talk.state);
    this.main.classList.toggle("hangup", calling);
    const label = calling ? (opening ? strings.cancel : strings.hangUp) : talk.state === "problem" ? strings.again : strings.speak;
    this.main.replaceChildren(icon(calling ? "end" : "mic"), el("span", {}, label));
    this.mute.hidden = !calling || !talk.microphone;
    this.mute.setAttribute("aria-pressed", String(talk.muted));
    this.mute.setAttribute("aria-label", talk.muted ? strings.unmute : strings.mute);
    this.mute.replaceChildren(icon(talk.muted ? "muted" : "mic"));
    this.meter.hidden = !calling;
  }

  showLines() {
    const { lines } = this.talk.transcript;
    this.empty.hidden = lines.length > 0;
    this.element.classList.toggle("fresh", lines.length === 0);
    this.captions.render(lines);
  }

  #showLevels({ caller, agent }) {
    if (this.voice) this.meter.firstElementChild.style.setProperty("--level", caller.toFixed(3));
    this.orb.setLevel(this.talk.state === "speaking" ? agent : caller * 0.7);
  }

  #showNotice({ code, message }) {
    const known = this.strings.problems[code];
    this.notice.textContent = message || (known ? `${known.title}. ${known.help}` : code);
    this.notice.hidden = false;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => (this.notice.hidden = true), NOTICE_MS);
  }
}
