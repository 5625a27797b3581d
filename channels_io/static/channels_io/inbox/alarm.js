/** Telling a person who looks elsewhere: the browser's notifications, after they asked for them, and a short sound. */

const NOTICES = "parley-notices";
const SOUND = "parley-sound";
const TONES = [659.25, 880];
const TONE_SECONDS = 0.16;

export class Alarm {
  constructor(store = localStorage) {
    this.store = store;
  }

  get notifies() {
    return this.store.getItem(NOTICES) === "on" && globalThis.Notification?.permission === "granted";
  }

  get sounds() {
    return this.store.getItem(SOUND) === "on";
  }

  /** Resolves to false when the browser does not let us. */
  async toggleNotices() {
    if (this.notifies) {
      this.store.setItem(NOTICES, "off");
      return true;
    }
    const allowed = (await globalThis.Notification?.requestPermission()) === "granted";
    if (allowed) this.store.setItem(NOTICES, "on");
    return allowed;
  }

  toggleSound() {
    this.store.setItem(SOUND, this.sounds ? "off" : "on");
    if (this.sounds) this.chime();
  }

  /** {id, title, words, link}; one that is told twice replaces itself, also from another page of this browser. */
  tell({ id, title, words, link }) {
    if (this.sounds) this.chime();
    if (!this.notifies) return;
    const notice = new Notification(title, { body: words, tag: id });
    notice.addEventListener("click", () => {
      window.focus();
      location.assign(link);
      notice.close();
    });
  }

  chime() {
    const context = new AudioContext();
    TONES.forEach((pitch, number) => {
      const start = context.currentTime + number * TONE_SECONDS;
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      oscillator.frequency.value = pitch;
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.12, start + 0.02);
      gain.gain.linearRampToValueAtTime(0, start + TONE_SECONDS);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(start);
      oscillator.stop(start + TONE_SECONDS);
    });
    setTimeout(() => context.close(), 1000);
  }
}
