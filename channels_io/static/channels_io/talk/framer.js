/** Device audio in, 20 ms frames of 16 kHz PCM out: what the socket carries upwards. */

import { floatToPcm } from "./pcm.js";
import { Resampler } from "./resampler.js";

export const CALLER_RATE = 16000;
export const FRAME_SAMPLES = 320;

export class Framer {
  /** `onFrame(Int16Array)` gets an array of its own each time. */
  constructor(deviceRate, onFrame) {
    this.resampler = new Resampler(deviceRate, CALLER_RATE);
    this.onFrame = onFrame;
    this.frame = new Float32Array(FRAME_SAMPLES);
    this.filled = 0;
  }

  push(samples) {
    const converted = this.resampler.push(samples);
    let taken = 0;
    while (taken < converted.length) {
      const part = converted.subarray(taken, taken + FRAME_SAMPLES - this.filled);
      this.frame.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      if (this.filled === FRAME_SAMPLES) this.#emit();
    }
  }

  #emit() {
    const pcm = new Int16Array(FRAME_SAMPLES);
    floatToPcm(this.frame, pcm);
    this.filled = 0;
    this.onFrame(pcm);
  }
}
