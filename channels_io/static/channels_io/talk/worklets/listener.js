/** Runs in the audio thread: plays both sides of a call to somebody who listens in. */

import { ListenQueue } from "../listen-queue.js";
import { pcmToFloat } from "../pcm.js";

class ListenerProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.open = true;
    this.queue = new ListenQueue(Math.round(sampleRate));
    this.port.onmessage = ({ data }) => {
      if (data.pcm) this.queue.push(data.side, pcmToFloat(new Int16Array(data.pcm)));
      else this.open = false;
    };
  }

  process(inputs, outputs) {
    const [left, right] = outputs[0];
    this.queue.pull(left, right);
    return this.open;
  }
}

registerProcessor("parley-listener", ListenerProcessor);
