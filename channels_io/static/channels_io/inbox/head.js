/** The head of an open conversation: who talks, how long it has lasted, and the buttons that make sense now. */

import { clock } from "../conversation_player.js";

export class Head {
  constructor(root, { state, config, ownership, sound }) {
    Object.assign(this, { root, state, config, ownership, sound });
    this.words = config.words;
    this.buttons = new Map([...root.querySelectorAll("[data-do]")].map((button) => [button.dataset.do, button]));
    this.beat = setInterval(() => this.#tick(), 1000);
    this.#back();
    this.#tick();
  }

  close() {
    clearInterval(this.beat);
  }

  /** As if it were clicked; false where it is not to be had. */
  press(name) {
    const button = this.buttons.get(name);
    if (!button || button.hidden || button.disabled) return false;
    button.click();
    return true;
  }

  draw() {
    const { state, words } = this;
    const { mine, call, busy } = this.ownership;
    const human = state.owner === "human";
    const name = state.ownerUser?.name ?? words.person;
    const reachable = state.live || state.way.by !== "none";
    this.#show("listen", call, { pressed: this.sound.listening, disabled: mine });
    this.#show("take", reachable && !human, { disabled: busy || state.lost });
    this.#show("give", mine);
    this.#show("hold", call && (mine || !human), { pressed: state.held, label: state.held ? words.resume : words.hold });
    this.#show("transfer", call && (mine || !human) && this.#has("transfer"));
    this.#show("end", state.live && (mine || !human));
    this.#show("mute", mine && this.sound.talking, { pressed: this.sound.muted });
    this.#owner(human, mine ? words.you : human ? name : words.agent);
    this.#now(call, human, mine, name);
    this.root.querySelector("[data-live-badge]").hidden = !state.live;
    this.#tick();
  }

  /** What the server alone draws of the head: outcome, the menu. */
  take(fresh) {
    for (const part of [".tk-outcome", ".tk-menu [data-do=status]"]) {
      const [known, incoming] = [this.root.querySelector(part), fresh.querySelector(part)];
      if (known && incoming && !known.isEqualNode(incoming)) known.replaceWith(incoming);
      else if (!known && incoming && part === ".tk-outcome") this.root.querySelector(".tk-chips").append(incoming);
      else if (known && !incoming) known.remove();
    }
  }

  #has(name) {
    return this.root.querySelector(`[data-dialog="${name}"] [name="target"]`) !== null;
  }

  #show(name, shown, { pressed, label, disabled = false } = {}) {
    const button = this.buttons.get(name);
    if (!button) return;
    button.hidden = !shown;
    button.disabled = disabled;
    if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
    if (label) button.querySelector("[data-label]").textContent = label;
  }

  #owner(human, name) {
    const chip = this.root.querySelector("[data-owner]");
    chip.classList.toggle("is-human", human);
    chip.querySelector("[data-owner-icon]").textContent = human ? "headset_mic" : "smart_toy";
    chip.querySelector("[data-owner-name]").textContent = name;
  }

  #now(call, human, mine, name) {
    this.root.querySelector("[data-now]").hidden = !call;
    this.root.querySelector("[data-other-name]").textContent = human && !mine ? name : this.config.agent;
    this.root.querySelector('[data-speaker="operator"]').hidden = !mine;
    this.root.querySelector('[data-speaker="agent"]').hidden = mine;
    const icon = this.root.querySelector("[data-mute-icon]");
    icon.textContent = this.sound.muted ? "mic_off" : "mic";
    icon.parentElement.setAttribute("aria-label", this.sound.muted ? this.words.unmute : this.words.mute);
  }

  #tick() {
    const place = this.root.querySelector("[data-clock]");
    if (this.state.live && this.state.since) place.textContent = clock(Math.max(0, Date.now() - Date.parse(this.state.since)));
  }

  /** The list beside it, if there is one, has a way back of its own: it takes the place of ours. */
  #back() {
    const theirs = this.root.parentElement.querySelector(":scope > .ib-back");
    const ours = this.root.querySelector("[data-back]");
    if (theirs) ours.replaceWith(theirs);
  }
}
