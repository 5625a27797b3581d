/**
 * The queue in the top bar of every page: who waits for a person, taking it, whether I take any, and being told.
 *
 * What changed comes over the inbox's live line. The inbox has one already and says "inbox:changed" on the document; on any
 * other page this opens its own. Whether I take conversations is said on the document too: "queue:available".
 */

import { Alarm } from "./alarm.js";
import { Feed } from "./feed.js";
import { left, tone } from "./service_level.js";

const SOON_MS = 250;

class Queue {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.token = root.querySelector("[name=csrfmiddlewaretoken]").value;
    this.rows = this.find("rows");
    this.known = null; // what waits for my teams, since the first answer
    this.alarm = new Alarm();
    this.#bind();
    this.read();
    setInterval(() => this.tick(), 1000);
  }

  find(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  // --- what waits --------------------------------------------------------------------------------

  /** Several hints at once are one reading. */
  soon() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.read(), SOON_MS);
  }

  async read() {
    let answer;
    try {
      const response = await fetch(this.words.url, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (!response.ok) return;
      answer = await response.json();
    } catch {
      return; // The next hint, or the line that comes back, reads it again.
    }
    this.rows.innerHTML = answer.html; // Our own server's template, escaped there.
    this.find("nobody").hidden = answer.count > 0;
    const count = this.find("count");
    count.hidden = answer.count === 0;
    count.textContent = answer.count;
    this.#shown(answer.available);
    this.tick();
    const news = answer.mine.filter(({ id }) => this.known && !this.known.has(id));
    this.known = new Set(answer.mine.map(({ id }) => id));
    if (answer.available) for (const each of news) this.alarm.tell(each);
  }

  tick() {
    for (const timer of this.rows.querySelectorAll("time[data-due]")) {
      const seconds = left(timer.dataset.due);
      timer.className = `qu-timer is-${tone(timer.dataset.since, timer.dataset.due)}`;
      const clock = `${Math.floor(Math.abs(seconds) / 60)}:${String(Math.abs(seconds) % 60).padStart(2, "0")}`;
      timer.textContent = seconds < 0 ? `${clock} ${this.words.late}` : clock;
    }
  }

  // --- what I do ---------------------------------------------------------------------------------

  async take(button) {
    button.disabled = true;
    const answer = await this.#post(button.dataset.take);
    if (answer?.link) {
      location.assign(answer.link);
      return;
    }
    button.disabled = false;
    this.problem(answer?.error?.message ?? this.words.failed);
    this.soon();
  }

  async available(on) {
    const answer = await this.#post(this.words.availability, { available: on ? "1" : "" });
    if (answer && "available" in answer) this.#shown(answer.available);
    else {
      this.#shown(!on);
      this.problem(answer?.error?.message ?? this.words.failed);
    }
  }

  problem(text) {
    const place = this.find("problem");
    place.hidden = !text;
    place.textContent = text;
  }

  #shown(on) {
    this.find("available").checked = on;
    this.find("state").textContent = on ? this.words.on : this.words.off;
    this.root.classList.toggle("is-off", !on);
    this.isAvailable = on;
    document.dispatchEvent(new CustomEvent("queue:available", { detail: on }));
  }

  async #post(address, fields = {}) {
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": this.token },
        body: new URLSearchParams(fields),
        redirect: "manual",
      });
      return await response.json();
    } catch {
      return null;
    }
  }

  #bind() {
    this.root.addEventListener("click", (event) => {
      const take = event.target.closest("[data-take]");
      if (take) this.take(take);
    });
    this.find("available").addEventListener("change", ({ target }) => this.available(target.checked));
    const notify = this.find("notify");
    const chime = this.find("chime");
    const show = () => {
      notify.setAttribute("aria-pressed", String(this.alarm.notifies));
      chime.setAttribute("aria-pressed", String(this.alarm.sounds));
    };
    notify.addEventListener("click", async () => {
      const allowed = await this.alarm.toggleNotices();
      this.problem(allowed ? "" : this.words.refused);
      show();
    });
    chime.addEventListener("click", () => {
      this.alarm.toggleSound();
      show();
    });
    show();
  }
}

const root = document.querySelector("[data-queue]");
if (root) {
  const queue = new Queue(root);
  const changed = (what) => what.includes("handoff") && queue.soon();
  if (document.querySelector("[data-inbox]")) {
    document.addEventListener("inbox:changed", ({ detail }) => changed(detail));
  } else {
    const feed = new Feed({
      url: new URL("/ws/inbox/", location.href),
      changed: (_ids, what) => changed(what),
      resync: () => queue.soon(),
      state: () => {},
    });
    document.addEventListener("queue:available", ({ detail }) => {
      feed.available = detail;
    });
    feed.open();
  }
}
