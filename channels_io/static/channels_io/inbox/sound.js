/** The sound of a call in the operator's browser: the caller left, the agent right, and the operator's own microphone. */

import { Microphone, MicrophoneProblem } from "../talk/microphone.js";
import { loudness, pcmToFloat, rootMeanSquare } from "../talk/pcm.js";
import { DevicePicker } from "../call/devices.js";

export { MicrophoneProblem };

/** 0..1 of 16-bit PCM, for a meter. */
export function levelOf(pcm) {
  return loudness(rootMeanSquare(pcmToFloat(new Int16Array(pcm))));
}

/** Events: "frame" (detail: ArrayBuffer of 20 ms at 16 kHz), "level" (detail: 0..1), "gone": all of the microphone. */
export class Sound extends EventTarget {
  /** worklets: {listener, microphone}: addresses. */
  constructor(worklets) {
    super();
    this.worklets = worklets;
    this.listening = false;
    this.microphone = null;
  }

  get talking() {
    return this.microphone !== null;
  }

  get muted() {
    return this.microphone?.muted ?? false;
  }

  /** After a gesture of the person, or the browser keeps silent. Throws where there is no sound. */
  async listen() {
    const context = await this.#context();
    if (this.listening) return;
    this.node = new AudioWorkletNode(context, "parley-listener", { numberOfInputs: 0, outputChannelCount: [2] });
    this.node.connect(context.destination);
    this.listening = true;
  }

  deafen() {
    if (!this.listening) return;
    this.listening = false;
    this.node.port.postMessage({});
    this.node.disconnect();
  }

  play({ side, pcm }) {
    if (this.listening) this.node.port.postMessage({ side, pcm }, [pcm]);
  }

  /** Opens the microphone. Throws MicrophoneProblem. */
  async talk() {
    if (this.microphone) return;
    let context;
    try {
      context = await this.#context();
    } catch {
      throw new MicrophoneProblem("unsupported");
    }
    const microphone = new Microphone(context);
    await microphone.open(DevicePicker.remembered());
    for (const name of ["frame", "level"]) {
      microphone.addEventListener(name, ({ detail }) => this.dispatchEvent(new CustomEvent(name, { detail })));
    }
    microphone.addEventListener("gone", () => this.dispatchEvent(new Event("gone")));
    this.microphone = microphone;
  }

  mute(muted) {
    this.microphone?.mute(muted);
  }

  silence() {
    this.microphone?.close();
    this.microphone = null;
  }

  close() {
    this.silence();
    this.deafen();
    this.made?.then(({ context }) => context.close()).catch(() => {});
    this.made = null;
  }

  async #context() {
    this.made ??= this.#make();
    try {
      const { context } = await this.made;
      wake(context);
      return context;
    } catch (error) {
      this.made = null;
      throw error;
    }
  }

  async #make() {
    const context = new AudioContext({ latencyHint: "interactive" });
    await Promise.all(Object.values(this.worklets).map((address) => context.audioWorklet.addModule(address)));
    return { context };
  }
}

/** A browser keeps a page silent until somebody has touched it: then it sounds. */
function wake(context) {
  context.resume().catch(() => {});
  if (context.state === "running") return;
  const touched = new AbortController();
  const resume = () => {
    touched.abort();
    if (context.state !== "closed") context.resume().catch(() => {});
  };
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, resume, { signal: touched.signal });
}
