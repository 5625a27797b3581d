/**
 * Streaming sample-rate conversion: an exact polyphase filter for any pair of whole rates.
 *
 * A windowed sinc with 24 zero crossings a side: the stop band begins near half of the lower rate,
 * so nothing above it folds back into speech. Its delay is 24 samples of the lower rate (1.5 ms at 16 kHz).
 */

const ZERO_CROSSINGS = 24;
const PASS_BAND = 0.94;
const KAISER_BETA = 8.6;

function greatestCommonDivisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

/** Modified Bessel function of order zero, which the Kaiser window is made of. */
function besselZero(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-9; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function kaiser(position) {
  const inside = 1 - position * position;
  return inside <= 0 ? 0 : besselZero(KAISER_BETA * Math.sqrt(inside)) / besselZero(KAISER_BETA);
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** One row of taps per phase; every row passes a constant unchanged. */
function filterTable(phases, half, cutoff) {
  const taps = half * 2;
  const table = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = tap - half + 1 - phase / phases;
      const weight = sinc(cutoff * distance) * kaiser(distance / half);
      table[phase * taps + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap += 1) table[phase * taps + tap] /= sum;
  }
  return table;
}

export class Resampler {
  /** Rates in Hz, whole numbers. RangeError for others. */
  constructor(rateIn, rateOut) {
    if (!Number.isInteger(rateIn) || !Number.isInteger(rateOut) || rateIn < 1 || rateOut < 1) {
      throw new RangeError(`Rates must be whole numbers of Hz, not ${rateIn} and ${rateOut}.`);
    }
    const divisor = greatestCommonDivisor(rateIn, rateOut);
    this.up = rateOut / divisor;
    this.down = rateIn / divisor;
    this.same = rateIn === rateOut;
    const scale = Math.min(1, rateOut / rateIn);
    this.half = Math.ceil(ZERO_CROSSINGS / scale);
    this.taps = this.half * 2;
    this.table = this.same ? null : filterTable(this.up, this.half, scale * PASS_BAND);
    this.reset();
  }

  /** Forget the past: the next sample is the first of a new stream. */
  reset() {
    this.kept = new Float32Array(this.taps * 4);
    this.length = this.half - 1; // silence before the first sample
    this.start = 0;
    this.phase = 0;
    this.flushed = false;
  }

  /** The most samples that `push` can return for `count` samples in. */
  most(count) {
    return Math.ceil(((count + this.taps) * this.up) / this.down) + 1;
  }

  /** Convert `input`; returns a new Float32Array with what is ready. */
  push(input) {
    if (this.same) return Float32Array.from(input);
    const output = new Float32Array(this.most(input.length));
    return output.subarray(0, this.into(input, output));
  }

  /** The rest of the stream, once it has ended. */
  flush() {
    if (this.same || this.flushed) return new Float32Array(0);
    this.flushed = true;
    return this.push(new Float32Array(this.half));
  }

  /** As `push`, into `output`; returns how many samples were written. */
  into(input, output) {
    this.#append(input);
    const { kept, table, taps, up, down } = this;
    let { start, phase } = this;
    let count = 0;
    while (start + taps <= this.length) {
      const row = phase * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap += 1) sum += table[row + tap] * kept[start + tap];
      output[count] = sum;
      count += 1;
      phase += down;
      start += Math.floor(phase / up);
      phase %= up;
    }
    const used = Math.min(start, this.length);
    kept.copyWithin(0, used, this.length);
    this.length -= used;
    this.start = start - used;
    this.phase = phase;
    return count;
  }

  #append(input) {
    const needed = this.length + input.length;
    if (needed > this.kept.length) {
      const larger = new Float32Array(needed * 2);
      larger.set(this.kept.subarray(0, this.length));
      this.kept = larger;
    }
    this.kept.set(input, this.length);
    this.length = needed;
  }
}
