/** What stands beside the words: facts, tags, whose work it is. On a narrow pane it is a sheet that comes and goes. */

import { Refused } from "./requests.js";

const LIVE_BOX = "flow"; // kept by the socket while a leg is watched

export class Side {
  constructor(root, { requests, notices, changed }) {
    Object.assign(this, { root, requests, notices, changed });
    this.panel = root.querySelector("[data-side]");
    this.toggle = root.querySelector("[data-side-toggle]");
    this.toggle.addEventListener("click", () => this.show(this.toggle.getAttribute("aria-expanded") !== "true"));
    this.panel.addEventListener("click", ({ target }) => {
      if (target.closest("[data-side-close]")) this.hide();
      const untag = target.closest("[data-untag]");
      if (untag) this.#do("untag", { tag: untag.dataset.untag });
    });
    this.panel.addEventListener("submit", (event) => this.#sent(event));
    this.panel.addEventListener("change", ({ target }) => {
      if (target.matches("[data-assign]")) this.#do("assign", { user: target.value });
      else if (target.matches("[data-tag]") && target.value) this.#do("tag", { tag: target.value });
    });
  }

  /** A form of the server's own parts is sent without leaving the page. */
  async #sent(event) {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    event.preventDefault();
    document.activeElement?.blur();
    try {
      await this.requests.form(form);
    } catch (error) {
      this.#refused(error);
    }
    this.changed();
  }

  show(on) {
    this.root.classList.toggle("has-side", on);
    this.toggle.setAttribute("aria-expanded", String(on));
    if (on) this.panel.querySelector("[data-side-close]").focus();
  }

  /** Whether there was something to hide. */
  hide() {
    if (this.toggle.getAttribute("aria-expanded") !== "true") return false;
    this.show(false);
    this.toggle.focus();
    return true;
  }

  /** Takes over the server's boxes; the one somebody is at stays, and the live one is the socket's. */
  take(fresh, { live }) {
    const incoming = [...fresh.querySelectorAll("[data-side] > [data-box]")];
    const known = new Map([...this.panel.querySelectorAll(":scope > [data-box]")].map((box) => [box.dataset.box, box]));
    let place = this.panel.querySelector(".tk-side-head");
    for (const box of incoming) {
      const name = box.dataset.box;
      const old = known.get(name);
      known.delete(name);
      const kept = old && (old.contains(document.activeElement) || (live && name === LIVE_BOX));
      if (kept) {
        place = old;
        continue;
      }
      if (old) old.replaceWith(box);
      else place.after(box);
      place = box;
    }
    for (const gone of known.values()) gone.remove();
  }

  async #do(what, fields) {
    document.activeElement?.blur();
    try {
      await this.requests.do(what, fields);
    } catch (error) {
      this.#refused(error);
    }
    this.changed();
  }

  #refused(error) {
    if (!(error instanceof Refused)) throw error;
    this.notices.problem(error.problem, { message: error.shown, about: "side" });
  }
}
