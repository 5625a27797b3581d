/**
 * Where people of the team write: to the contact, to the agent alone, through the agent's voice, or to each other.
 *
 * Ctrl+Enter sends. Tab goes to the next kind of message, Shift+Tab to the one before; Esc leaves the text.
 */

import { Templates } from "./templates.js";

export class Composer {
  /** onSend(mode, text, fields of a template or null) resolves to whether it went; what did not stays in the field. */
  constructor(root, config, onSend) {
    this.form = root.querySelector("[data-composer]");
    this.onSend = onSend;
    this.words = config.words.modes;
    this.contact = config.contact;
    this.mode = "";
    this.allowed = [];
    this.kept = new Map(); // what was begun in each mode
    if (!this.form) return;
    this.text = this.form.querySelector("[data-text]");
    this.hint = this.form.querySelector("[data-hint]");
    this.send = this.form.querySelector("[data-send]");
    this.label = this.form.querySelector("[data-send-label]");
    const box = this.form.querySelector("[data-templates]");
    this.templates = box && new Templates(box, () => this.choose(this.mode));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-mode]");
      if (!button) return;
      this.choose(button.dataset.mode);
      this.text.focus();
    });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#grow());
  }

  /**
   * allowed: the modes that make sense now, the most likely first; taking: a reply takes the conversation over;
   * way: how words reach the contact: {refused, why, templates}.
   */
  allow(allowed, { taking = false, way = {} } = {}) {
    if (!this.form) return;
    this.taking = taking;
    this.barred = way.refused ? way.why : "";
    this.templates?.offer(this.barred ? (way.templates ?? []) : []);
    this.allowed = allowed.filter((mode) => this.form.querySelector(`[data-mode="${mode}"]`));
    for (const button of this.form.querySelectorAll("[data-mode]")) button.hidden = !this.allowed.includes(button.dataset.mode);
    this.form.hidden = this.allowed.length === 0;
    if (this.allowed.length) this.choose(this.allowed.includes(this.mode) ? this.mode : this.allowed[0]);
  }

  choose(mode) {
    if (!this.allowed.includes(mode)) return;
    if (mode !== this.mode) {
      if (this.mode) this.kept.set(this.mode, this.text.value);
      this.text.value = this.kept.get(mode) ?? "";
      this.#grow();
    }
    this.mode = mode;
    this.form.dataset.mode = mode;
    for (const button of this.form.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
    const words = this.words[mode === "reply" && this.taking ? "take" : mode];
    this.text.placeholder = words.placeholder.replace("{contact}", this.contact);
    const barred = mode === "reply" ? this.barred : "";
    this.hint.textContent = barred || words.hint.replace("{contact}", this.contact);
    const filling = this.filling;
    this.text.hidden = filling;
    if (this.templates) this.templates.box.hidden = !filling;
    this.send.disabled = filling ? !this.templates.whole : Boolean(barred);
    this.label.textContent = words.send;
  }

  /** A template is filled in, in place of free words. */
  get filling() {
    return this.mode === "reply" && Boolean(this.barred) && this.templates?.templates.length > 0;
  }

  /** Whether there is anything to write in. */
  focus() {
    if (!this.form || this.form.hidden) return false;
    this.text.focus();
    return true;
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Tab" && !event.ctrlKey && !event.altKey && this.allowed.length > 1) {
      event.preventDefault();
      const step = event.shiftKey ? this.allowed.length - 1 : 1;
      this.choose(this.allowed[(this.allowed.indexOf(this.mode) + step) % this.allowed.length]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.text.blur();
    }
  }

  async #submit() {
    const { filling } = this;
    const text = filling ? this.templates.text : this.text.value.trim();
    if (!text || this.busy || this.send.disabled) return;
    const { mode } = this;
    this.busy = true;
    this.form.classList.add("is-busy");
    const went = await this.onSend(mode, text, filling ? this.templates.fields() : null).finally(() => {
      this.busy = false;
      this.form.classList.remove("is-busy");
    });
    if (!went) return;
    if (filling) {
      this.templates.clear();
      this.choose(mode);
      return;
    }
    this.kept.delete(mode);
    if (this.mode === mode && this.text.value.trim() === text) this.text.value = "";
    this.#grow();
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 180)}px`;
  }
}
