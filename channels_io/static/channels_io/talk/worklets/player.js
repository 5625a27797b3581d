/** Runs in the audio thread: plays the agent's audio and says how far it got, every 100 ms and at each end. */

import { loudness, pcmToFloat, rootMeanSquare } from "../pcm.js";
import { PlayQueue } from "../play-queue.js";

const REPORT_SECONDS = 0.1;
const LEVEL_SECONDS = 0.033;

class PlayerProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = new PlayQueue(Math.round(sampleRate));
    this.open = true;
    this.reportIn = 0;
    this.levelIn = 0;
    this.loudest = 0;
    this.quiet = true;
    this.port.onmessage = ({ data }) => this.obey(data);
  }

  obey(order) {
    if (order.type === "audio") this.queue.push(order.turn, pcmToFloat(new Int16Array(order.pcm)));
    else if (order.type === "finish") this.queue.finish(order.turn, order.samples);
    else if (order.type === "clear") this.queue.clear(order.turn);
    else if (order.type === "duck") this.queue.duck();
    else if (order.type === "hold") this.queue.hold();
    else if (order.type === "release") this.queue.release();
    else if (order.type === "reset") this.queue.reset();
    else if (order.type === "close") this.open = false;
    this.report();
  }

  process(inputs, outputs) {
    const output = outputs[0][0];
    this.queue.pull(output);
    for (const other of outputs[0].slice(1)) other.set(output);
    this.meter(output);
    this.report();
    const progress = this.queue.progress();
    this.reportIn -= output.length;
    if (progress && this.reportIn <= 0) {
      this.reportIn = REPORT_SECONDS * sampleRate;
      this.port.postMessage({ type: "played", ...progress });
    }
    return this.open;
  }

  report() {
    for (const report of this.queue.takeReports()) this.port.postMessage({ type: "played", ...report });
  }

  meter(output) {
    this.loudest = Math.max(this.loudest, rootMeanSquare(output));
    this.levelIn -= output.length;
    if (this.levelIn > 0) return;
    this.levelIn = LEVEL_SECONDS * sampleRate;
    const playing = this.queue.playing;
    if (!this.quiet || this.loudest > 0 || playing) {
      const turn = this.queue.progress()?.turn ?? -1;
      this.port.postMessage({ type: "level", level: loudness(this.loudest), playing, turn, underruns: this.queue.underruns });
    }
    this.quiet = this.loudest === 0 && !playing;
    this.loudest = 0;
  }
}

registerProcessor("parley-player", PlayerProcessor);
