/** The conversation beside the list: fetched as a part of a page, and made alive by its own module. */

export class Pane {
  constructor(box, { place, list, words, server }) {
    Object.assign(this, { box, place, list, words, server });
    this.none = box.querySelector("[data-none]");
    this.id = "";
    this.leave = null;
    addEventListener("popstate", () => this.fromAddress());
  }

  /** As the address says: "?c=cv_…". */
  fromAddress() {
    const id = new URLSearchParams(location.search).get("c") ?? "";
    if (id && id !== this.id) {
      this.list.setOpen(id);
      this.show(id, { keep: true });
    } else if (!id && this.id) this.close({ keep: true });
  }

  async show(id, { keep = false } = {}) {
    if (id === this.id) return;
    this.quit();
    this.id = id;
    this.place.classList.add("has-open");
    if (!keep) this.address(id);
    this.say(this.words.opening);
    let html;
    try {
      html = await this.server.part(`/conversations/${encodeURIComponent(id)}/pane/`);
    } catch {
      if (this.id === id) this.instead(id);
      return;
    }
    if (this.id !== id) return; // Another was opened meanwhile.
    this.box.innerHTML = html;
    this.bar();
    try {
      const { openTalk } = await import("./talk.js");
      if (this.id === id) this.leave = openTalk(this.box) ?? null;
    } catch (error) {
      console.warn("The conversation is shown without its live part.", error);
    }
  }

  /** What the server said changed; null: anything may have. The open conversation follows its own line. */
  hint(ids, what) {
    if (this.id && (ids === null || ids.includes(this.id))) {
      this.box.dispatchEvent(new CustomEvent("talk:changed", { detail: { what } }));
    }
  }

  reply() {
    this.box.querySelector("[data-reply], textarea")?.focus();
  }

  close({ keep = false } = {}) {
    this.quit();
    this.id = "";
    this.list.setOpen("");
    this.place.classList.remove("has-open");
    this.box.replaceChildren(this.none);
    if (!keep) this.address("");
  }

  quit() {
    this.leave?.();
    this.leave = null;
  }

  address(id) {
    const url = new URL(location.href);
    if (id) url.searchParams.set("c", id);
    else url.searchParams.delete("c");
    history.pushState(null, "", url);
  }

  /** On a phone the conversation covers the list: a way back. */
  bar() {
    const back = document.createElement("button");
    back.type = "button";
    back.className = "ib-back p-icon-button";
    back.innerHTML = '<span class="material-symbols-outlined" aria-hidden="true">arrow_back</span>';
    back.setAttribute("aria-label", this.words.title);
    back.addEventListener("click", () => {
      const id = this.id;
      this.close();
      this.list.go(id);
    });
    this.box.prepend(back);
  }

  say(text) {
    const line = document.createElement("p");
    line.className = "ib-none";
    line.setAttribute("role", "status");
    line.textContent = text;
    this.box.replaceChildren(line);
  }

  instead(id) {
    this.say(this.words.openFailed);
    const link = document.createElement("a");
    link.className = "p-button";
    link.href = `/conversations/${encodeURIComponent(id)}/`;
    link.textContent = this.words.openPage;
    this.box.firstElementChild.append(link);
    this.bar();
  }
}
