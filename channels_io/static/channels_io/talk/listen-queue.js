/**
 * What somebody who listens in hears: the caller left, the agent or a person right, each from 16 kHz pieces.
 *
 * Pure: no clock and no Web Audio. Each side waits until a little is there, and plays on; what comes late is caught up
 * with by dropping the oldest, so that the delay never grows.
 */

import { Resampler } from "./resampler.js";
import { Ring } from "./ring.js";

export const LISTEN_RATE = 16000;
const START_SECONDS = 0.12; // in the ring before it sounds
const MOST_SECONDS = 0.5; // what is more is dropped …
const BACK_TO_SECONDS = 0.16; // … down to this

class Side {
  constructor(deviceRate) {
    this.deviceRate = deviceRate;
    this.resampler = new Resampler(LISTEN_RATE, deviceRate);
    this.ring = new Ring(Math.ceil(deviceRate * 2 * MOST_SECONDS));
    this.flowing = false;
    this.dropped = 0;
  }

  push(samples) {
    const made = this.resampler.push(samples);
    const over = Math.max(0, this.ring.length + made.length - this.ring.samples.length);
    this.ring.drop(over);
    this.ring.write(made);
    if (this.ring.length <= MOST_SECONDS * this.deviceRate) return;
    const left = Math.round(BACK_TO_SECONDS * this.deviceRate);
    this.dropped += over + this.ring.length - left;
    this.ring.drop(this.ring.length - left);
  }

  /** Adds what is due to `output`, which is silence or another side's sound. */
  mixInto(output, spare) {
    this.flowing ||= this.ring.length >= START_SECONDS * this.deviceRate;
    if (!this.flowing) return;
    const count = this.ring.read(spare, 0, output.length);
    for (let index = 0; index < count; index += 1) output[index] += spare[index];
    if (count < output.length) this.flowing = false;
  }
}

export class ListenQueue {
  constructor(deviceRate) {
    this.sides = [new Side(deviceRate), new Side(deviceRate), new Side(deviceRate)];
    this.spare = new Float32Array(4096);
  }

  /** `side`: 0 the caller, 1 the agent, 2 a person of the team. Float samples at 16 kHz. */
  push(side, samples) {
    this.sides[side]?.push(samples);
  }

  /** Fills both channels with what comes next; silence where there is none. */
  pull(left, right) {
    left.fill(0);
    right.fill(0);
    if (this.spare.length < left.length) this.spare = new Float32Array(left.length);
    this.sides[0].mixInto(left, this.spare);
    this.sides[1].mixInto(right, this.spare);
    this.sides[2].mixInto(right, this.spare);
  }
}
