/** One line above the words that says what went wrong or what goes on, with what can be done about it. */

export class Notices {
  constructor(root, words) {
    this.words = words;
    this.box = root.querySelector("[data-notice]");
    this.title = this.box.querySelector("[data-notice-title]");
    this.help = this.box.querySelector("[data-notice-help]");
    this.buttons = this.box.querySelector("[data-notice-buttons]");
    this.box.querySelector("[data-notice-close]").addEventListener("click", () => this.hide());
  }

  /** Whether there was something to hide. */
  dismiss() {
    const shown = !this.box.hidden;
    this.hide();
    return shown;
  }

  /** about: what the notice is about, so that only its own end hides it; buttons: [[label, act]…]; tone: warn, error, good. */
  show(title, { help = "", about = "", tone = "warn", buttons = [] } = {}) {
    this.about = about;
    this.box.className = `tk-notice p-note is-${tone}`;
    this.title.textContent = title;
    this.help.textContent = help;
    this.buttons.replaceChildren(...buttons.map(([label, act]) => this.#button(label, act)));
    this.box.hidden = false;
  }

  /** What words.problems says of `code`; `message` is the server's own, where it has one. */
  problem(code, { message = "", about = "", buttons = [] } = {}) {
    const known = this.words.problems[code];
    const title = known?.title ?? (message || this.words.problems.other.title);
    const help = known?.help ?? (message ? "" : this.words.problems.other.help);
    this.show(title, { help, about, tone: "error", buttons });
  }

  hide(about = this.about) {
    if (about === this.about) this.box.hidden = true;
  }

  #button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "p-button is-small";
    made.textContent = label;
    made.addEventListener("click", () => {
      this.hide();
      act();
    });
    return made;
  }
}
