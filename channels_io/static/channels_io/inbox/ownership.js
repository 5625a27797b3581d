/**
 * Who talks: taking a conversation over and giving it back, with the operator's microphone while it is a call.
 *
 * The microphone is asked for before the conversation is taken: a caller is never handed to somebody who cannot speak.
 */

import { Refused } from "./requests.js";
import { MicrophoneProblem } from "./sound.js";

export class Ownership {
  /** state: {live, voice, owner, ownerUser, number}; changed(): draw it anew. */
  constructor({ state, config, requests, sound, notices, changed }) {
    Object.assign(this, { state, requests, sound, notices, changed });
    this.me = config.me;
    this.words = config.words;
    this.busy = false;
    sound.addEventListener("gone", () => {
      sound.silence();
      notices.problem("gone", { about: "microphone", buttons: [[this.words.tryAgain, () => this.speak()]] });
      changed();
    });
  }

  get mine() {
    return this.state.owner === "human" && this.state.ownerUser?.id === this.me.id;
  }

  get call() {
    return this.state.live && this.state.voice;
  }

  /** `silent`: without a microphone, and so by writing alone. Resolves to whether it is the operator's now. */
  async take({ silent = false } = {}) {
    if (this.mine) return true;
    if (this.busy) return false;
    this.busy = true;
    this.changed();
    try {
      if (this.call && !silent && !(await this.#microphone())) return false;
      const answer = await this.requests.ask("take-over", { number: this.state.number });
      this.set(answer);
      if (this.call && silent) this.notices.show(this.words.notices.noMicrophone, { about: "talking" });
      return true;
    } catch (error) {
      this.sound.silence();
      this.#refused(error);
      return false;
    } finally {
      this.busy = false;
      this.changed();
    }
  }

  /** node: id of a step of the flow; "": where it stands. */
  async giveBack(node) {
    try {
      const answer = await this.requests.ask("give-back", { node });
      this.set(answer);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Opens the microphone of a call that is the operator's already: after a reload, or when it went away. */
  async speak() {
    if (this.mine && this.call && !this.sound.talking) await this.#microphone();
    this.changed();
  }

  /** The truth, from wherever it was told; an older word than what is known is no news. */
  set({ owner, user, number }) {
    if (number < this.state.number) return;
    const had = this.mine;
    const news = number > this.state.number || owner !== this.state.owner;
    Object.assign(this.state, { owner, ownerUser: user, number });
    if (!this.mine) this.sound.silence();
    if (had && !this.mine) this.#taken(user);
    if (!had && this.mine) this.notices.hide("owner");
    if (news) this.changed();
  }

  #taken(user) {
    this.notices.hide("talking");
    if (user) this.notices.show(this.words.notices.takenFromYou.replace("{name}", user.name), { about: "owner" });
  }

  async #microphone() {
    try {
      await this.sound.talk();
      this.notices.hide("microphone");
      return true;
    } catch (error) {
      if (!(error instanceof MicrophoneProblem)) throw error;
      const again = [this.words.tryAgain, () => (this.mine ? this.speak() : this.take())];
      const without = [this.words.takeWithout, () => this.take({ silent: true })];
      this.notices.problem(error.problem, { about: "microphone", buttons: this.mine ? [again] : [again, without] });
      return false;
    }
  }

  #refused(error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status !== 409) {
      this.notices.problem(error.problem, { message: error.shown, about: "owner" });
      return;
    }
    if (error.standing) this.set(error.standing);
    const { user } = error.standing ?? {};
    this.notices.show(user ? this.words.notices.tooLate.replace("{name}", user.name) : error.shown, { about: "owner" });
  }
}
