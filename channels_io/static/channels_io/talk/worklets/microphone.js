/** Runs in the audio thread: the microphone's blocks become 20 ms frames of 16 kHz PCM with their level. */

import { Framer } from "../framer.js";
import { loudness, pcmToFloat, rootMeanSquare } from "../pcm.js";

class MicrophoneProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.open = true;
    this.framer = new Framer(Math.round(sampleRate), (pcm) => {
      const level = loudness(rootMeanSquare(pcmToFloat(pcm)));
      this.port.postMessage({ frame: pcm.buffer, level }, [pcm.buffer]);
    });
    this.port.onmessage = () => {
      this.open = false;
    };
  }

  process(inputs) {
    const block = inputs[0][0];
    if (block) this.framer.push(block);
    return this.open;
  }
}

registerProcessor("parley-microphone", MicrophoneProcessor);
