/**
 * The caller's microphone as 20 ms frames of 16 kHz PCM.
 *
 * Events: "frame" (detail: ArrayBuffer), "level" (detail: 0..1), "gone" (the device was taken away).
 */

/** `problem` is one of insecure, unsupported, denied, no_microphone, microphone_busy. */
export class MicrophoneProblem extends Error {
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

const PROBLEMS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
  NotReadableError: "microphone_busy",
  AbortError: "microphone_busy",
};

function constraints(deviceId) {
  return {
    audio: {
      channelCount: 1,
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
    },
  };
}

export class Microphone extends EventTarget {
  constructor(context) {
    super();
    this.context = context;
    this.muted = false;
    this.deviceId = "";
  }

  /** Asks for the device and begins. Throws MicrophoneProblem. */
  async open(deviceId = this.deviceId) {
    if (!isSecureContext) throw new MicrophoneProblem("insecure");
    if (!navigator.mediaDevices?.getUserMedia || !this.context.audioWorklet) throw new MicrophoneProblem("unsupported");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(constraints(deviceId));
    } catch (error) {
      throw new MicrophoneProblem(PROBLEMS[error.name] ?? "no_microphone");
    }
    if (this.closed) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#release();
    this.deviceId = deviceId;
    this.stream = stream;
    this.track.enabled = !this.muted;
    this.track.onended = () => this.dispatchEvent(new Event("gone"));
    this.source = this.context.createMediaStreamSource(stream);
    this.node = new AudioWorkletNode(this.context, "parley-microphone", {
      channelCount: 1,
      channelCountMode: "explicit",
    });
    this.node.port.onmessage = ({ data }) => {
      this.dispatchEvent(new CustomEvent("frame", { detail: data.frame }));
      this.dispatchEvent(new CustomEvent("level", { detail: data.level }));
    };
    // Its output is silence: connected, because not every browser runs a node that leads nowhere.
    this.source.connect(this.node).connect(this.context.destination);
  }

  get track() {
    return this.stream.getAudioTracks()[0];
  }

  /** Muted, it goes on sending silence: the agent's sense of time stays right. */
  mute(muted) {
    this.muted = muted;
    if (this.stream) this.track.enabled = !muted;
  }

  close() {
    this.closed = true;
    this.#release();
  }

  #release() {
    if (!this.stream) return;
    this.track.onended = null;
    for (const track of this.stream.getTracks()) track.stop();
    this.source.disconnect();
    this.node.disconnect();
    this.node.port.postMessage("close");
    this.stream = null;
  }
}

/** The microphones a person may choose from: [{id, label}]. Labels are empty before permission is given. */
export async function listMicrophones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices
    .filter((device) => device.kind === "audioinput" && device.label)
    .map((device) => ({ id: device.deviceId, label: device.label }));
}
