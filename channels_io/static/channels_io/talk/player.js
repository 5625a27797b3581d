/**
 * The agent's voice: chunks of 24 kHz PCM, played turn by turn.
 *
 * Events: "played" (detail: {turn, samples, done}), "level" (detail: {level, playing, turn, underruns}).
 */

export class Player extends EventTarget {
  constructor(context) {
    super();
    this.playing = false;
    this.held = false;
    this.node = new AudioWorkletNode(context, "parley-player", { numberOfInputs: 0, outputChannelCount: [1] });
    this.volume = context.createGain();
    this.node.connect(this.volume).connect(context.destination);
    this.node.port.onmessage = ({ data }) => this.#report(data);
  }

  play(turn, pcm) {
    this.node.port.postMessage({ type: "audio", turn, pcm }, [pcm]);
  }

  finish(turn, samples) {
    this.node.port.postMessage({ type: "finish", turn, samples });
  }

  clear(turn) {
    this.held = false;
    this.node.port.postMessage({ type: "clear", turn });
  }

  /** Softer, until `release` or `clear`. */
  duck() {
    this.node.port.postMessage({ type: "duck" });
  }

  /** Silence, and what is left is kept, until `release` or `clear`. */
  hold() {
    this.held = true;
    this.node.port.postMessage({ type: "hold" });
  }

  release() {
    this.held = false;
    this.node.port.postMessage({ type: "release" });
  }

  reset() {
    this.held = false;
    this.node.port.postMessage({ type: "reset" });
  }

  /** 0..1 */
  setVolume(volume) {
    this.volume.gain.setTargetAtTime(volume, this.volume.context.currentTime, 0.02);
  }

  close() {
    this.node.port.postMessage({ type: "close" });
    this.node.disconnect();
    this.volume.disconnect();
  }

  #report({ type, ...detail }) {
    if (type === "level") this.playing = detail.playing;
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
