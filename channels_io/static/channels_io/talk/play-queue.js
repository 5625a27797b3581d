/**
 * What is to be played, turn by turn: 24 kHz chunks in, blocks at the device's rate out.
 *
 * Pure: no clock and no Web Audio. It counts, per turn, how much the caller has heard, in samples at
 * 24 kHz: the agent's memory of its own words is cut by that figure.
 */

import { Resampler } from "./resampler.js";
import { Ring } from "./ring.js";

export const AGENT_RATE = 24000;
const CAPACITY_SECONDS = 30;
const START_SECONDS = 0.02;
const RESTART_SECONDS = 0.06;
const GIVE_UP_SECONDS = 0.5;
const FADE_SAMPLES = 128;
const DUCKED_GAIN = 0.13; // -18 dB
const FADE_SECONDS = 0.01; // between silence and full volume
const ROUNDING = 1e-6; // what many small steps of the gain may be off, in samples

class Segment {
  constructor(turn, expected) {
    this.turn = turn;
    this.received = 0; // at 24 kHz
    this.expected = expected; // at 24 kHz; Infinity until the agent has said all
    this.queued = 0; // at the device's rate, still in the ring
    this.played = 0; // at the device's rate
    this.needed = START_SECONDS; // in the ring before it sounds
    this.flowing = false; // it sounds, until the ring runs dry
    this.starved = 0; // device samples of silence in place of its audio
    this.complete = false;
  }
}

export class PlayQueue {
  constructor(deviceRate) {
    this.deviceRate = deviceRate;
    this.ring = new Ring(Math.ceil(deviceRate * CAPACITY_SECONDS));
    this.resampler = new Resampler(AGENT_RATE, deviceRate);
    this.segments = [];
    this.reports = [];
    this.expected = { turn: -1, samples: Infinity };
    this.newest = -1;
    this.clearedUpTo = -1;
    this.fade = null;
    this.gain = 1;
    this.ducked = false;
    this.held = false;
    this.underruns = 0;
    this.overflow = 0;
  }

  get playing() {
    return this.segments.length > 0 && this.segments[0].played > 0;
  }

  /** Float samples at 24 kHz of reply `turn`. Those of a cleared turn are dropped. */
  push(turn, samples) {
    if (turn <= this.clearedUpTo || turn < this.newest) return;
    const segment = this.#segment(turn);
    segment.received += samples.length;
    this.#queue(segment, this.resampler.push(samples));
    this.#completeWhenAllCame(segment);
  }

  /** The agent has said all of `turn`: `expected` samples at 24 kHz, of which some may still be on the way. */
  finish(turn, expected) {
    const segment = this.segments.find((each) => each.turn === turn);
    if (!segment) {
      this.expected = { turn, samples: expected };
      return;
    }
    segment.expected = expected;
    this.#completeWhenAllCame(segment);
  }

  /** Silence within one block, for reply `turn` and all before it. */
  clear(turn) {
    this.clearedUpTo = Math.max(this.clearedUpTo, turn);
    const cut = this.segments.filter((segment) => segment.turn <= turn);
    if (cut.length) this.#drop(cut);
    this.segments = this.segments.filter((segment) => segment.turn > turn);
    const heard = cut.find((segment) => segment.turn === turn);
    this.reports.push({ turn, samples: heard ? this.#heard(heard) : 0, done: true });
    this.release();
  }

  /** A new socket counts its turns anew: nothing of the old one may sound or hold the new one back. */
  reset() {
    if (this.segments.length) this.clear(this.segments.at(-1).turn);
    this.takeReports();
    this.expected = { turn: -1, samples: Infinity };
    this.newest = -1;
    this.clearedUpTo = -1;
    this.release();
  }

  /** Softer: something like speech began. */
  duck() {
    this.ducked = true;
  }

  /** Silence at once; what is queued stays, and no more of it counts as heard until `release`. */
  hold() {
    this.held = true;
  }

  /** Full volume, from where it was held. */
  release() {
    this.ducked = this.held = false;
  }

  /** Fill `output` with the next samples; silence where there is none. */
  pull(output) {
    output.fill(0);
    let filled = this.#pullFade(output);
    const end = this.held ? Math.min(output.length, filled + this.#fadeLeft()) : output.length;
    while (filled < end && this.segments.length) {
      const segment = this.segments[0];
      if (!this.#mayPlay(segment)) {
        this.#starve(segment, end - filled);
        break;
      }
      const count = this.ring.read(output, filled, Math.min(end - filled, segment.queued));
      segment.queued -= count;
      segment.played += count;
      filled += count;
      if (segment.queued > 0) break;
      if (segment.complete) this.#done(segment);
      else this.#wait(segment);
    }
    this.#applyGain(output);
  }

  /** What was played of the turn now playing; null when nothing plays. */
  progress() {
    if (!this.playing) return null;
    const segment = this.segments[0];
    return { turn: segment.turn, samples: this.#heard(segment), done: false };
  }

  /** Reports of turns that ended since the last call. */
  takeReports() {
    const reports = this.reports;
    this.reports = [];
    return reports;
  }

  #segment(turn) {
    const last = this.segments.at(-1);
    if (last && last.turn === turn) return last;
    if (last) this.#complete(last);
    this.newest = turn;
    this.resampler.reset();
    const segment = new Segment(turn, this.expected.turn === turn ? this.expected.samples : Infinity);
    this.segments.push(segment);
    return segment;
  }

  #queue(segment, converted) {
    const written = this.ring.write(converted);
    segment.queued += written;
    this.overflow += converted.length - written;
  }

  #completeWhenAllCame(segment) {
    if (segment.received >= segment.expected) this.#complete(segment);
  }

  #complete(segment) {
    if (segment.complete) return;
    segment.complete = true;
    if (segment === this.segments.at(-1)) this.#queue(segment, this.resampler.flush());
  }

  #mayPlay(segment) {
    segment.flowing ||= segment.complete || segment.queued >= segment.needed * this.deviceRate;
    return segment.flowing;
  }

  #starve(segment, count) {
    segment.starved += count;
    const gaveAll = segment.expected < Infinity && segment.starved > GIVE_UP_SECONDS * this.deviceRate;
    if (gaveAll) this.#complete(segment);
  }

  #wait(segment) {
    segment.needed = RESTART_SECONDS;
    segment.flowing = false;
    segment.starved = 0;
    this.underruns += 1;
  }

  #done(segment) {
    this.segments.shift();
    this.reports.push({ turn: segment.turn, samples: segment.received, done: true });
    this.ducked = false;
  }

  /** Takes `cut`, the oldest segments, out of the ring; what sounds now fades within this block. */
  #drop(cut) {
    let queued = cut.reduce((sum, segment) => sum + segment.queued, 0);
    if (this.playing && this.#fadeLeft() > 0) {
      const tail = new Float32Array(Math.min(FADE_SAMPLES, queued));
      queued -= this.ring.read(tail, 0, tail.length);
      this.fade = tail;
    }
    this.ring.drop(queued);
    if (cut.length === this.segments.length) this.resampler.reset();
  }

  #heard(segment) {
    return Math.min(segment.received, Math.round((segment.played * AGENT_RATE) / this.deviceRate));
  }

  #pullFade(output) {
    if (!this.fade) return 0;
    const count = Math.min(this.fade.length, output.length);
    for (let index = 0; index < count; index += 1) output[index] = this.fade[index] * (1 - (index + 1) / count);
    this.fade = null;
    return count;
  }

  get #target() {
    if (this.held) return 0;
    return this.ducked ? DUCKED_GAIN : 1;
  }

  /** By how much the gain moves with each sample. */
  get #step() {
    return 1 / (FADE_SECONDS * this.deviceRate);
  }

  /** How many samples more sound, ever softer, before a hold is silent. */
  #fadeLeft() {
    return Math.max(0, Math.ceil(this.gain / this.#step - ROUNDING));
  }

  #applyGain(output) {
    const target = this.#target;
    if (this.gain === 1 && target === 1) return;
    const step = this.#step;
    for (let index = 0; index < output.length; index += 1) {
      this.gain += Math.max(-step, Math.min(step, target - this.gain));
      output[index] *= this.gain;
    }
  }
}
