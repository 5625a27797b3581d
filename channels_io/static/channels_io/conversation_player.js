/** A stereo waveform that plays: caller above, agent below; click or drag to seek; keys; the turn that sounds is marked. */

const STEP_MS = 5000;
const RATES = [1, 1.25, 1.5, 2];

export class Player {
  constructor(element) {
    this.element = element;
    this.audio = element.querySelector("audio");
    this.wave = element.querySelector("[data-wave]");
    this.canvas = element.querySelector("canvas");
    this.now = element.querySelector("[data-now]");
    this.button = element.querySelector("[data-play]");
    this.peaks = JSON.parse(element.querySelector('script[type="application/json"]').textContent);
    this.ms = Number(element.dataset.ms);
    const leg = element.closest("[data-leg]");
    this.leg = leg;
    this.turns = [...leg.querySelectorAll("[data-turn]")].map((turn) => ({
      element: turn,
      start: Number(turn.dataset.start),
      end: Number(turn.dataset.end),
    }));
    this.onPlay = () => {};
    this.bind();
    this.draw();
  }

  get playing() {
    return !this.audio.paused;
  }

  get at() {
    return this.audio.currentTime * 1000;
  }

  bind() {
    this.button.addEventListener("click", () => this.toggle());
    this.element.querySelector("[data-rate]").addEventListener("click", (event) => this.nextRate(event.currentTarget));
    this.leg.addEventListener("click", (event) => {
      const seek = event.target.closest("[data-seek]");
      if (!seek) return;
      this.seek(Number(seek.dataset.seek));
      this.play();
    });
    for (const name of ["timeupdate", "seeked", "loadedmetadata"]) this.audio.addEventListener(name, () => this.refresh());
    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.changed());
    this.audio.addEventListener("error", () => this.element.querySelector("[data-problem]").removeAttribute("hidden"));
    this.wave.addEventListener("pointerdown", (event) => {
      this.wave.setPointerCapture(event.pointerId);
      this.seekTo(event);
    });
    this.wave.addEventListener("pointermove", (event) => event.buttons && this.seekTo(event));
    new ResizeObserver(() => this.draw()).observe(this.wave);
    // The shell switches themes by a class on <html>.
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["class"] });
  }

  owns(target) {
    return this.leg.contains(target);
  }

  /** True when the key meant something. */
  key(name) {
    const moves = { ArrowRight: STEP_MS, ArrowLeft: -STEP_MS, PageDown: 6 * STEP_MS, PageUp: -6 * STEP_MS };
    if (name === " ") this.toggle();
    else if (name in moves) this.seek(this.at + moves[name]);
    else if (name === "Home") this.seek(0);
    else if (name === "End") this.seek(this.ms);
    else return false;
    return true;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    this.onPlay();
    this.audio.play().catch(() => this.changed());
  }

  pause() {
    this.audio.pause();
  }

  seek(ms) {
    this.audio.currentTime = Math.min(Math.max(ms, 0), this.ms) / 1000;
    this.refresh();
  }

  seekTo(event) {
    const box = this.wave.getBoundingClientRect();
    this.seek(((event.clientX - box.left) / box.width) * this.ms);
  }

  nextRate(button) {
    const rate = RATES[(RATES.indexOf(this.audio.playbackRate) + 1) % RATES.length];
    this.audio.playbackRate = rate;
    button.textContent = `${rate}×`;
  }

  changed() {
    const { labelPlay, labelPause } = this.button.dataset;
    this.button.setAttribute("aria-label", this.playing ? labelPause : labelPlay);
    this.button.firstElementChild.textContent = this.playing ? "pause" : "play_arrow";
    this.refresh();
    if (this.playing) this.follow();
  }

  follow() {
    if (!this.playing) return;
    this.refresh();
    requestAnimationFrame(() => this.follow());
  }

  refresh() {
    const at = this.at;
    this.now.textContent = clock(at);
    this.wave.setAttribute("aria-valuenow", Math.round(at));
    this.wave.setAttribute("aria-valuetext", `${clock(at)} / ${clock(this.ms)}`);
    for (const turn of this.turns) {
      turn.element.classList.toggle("is-playing", (this.playing || at > 0) && turn.start <= at && at < turn.end);
    }
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.wave;
    if (!width) return;
    const scale = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.element);
    const played = (this.at / this.ms) * width;
    const lane = height / 2 - 1;
    this.drawLane(pen, this.peaks.caller, { middle: lane / 2, lane, width, played, colour: style.getPropertyValue("--lane-caller") });
    this.drawLane(pen, this.peaks.agent, { middle: height - lane / 2, lane, width, played, colour: style.getPropertyValue("--lane-agent") });
    pen.globalAlpha = 1;
    pen.fillStyle = style.getPropertyValue("--p-line");
    pen.fillRect(0, height / 2 - 0.5, width, 1);
    pen.fillStyle = style.getPropertyValue("--p-text");
    pen.fillRect(Math.min(played, width - 1.5), 0, 1.5, height);
  }

  drawLane(pen, peaks, { middle, lane, width, played, colour }) {
    const bars = Math.max(1, Math.min(peaks.length, Math.floor(width / 3)));
    const step = width / bars;
    const loudest = Math.max(24, ...peaks);
    pen.fillStyle = colour;
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * peaks.length) / bars);
      const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
      const peak = Math.max(...peaks.slice(from, to));
      const size = Math.max(1, (Math.sqrt(peak / loudest) * lane * 0.94));
      pen.globalAlpha = (bar + 0.5) * step <= played ? 1 : 0.42;
      pen.fillRect(bar * step, middle - size / 2, Math.max(1, step - 1), size);
    }
  }
}

export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
