/** A fixed ring of float samples: no allocation after the first, so the audio thread never waits for memory. */

export class Ring {
  constructor(capacity) {
    this.samples = new Float32Array(capacity);
    this.readAt = 0;
    this.length = 0;
  }

  get free() {
    return this.samples.length - this.length;
  }

  /** Takes what fits; returns how many samples that were. */
  write(input) {
    const count = Math.min(input.length, this.free);
    const at = (this.readAt + this.length) % this.samples.length;
    const first = Math.min(count, this.samples.length - at);
    this.samples.set(input.subarray(0, first), at);
    this.samples.set(input.subarray(first, count), 0);
    this.length += count;
    return count;
  }

  /** Moves up to `count` samples into `output` from `offset`; returns how many. */
  read(output, offset, count) {
    const taken = Math.min(count, this.length);
    const first = Math.min(taken, this.samples.length - this.readAt);
    output.set(this.samples.subarray(this.readAt, this.readAt + first), offset);
    output.set(this.samples.subarray(0, taken - first), offset + first);
    this.drop(taken);
    return taken;
  }

  /** Forgets the oldest `count` samples. */
  drop(count) {
    const dropped = Math.min(count, this.length);
    this.readAt = (this.readAt + dropped) % this.samples.length;
    this.length -= dropped;
  }
}
