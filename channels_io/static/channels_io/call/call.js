/** The call page: binds a Talk to the elements marked with data- attributes. */

import { Captions } from "../talk/captions.js";
import { Orb } from "../talk/orb.js";
import { statusOf } from "../talk/status.js";
import { Talk } from "../talk/talk.js";
import { fetchTicket } from "../talk/tickets.js";
import { DevicePicker } from "./devices.js";
import { WaterfallView } from "./waterfall.js";

const NOTICE_MS = 8000;

class CallPage {
  constructor(root, config) {
    this.root = root;
    this.config = config;
    this.strings = config.strings;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.talk = new Talk({
      getTicket: (wish) => this.#ticket(wish),
      worklets: config.worklets,
      conversation: config.conversation,
    });
    this.talk.transcript.lines = config.lines;
    this.talk.deviceId = DevicePicker.remembered();
    this.orb = new Orb(this.find("orb"));
    this.captions = new Captions({
      list: this.find("captions"),
      scroller: this.find("scroller"),
      announcer: this.find("announcer"),
      strings: this.strings,
      agentName: config.agent,
    });
    this.waterfall = new WaterfallView(this.find("timing"), config, this.strings.timing);
    this.devices = new DevicePicker(this.find("device"), (id) => this.talk.setMicrophone(id));
    this.#listen();
    this.#bind();
    this.#showState();
    this.#showLines();
  }

  #ticket({ mode, conversation }) {
    const token = this.root.querySelector("[name=csrfmiddlewaretoken]").value;
    return fetchTicket(this.config.ticketUrl, { mode, conversation }, { "X-CSRFToken": token });
  }

  #listen() {
    const { talk } = this;
    talk.addEventListener("state", () => this.#showState());
    talk.addEventListener("transcript", () => this.#showLines());
    talk.addEventListener("levels", ({ detail }) => this.#showLevels(detail));
    talk.addEventListener("timing", ({ detail }) => this.waterfall.show(detail));
    talk.addEventListener("notice", ({ detail }) => this.#notice(detail));
    talk.addEventListener("owner", ({ detail }) => (this.find("owner").hidden = detail !== "human"));
    talk.addEventListener("microphone", () => {
      this.devices.refresh();
      this.#showState();
    });
  }

  #bind() {
    this.find("main").addEventListener("click", () => this.#main());
    this.find("mute").addEventListener("click", () => this.talk.setMuted(!this.talk.muted));
    this.find("volume").addEventListener("input", ({ target }) => this.talk.setVolume(target.value / 100));
    this.find("settings").addEventListener("click", () => this.#toggleSettings());
    this.find("composer").addEventListener("submit", (event) => this.#send(event));
    this.find("text").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#send(event);
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
    new MutationObserver(() => this.orb.repaint()).observe(document.documentElement, { attributeFilter: ["class"] });
    addEventListener("pagehide", () => this.talk.close());
  }

  #main() {
    if (this.talk.active && this.talk.mode === "voice") this.talk.hangUp();
    else this.talk.startVoice();
  }

  #send(event) {
    event.preventDefault();
    const field = this.find("text");
    if (this.talk.sendText(field.value)) field.value = "";
    field.focus();
  }

  /** Space mutes and Escape hangs up, unless the key means something where the focus is. */
  #onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.talk.active) return;
    if (event.target.closest("input, textarea, select, button, a, summary, dialog, [contenteditable]")) {
      if (event.key !== "Escape" || event.target.closest("dialog, select")) return;
    }
    if (event.key === "Escape") this.talk.hangUp();
    else if (event.key === " " && this.talk.mode === "voice") this.talk.setMuted(!this.talk.muted);
    else return;
    event.preventDefault();
  }

  #toggleSettings() {
    const panel = this.find("settings-panel");
    panel.hidden = !panel.hidden;
    this.find("settings").setAttribute("aria-expanded", String(!panel.hidden));
  }

  #showState() {
    const { talk, strings } = this;
    const { title, help, tone } = statusOf(talk, strings);
    const stage = this.find("stage");
    stage.dataset.state = talk.state;
    stage.dataset.tone = tone;
    if (this.find("status").textContent !== title) this.find("status").textContent = title;
    this.find("help").textContent = help;
    this.find("help").hidden = !help;
    this.orb.setState(talk.state);
    this.#showMain();
    this.#showMute();
    this.#showClock();
    const link = this.find("conversation-link");
    link.hidden = talk.active || !talk.conversation;
    link.firstElementChild.href = this.config.conversationUrl.replace("CONVERSATION", talk.conversation);
  }

  #showMain() {
    const { talk, strings } = this;
    const calling = talk.active && talk.mode === "voice";
    const opening = calling && ["asking", "connecting", "waiting"].includes(talk.state);
    let label = talk.conversation ? strings.callAgain : strings.call;
    if (calling) label = opening ? strings.cancel : strings.hangUp;
    else if (talk.state === "problem") label = talk.problem === "lost" ? strings.continue : strings.again;
    else if (talk.active) label = strings.call;
    this.find("main").classList.toggle("is-hangup", calling);
    this.find("main-icon").textContent = calling ? "call_end" : "call";
    this.find("main-label").textContent = label;
  }

  #showMute() {
    const { talk, strings } = this;
    const button = this.find("mute");
    button.disabled = !talk.microphone;
    button.setAttribute("aria-pressed", String(talk.muted));
    this.find("mute-icon").textContent = talk.muted ? "mic_off" : "mic";
    this.find("mute-label").textContent = talk.muted ? strings.unmute : strings.mute;
  }

  #showClock() {
    const clock = this.find("clock");
    const running = this.talk.active && !["asking", "connecting", "waiting"].includes(this.talk.state);
    if (running && !this.ticking) {
      this.begun = performance.now();
      this.ticking = setInterval(() => this.#tick(clock), 1000);
      this.#tick(clock);
    } else if (!this.talk.active && this.ticking) {
      clearInterval(this.ticking);
      this.ticking = 0;
    }
    clock.hidden = !running && !clock.textContent;
  }

  #tick(clock) {
    const seconds = Math.floor((performance.now() - this.begun) / 1000);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  #showLines() {
    const { lines } = this.talk.transcript;
    this.find("empty").hidden = lines.length > 0;
    this.captions.render(lines);
  }

  #showLevels({ caller, agent }) {
    this.find("level=caller").style.setProperty("--level", caller.toFixed(3));
    this.find("level=agent").style.setProperty("--level", agent.toFixed(3));
    this.orb.setLevel(this.talk.state === "speaking" ? agent : caller * 0.7);
  }

  #notice({ code, message }) {
    const known = this.strings.problems[code];
    const notice = this.find("notice");
    notice.textContent = message || (known ? `${known.title}. ${known.help}` : code);
    notice.hidden = false;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => (notice.hidden = true), NOTICE_MS);
  }
}

const root = document.querySelector("[data-call]");
const page = new CallPage(root, JSON.parse(document.getElementById("call-config").textContent));
root.talk = page.talk; // for tests and for the curious: what the page knows
