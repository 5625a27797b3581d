/** The rows: loading more, replacing those that changed, the one the keys are on, and those that are selected. */

import { compare, indexOf, pieces } from "./order.js";

const GATHER_MS = 250;
const BETWEEN_MS = 1000;
const BETWEEN_HIDDEN_MS = 5000;
const AT_ONCE = 100;
const MOST_SHOWN = 600;

export class List {
  /** `changed()` after a selection changed, `counted(answer)` with the counts of an answer, `ticked()` after rows came. */
  constructor(place, { server, config, changed, counted, ticked }) {
    this.place = place;
    this.box = place.querySelector("[data-rows]");
    this.scroller = place.querySelector("[data-scroller]");
    this.more = place.querySelector("[data-more]");
    this.empty = place.querySelector("[data-empty]");
    this.fresh = place.querySelector("[data-new]");
    this.server = server;
    this.words = config.words;
    this.oldest = new URLSearchParams(config.query).get("tab") === "waiting";
    this.older = this.more.dataset.older;
    this.changed = changed;
    this.counted = counted;
    this.ticked = ticked;
    this.asked = new Set();
    this.held = new Map(); // New rows that wait above, while somebody reads further down.
    this.open = "";
    this.anchor = null;
    this.watchEnd();
    this.box.addEventListener("change", (event) => event.target.matches("[data-select]") && this.changed());
    this.box.addEventListener("click", (event) => event.target.matches("[data-select]") && this.selectTo(event));
    this.fresh.addEventListener("click", () => this.showHeld());
    this.box.addEventListener("focusin", (event) => this.mark(event.target.closest("[data-row]")));
  }

  rows() {
    return [...this.box.children];
  }

  row(id) {
    return this.box.querySelector(`[data-row="${CSS.escape(id)}"]`);
  }

  // --- keys ---------------------------------------------------------------------------------------

  get current() {
    return this.box.querySelector("[data-row].is-current");
  }

  mark(row) {
    if (!row) return;
    for (const each of this.box.querySelectorAll(".is-current")) each.classList.remove("is-current");
    row.classList.add("is-current");
  }

  go(id) {
    const row = this.row(id);
    if (!row) return;
    this.mark(row);
    row.querySelector("[data-open]").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  /** 1: the next one, -1: the one before. */
  step(by) {
    const rows = this.rows();
    const at = rows.indexOf(this.current);
    const to = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))];
    if (to) this.go(to.dataset.row);
    if (by > 0 && at >= rows.length - 3) this.loadMore();
  }

  // --- selecting ----------------------------------------------------------------------------------

  selected() {
    return this.rows().filter((row) => row.querySelector("[data-select]")?.checked);
  }

  selectAll(on) {
    for (const row of this.rows()) this.select(row, on);
    this.changed();
  }

  toggle(row) {
    const box = row?.querySelector("[data-select]");
    if (!box) return;
    box.checked = !box.checked;
    this.changed();
  }

  select(row, on) {
    const box = row.querySelector("[data-select]");
    if (box) box.checked = on;
  }

  /** With Shift: everything between the last one clicked and this. */
  selectTo(event) {
    const row = event.target.closest("[data-row]");
    if (event.shiftKey && this.anchor?.isConnected) {
      const rows = this.rows();
      const [from, to] = [rows.indexOf(this.anchor), rows.indexOf(row)].sort((a, b) => a - b);
      for (const each of rows.slice(from, to + 1)) this.select(each, event.target.checked);
      this.changed();
    }
    this.anchor = row;
  }

  // --- live ---------------------------------------------------------------------------------------

  /** Those of `ids` that the filters let through are shown as they are now; the others go. "" is no conversation. */
  refresh(ids) {
    for (const id of ids) this.asked.add(id);
    if (this.timer) return;
    // At once when little happens; once a second when much does; seldom while nobody looks.
    const between = document.hidden ? BETWEEN_HIDDEN_MS : BETWEEN_MS;
    const delay = Math.max(GATHER_MS, (this.fetched ?? 0) + between - Date.now());
    this.timer = setTimeout(() => this.fetchAsked(), delay);
  }

  async fetchAsked() {
    const all = [...this.asked];
    const ids = all.filter(Boolean);
    this.asked.clear();
    this.fetched = Date.now();
    try {
      if (!ids.length) this.counted(await this.server.rows({ ids: "" }));
      for (const piece of pieces(ids, AT_ONCE)) this.merge(piece, await this.server.rows({ ids: piece.join(",") }));
      this.timer = null;
    } catch {
      for (const id of all) this.asked.add(id);
      this.timer = setTimeout(() => this.fetchAsked(), 3000);
      return;
    }
    if (this.asked.size) this.refresh([]);
  }

  /** After the line was lost: the head of the list, and everything that is shown. */
  async resync() {
    try {
      const head = await this.server.rows({});
      this.merge([], head);
      const known = new Set(head.rows.map((row) => row.id));
      this.refresh(this.rows().map((row) => row.dataset.row).filter((id) => !known.has(id)));
    } catch {
      // The line says when it is back.
    }
  }

  /** `answer` says how `ids` are now. */
  merge(ids, answer) {
    this.counted(answer);
    const found = new Map(answer.rows.map((row) => [row.id, row]));
    for (const id of ids) if (!found.has(id)) this.drop(id);
    const reading = this.scroller.scrollTop > 40;
    for (const row of answer.rows) {
      const old = this.row(row.id);
      if (!old && reading && this.isAbove(row)) this.held.set(row.id, row);
      else this.put(row, old);
    }
    this.announceHeld();
    this.settle();
  }

  put(row, old) {
    const made = this.make(row.html);
    const kept = old && { checked: old.querySelector("[data-select]")?.checked, focus: old.contains(document.activeElement), current: old.classList.contains("is-current") };
    const others = this.rows().filter((each) => each !== old);
    const at = indexOf(row.place, others.map((each) => each.dataset.place), { oldest: this.oldest, more: Boolean(this.older) });
    this.held.delete(row.id);
    if (at < 0) {
      old?.remove();
      return;
    }
    const moved = old && this.rows().indexOf(old) !== at;
    if (old && !moved) old.replaceWith(made);
    else {
      old?.remove();
      this.box.insertBefore(made, others[at] ?? null);
      made.classList.add("is-new");
    }
    if (kept) {
      this.select(made, kept.checked);
      if (kept.current) this.mark(made);
      if (kept.focus) made.querySelector("[data-open]").focus({ preventScroll: true });
    }
    if (row.id === this.open) made.classList.add("is-open");
  }

  /** The one that is open, and the one the keys are on, stay until they are left. */
  drop(id) {
    this.held.delete(id);
    const row = this.row(id);
    if (!row) return;
    if (row.classList.contains("is-current")) {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      const focused = row.contains(document.activeElement);
      row.remove();
      if (next && focused) this.go(next.dataset.row);
      else this.mark(next);
    } else row.remove();
  }

  isAbove(row) {
    const first = this.box.firstElementChild;
    return Boolean(first) && compare(row.place, first.dataset.place, this.oldest) < 0;
  }

  announceHeld() {
    this.fresh.hidden = !this.held.size;
    this.fresh.textContent = this.words.newer.replace("{count}", this.held.size);
  }

  showHeld() {
    for (const row of [...this.held.values()]) this.put(row, this.row(row.id));
    this.held.clear();
    this.announceHeld();
    this.scroller.scrollTo({ top: 0 });
    this.settle();
  }

  setOpen(id) {
    this.open = id;
    for (const row of this.rows()) row.classList.toggle("is-open", row.dataset.row === id);
  }

  // --- further down -------------------------------------------------------------------------------

  watchEnd() {
    this.more.replaceChildren();
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.loadMore(), {
      root: this.scroller,
      rootMargin: "600px",
    }).observe(this.more);
  }

  async loadMore() {
    if (this.loading || !this.older || this.rows().length >= MOST_SHOWN) return;
    this.loading = true;
    this.more.textContent = this.rows().length ? "" : this.words.searching;
    this.more.setAttribute("aria-busy", "true");
    try {
      const answer = await this.server.rows({ before: this.older });
      this.older = answer.older;
      for (const row of answer.rows) {
        const old = this.row(row.id);
        if (old) old.replaceWith(this.make(row.html));
        else this.box.append(this.make(row.html));
      }
      this.counted(answer);
      this.loading = false;
      this.settle();
    } catch {
      this.loading = false;
      this.retry();
      return;
    } finally {
      this.more.removeAttribute("aria-busy");
    }
    // The end may still be in sight: a search may give few rows a page.
    if (this.older && this.more.getBoundingClientRect().top < innerHeight + 600) setTimeout(() => this.loadMore(), 0);
  }

  retry() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "p-button is-small";
    button.textContent = this.words.loadMore;
    button.addEventListener("click", () => this.loadMore());
    this.more.replaceChildren(button);
  }

  settle() {
    const some = this.box.childElementCount > 0;
    this.empty.hidden = some || Boolean(this.older);
    if (!this.older) this.more.textContent = this.box.childElementCount > 12 ? this.words.end : "";
    this.changed();
    this.ticked();
  }

  make(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  }
}
