/** Who speaks now: three small meters, from the sound where it is heard, else from what the leg says of it. */

const BARS = 5;
const FALL_MS = 220; // a meter falls to nothing in this time after the last sound

export class Levels {
  constructor(root, config) {
    this.words = config.words;
    this.agent = config.agent;
    this.names = { caller: config.contact, agent: config.agent, operator: config.words.you };
    this.places = new Map([...root.querySelectorAll("[data-speaker]")].map((place) => [place.dataset.speaker, place]));
    this.status = root.querySelector("[data-speaking]");
    this.speaking = new Set();
    this.timers = new Map();
  }

  /** Whether the one who looks is the one who talks; `name`: who does, if somebody of the team. */
  owns(mine, name) {
    this.mine = mine;
    this.names.operator = mine || !name ? this.words.you : name;
  }

  /** `speaking` of the leg: somebody else of the team stands where the agent does. */
  speaks(said, on) {
    const who = said === "operator" && !this.mine ? "agent" : said;
    if (who !== said) this.names.agent = this.names.operator;
    else if (said === "agent") this.names.agent = this.agent;
    this.speaking[on ? "add" : "delete"](who);
    this.places.get(who)?.classList.toggle("is-speaking", on);
    if (!on) this.level(who, 0);
    const first = [...this.speaking][0];
    const text = first ? this.words.spokenToo.replace("{who}", this.names[first]) : this.words.nobodySpeaks;
    if (this.status && this.status.textContent !== text) this.status.textContent = text;
  }

  /** 0..1 of a sound that is heard here. */
  level(who, level) {
    const place = this.places.get(who);
    if (!place) return;
    place.classList.add("is-metered");
    const lit = Math.round(level * BARS);
    place.querySelectorAll(".tk-meter i").forEach((bar, index) => bar.classList.toggle("is-lit", index < lit));
    clearTimeout(this.timers.get(who));
    if (lit) this.timers.set(who, setTimeout(() => this.level(who, 0), FALL_MS));
  }

  /** Nothing is heard here any more: the meters show what the leg says. */
  unmetered() {
    for (const [who, place] of this.places) {
      this.level(who, 0);
      if (who !== "operator") place.classList.remove("is-metered");
    }
  }

  close() {
    for (const timer of this.timers.values()) clearTimeout(timer);
  }
}
