/** What stands around the list: counts of the tabs, how many wait (in the title), whether the line is well. */

export class State {
  constructor(place, words) {
    this.place = place;
    this.words = words;
    this.dot = place.querySelector("[data-state]");
    this.said = place.querySelector("[data-state-words]");
    this.title = document.title.replace(/^\(\d+\+?\) /, "");
  }

  begin() {
    this.badge(this.place.querySelector('[data-count="waiting"]').textContent);
  }

  count({ counts }) {
    for (const [tab, shown] of Object.entries(counts)) {
      this.place.querySelector(`[data-count="${tab}"]`).textContent = shown;
    }
    this.badge(counts.waiting);
  }

  badge(waiting) {
    document.title = waiting === "0" ? this.title : `(${waiting}) ${this.title}`;
    const link = document.querySelector('a[href="/inbox/"] .badge, a[href="/inbox/"] [data-badge]');
    if (link && waiting !== "0") link.textContent = waiting;
  }

  /** "live", "lost" (it comes back by itself), "out" (signed out). */
  line(name) {
    const words = { live: this.words.online, lost: this.words.offline, out: this.words.signedOut }[name];
    this.dot.dataset.state = name;
    this.dot.title = words;
    this.said.textContent = words;
  }
}
