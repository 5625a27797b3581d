/** Short notes at the foot of the page, with a way back. */

const SECONDS = 7;
const MOST = 3;

export class Toasts {
  constructor(box, words) {
    this.box = box;
    this.words = words;
    this.undo = null;
  }

  /** `undo`: called when the person takes it back, by the button or by "z". */
  show(text, { undo = null, bad = false } = {}) {
    if (!text) return;
    const toast = document.createElement("div");
    toast.className = `ib-toast${bad ? " is-bad" : ""}`;
    const said = document.createElement("span");
    said.textContent = text;
    toast.append(said);
    const away = () => {
      toast.remove();
      if (this.undo === back) this.undo = null;
    };
    const back = undo && (() => {
      away();
      undo();
    });
    if (back) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = this.words.undo;
      button.addEventListener("click", back);
      toast.append(button);
      this.undo = back;
    }
    this.box.append(toast);
    while (this.box.childElementCount > MOST) this.box.firstElementChild.remove();
    setTimeout(away, SECONDS * 1000);
  }
}
