/** Times that tick: how long somebody has waited or talked ([data-since]), and short ages ([data-short]). */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** Seconds as a running clock: "0:07", "12:34", "3 h", "2 d". */
export function lasting(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, "0")}`;
  return whole < DAY ? `${Math.floor(whole / HOUR)} h` : `${Math.floor(whole / DAY)} d`;
}

/** An age in few letters: "now", "5m", "3h", "2d", then the date. */
export function short(at, now, lang) {
  const seconds = (now - at) / 1000;
  if (seconds < MINUTE) return new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "narrow" }).format(0, "second");
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 7 * DAY) return `${Math.floor(seconds / DAY)}d`;
  return new Intl.DateTimeFormat(lang, { day: "numeric", month: "short" }).format(at);
}

export class Waits {
  constructor(place) {
    this.place = place;
    this.lang = document.documentElement.lang || "en";
    setInterval(() => document.hidden || this.tick(), 1000);
  }

  tick() {
    const now = Date.now();
    for (const time of this.place.querySelectorAll("time[data-since]")) {
      set(time, lasting((now - Date.parse(time.dataset.since)) / 1000));
      if (time.dataset.due) time.classList.toggle("is-late", now > Date.parse(time.dataset.due));
    }
    for (const time of this.place.querySelectorAll("time[data-short]")) set(time, short(Date.parse(time.dateTime), now, this.lang));
  }
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
