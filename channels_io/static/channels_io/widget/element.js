/**
 * <parley-widget channel="ch_..."> : a button in the corner that opens a conversation with an agent.
 *
 * Attributes: channel (required), title, colour (#rrggbb), position (right|left), theme (auto|light|dark), open.
 * Custom properties on the element: --parley-accent, --parley-radius, --parley-font, --parley-offset.
 * Events, composed and bubbling: parley-open, parley-close, parley-state (detail: {state, problem}).
 */

import { Talk } from "../talk/talk.js";
import { fetchTicket } from "../talk/tickets.js";
import captionsSheet from "../talk/captions.css" with { type: "css" };
import { palette, parseColour } from "./colour.js";
import { el, icon } from "./dom.js";
import { Memory } from "./memory.js";
import { Panel } from "./panel.js";
import widgetSheet from "./widget.css" with { type: "css" };

const HOME = new URL(import.meta.url).origin;

class ParleyWidget extends HTMLElement {
  static observedAttributes = ["colour", "theme", "title", "position"];

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [captionsSheet, widgetSheet];
    this.frame = el("div", { class: "frame" });
    root.append(this.frame);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.#theme();
    this.onOnline = () => this.#load();
    this.onLeave = () => this.#remember();
  }

  get channel() {
    return this.getAttribute("channel") ?? "";
  }

  connectedCallback() {
    this.dark.addEventListener("change", this.onScheme);
    addEventListener("pagehide", this.onLeave);
    this.memory = new Memory(this.channel);
    this.#load();
  }

  disconnectedCallback() {
    this.dark.removeEventListener("change", this.onScheme);
    removeEventListener("pagehide", this.onLeave);
    removeEventListener("online", this.onOnline);
    this.#remember();
    this.talk?.close();
    this.panel?.close();
    this.talk = this.panel = this.config = null;
    this.frame.replaceChildren();
  }

  attributeChangedCallback() {
    if (this.config) this.#theme();
  }

  /** The settings of the channel. Without them nothing is shown to visitors; the site's owner reads why in the console. */
  async #load() {
    if (this.config || this.loading) return;
    this.loading = true;
    removeEventListener("online", this.onOnline);
    try {
      const response = await fetch(`${HOME}/widget/${encodeURIComponent(this.channel)}/config.json`, { credentials: "omit" });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error?.message ?? `The server answered ${response.status}.`);
      if (this.isConnected) this.#show(answer);
    } catch (error) {
      this.#unavailable(error);
    } finally {
      this.loading = false;
    }
  }

  #unavailable(error) {
    this.dataset.state = "unavailable";
    addEventListener("online", this.onOnline, { once: true });
    console.warn(
      `parley-widget: channel "${this.channel}" is not shown on ${location.origin}. Is the id right, does the channel allow ` +
        `this site, and can ${HOME} be reached? (${error.message})`,
    );
    this.#tell("parley-state", { state: "unavailable", problem: "unavailable" });
  }

  #show(config) {
    this.config = config;
    if (!config.available) {
      this.#unavailable(new Error("the channel takes no conversations at the moment"));
      this.config = null;
      return;
    }
    this.dataset.state = "idle";
    this.#newTalk(this.memory.conversation, this.memory.lines);
    this.launcher = el(
      "button",
      { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() },
      icon("chat"),
    );
    this.frame.replaceChildren(this.launcher);
    this.#theme();
    if (this.hasAttribute("open") || this.memory.open) this.open({ focus: false });
    else this.#label();
  }

  #newTalk(conversation, lines) {
    this.talk?.close();
    const talk = (this.talk = new Talk({
      getTicket: (wish) => this.#ticket(wish),
      worklets: this.config.worklets,
      base: HOME,
      conversation,
    }));
    talk.transcript.lines = lines;
    talk.addEventListener("state", () => {
      if (talk.conversation && talk.conversation !== this.memory.conversation) this.memory.keepConversation(talk.conversation);
      this.dataset.state = talk.state;
      this.launcher?.classList.toggle("live", talk.active && talk.mode === "voice");
      this.#tell("parley-state", { state: talk.state, problem: talk.problem });
    });
  }

  #ticket({ mode, conversation }) {
    return fetchTicket(this.config.ticket, { mode, conversation, visitor: this.memory.visitor }, {}, "omit");
  }

  toggle() {
    if (this.panel) this.close();
    else this.open();
  }

  open({ focus = true } = {}) {
    if (!this.config || this.panel) return;
    this.panel = new Panel({
      talk: this.talk,
      config: this.config,
      title: this.getAttribute("title") || this.config.title,
      onClose: () => this.close(),
      onStartOver: () => this.startOver(),
    });
    this.frame.prepend(this.panel.element);
    this.panel.showLines();
    this.launcher.replaceChildren(icon("down"));
    this.#label();
    if (focus) this.panel.focus();
    this.#remember();
    this.#tell("parley-open");
  }

  /** Folds it away. A call goes on: the button shows it. */
  close() {
    if (!this.panel) return;
    this.panel.close();
    this.panel.element.remove();
    this.panel = null;
    this.launcher.replaceChildren(icon("chat"));
    this.#label();
    this.launcher.focus();
    this.#remember();
    this.#tell("parley-close");
  }

  startOver() {
    this.memory.forget();
    this.#newTalk("", []);
    const open = this.panel;
    open?.close();
    open?.element.remove();
    this.panel = null;
    if (open) this.open();
  }

  #label() {
    const { strings } = this.config;
    this.launcher.setAttribute("aria-label", this.panel ? strings.close : strings.open);
    this.launcher.setAttribute("aria-expanded", String(Boolean(this.panel)));
  }

  #theme() {
    const wanted = this.getAttribute("theme");
    this.frame.dataset.theme = wanted === "light" || wanted === "dark" ? wanted : this.dark.matches ? "dark" : "light";
    this.frame.dataset.position = this.getAttribute("position") === "left" ? "left" : "right";
    const colour = parseColour(this.getAttribute("colour")) ?? parseColour(this.config.colour);
    const { accent, text, shades } = palette(colour ?? [79, 70, 229]);
    this.frame.style.setProperty("--accent-given", accent);
    this.frame.style.setProperty("--on-accent", text);
    shades.forEach((shade, at) => this.frame.style.setProperty(`--orb-${at + 1}`, shade));
    this.panel?.orb.repaint();
  }

  #remember() {
    if (this.talk) this.memory.keepPage({ open: Boolean(this.panel), lines: this.talk.transcript.lines });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("parley-widget")) customElements.define("parley-widget", ParleyWidget);
