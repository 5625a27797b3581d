// A new voice: plays the file that was chosen, or records one here. What is recorded is sent as WAV, which every server reads.

const RATE = 24000;
const MOST_SECONDS = 30;
const PLAIN = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

const input = document.querySelector("[data-recording]");
const heard = document.querySelector(".vc-heard");
const place = document.querySelector("[data-recorder]");

input.addEventListener("change", () => play(input.files[0]));
if (window.MediaRecorder && navigator.mediaDevices?.getUserMedia) bind(place);

function bind(place) {
  const button = place.querySelector("[data-record]");
  const label = place.querySelector("[data-record-label]");
  const clock = place.querySelector(".vc-clock");
  const said = place.querySelector(".vc-said");
  let running = null;
  place.hidden = false;

  button.addEventListener("click", async () => {
    if (running) return running.stop();
    said.textContent = "";
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: PLAIN });
    } catch (error) {
      said.textContent = error.name === "NotFoundError" ? place.dataset.none : place.dataset.denied;
      return;
    }
    running = new MediaRecorder(stream);
    const pieces = [];
    const began = performance.now();
    const tick = setInterval(() => {
      const seconds = (performance.now() - began) / 1000;
      clock.textContent = `${seconds.toFixed(0)} / ${MOST_SECONDS} s`;
      if (seconds >= MOST_SECONDS - 0.2) running?.stop();
    }, 200);
    running.addEventListener("dataavailable", (event) => pieces.push(event.data));
    running.addEventListener("stop", async () => {
      clearInterval(tick);
      for (const track of stream.getTracks()) track.stop();
      running = null;
      button.classList.remove("is-recording");
      label.textContent = place.dataset.again;
      try {
        choose(await wav(new Blob(pieces)), `${place.dataset.file}.wav`);
      } catch {
        said.textContent = place.dataset.none;
      }
    });
    running.start();
    button.classList.add("is-recording");
    label.textContent = place.dataset.stop;
    clock.hidden = false;
  });
}

function choose(blob, name) {
  const files = new DataTransfer();
  files.items.add(new File([blob], name, { type: "audio/wav" }));
  input.files = files.files;
  play(blob);
}

function play(file) {
  if (heard.src) URL.revokeObjectURL(heard.src);
  heard.hidden = !file;
  if (file) heard.src = URL.createObjectURL(file);
}

/** Whatever the browser records, as 16-bit mono WAV of 24 kHz. */
async function wav(blob) {
  const context = new OfflineAudioContext(1, RATE * (MOST_SECONDS + 2), RATE);
  const sound = await context.decodeAudioData(await blob.arrayBuffer());
  const samples = sound.getChannelData(0).subarray(0, RATE * MOST_SECONDS);
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => view.setInt16(44 + i * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true));
  return new Blob([view], { type: "audio/wav" });
}
