/** The list of microphones, kept true while devices come and go, and the choice remembered in this browser. */

import { listMicrophones } from "../talk/microphone.js";

const REMEMBERED = "parley.microphone";

export class DevicePicker {
  constructor(select, onChoice) {
    this.select = select;
    this.select.addEventListener("change", () => {
      localStorage.setItem(REMEMBERED, this.select.value);
      onChoice(this.select.value);
    });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.refresh());
  }

  static remembered() {
    return localStorage.getItem(REMEMBERED) ?? "";
  }

  /** Names are known only after the microphone was allowed. */
  async refresh() {
    const microphones = await listMicrophones();
    const chosen = this.select.value || DevicePicker.remembered();
    const first = this.select.options[0];
    this.select.replaceChildren(
      first,
      ...microphones.filter(({ id }) => id !== "default").map(({ id, label }) => new Option(label, id)),
    );
    this.select.value = microphones.some(({ id }) => id === chosen) ? chosen : "";
  }
}
