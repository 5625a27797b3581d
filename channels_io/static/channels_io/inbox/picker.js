/** A list to choose from by a few letters: people, tags. Arrow keys move, Enter chooses, Escape leaves. */

export class Picker {
  constructor(dialog, words) {
    this.dialog = dialog;
    this.words = words;
    this.title = dialog.querySelector("[data-picker-title]");
    this.field = dialog.querySelector("[data-picker-find]");
    this.box = dialog.querySelector("[data-picker-list]");
    this.field.addEventListener("input", () => this.draw());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const choice = event.target.closest("[role=option]");
      if (choice) this.choose([...this.box.children].indexOf(choice));
    });
  }

  /** `choices`: {id, label, on, colour?, icon?}. `makes(name)`: for a name that is not there, said with `makeWords`. */
  ask(title, choices, { chosen, makes = null, makeWords = "" }) {
    Object.assign(this, { choices, chosen, makes, makeWords });
    this.title.textContent = title;
    this.field.value = "";
    this.at = 0;
    this.draw();
    if (!this.dialog.open) this.dialog.showModal();
    this.field.focus();
  }

  draw() {
    const wanted = this.field.value.trim().toLocaleLowerCase();
    this.shown = this.choices.filter(({ label }) => label.toLocaleLowerCase().includes(wanted));
    if (wanted && this.makes && !this.choices.some(({ label }) => label.toLocaleLowerCase() === wanted)) {
      const name = this.field.value.trim();
      this.shown.push({ make: name, label: this.makeWords.replace("{name}", name), icon: "add" });
    }
    this.at = Math.min(this.at, Math.max(0, this.shown.length - 1));
    this.box.replaceChildren(...this.shown.map((choice, number) => this.option(choice, number)));
    if (!this.shown.length) {
      const none = document.createElement("li");
      none.className = "p-muted";
      none.textContent = this.words.noMatch;
      this.box.append(none);
    }
    this.mark();
  }

  option(choice, number) {
    const item = document.createElement("li");
    item.id = `ib-choice-${number}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(Boolean(choice.on)));
    const sign = document.createElement("span");
    if (choice.colour) sign.className = `ib-swatch is-${choice.colour}`;
    else {
      sign.className = "material-symbols-outlined";
      sign.textContent = choice.icon ?? "person";
    }
    sign.setAttribute("aria-hidden", "true");
    const label = document.createElement("span");
    label.className = "ib-grow";
    label.textContent = choice.label;
    item.append(sign, label);
    if (choice.on) {
      const tick = document.createElement("span");
      tick.className = "material-symbols-outlined";
      tick.textContent = "check";
      tick.setAttribute("aria-hidden", "true");
      item.append(tick);
    }
    return item;
  }

  mark() {
    [...this.box.children].forEach((item, number) => item.classList.toggle("is-marked", number === this.at));
    const marked = this.box.children[this.at];
    marked?.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", marked?.id ?? "");
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.at = (this.at + step + this.shown.length) % Math.max(1, this.shown.length);
      this.mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.choose(this.at);
    }
  }

  choose(number) {
    const choice = this.shown[number];
    if (!choice) return;
    this.dialog.close();
    if (choice.make) this.makes(choice.make);
    else this.chosen(choice);
  }
}
