/**
 * The agent as a soft shape that moves with sound. Purely decorative: what it shows is also said in words.
 *
 * Colours come from the custom properties --orb-1, --orb-2 and --orb-3 of the canvas, so a page's theme is its theme.
 */

const POINTS = 72;
const FRAME_MS = 33;
const CALM_FRAME_MS = 250;
const REST = 0.004;

const MOTION = {
  idle: { drift: 0.05, speed: 0.3 },
  asking: { drift: 0.1, speed: 0.9 },
  connecting: { drift: 0.12, speed: 1.4 },
  waiting: { drift: 0.12, speed: 1.4 },
  reconnecting: { drift: 0.12, speed: 1.4 },
  listening: { drift: 0.08, speed: 0.6 },
  thinking: { drift: 0.2, speed: 2.1 },
  speaking: { drift: 0.12, speed: 1.2 },
  ended: { drift: 0.02, speed: 0.1 },
  problem: { drift: 0.02, speed: 0.1 },
};

const WAVES = [
  { lobes: 2, speed: 0.9, share: 0.5, phase: 0 },
  { lobes: 3, speed: -1.3, share: 0.32, phase: 1.7 },
  { lobes: 5, speed: 1.9, share: 0.18, phase: 4.1 },
];

const LAYERS = [
  { size: 1.22, alpha: 0.16, wobble: 1.3, lag: 0.9 },
  { size: 1.1, alpha: 0.3, wobble: 1.15, lag: 0.4 },
  { size: 1, alpha: 1, wobble: 1, lag: 0 },
];

export class Orb {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.state = "idle";
    this.target = 0;
    this.level = 0;
    this.drift = MOTION.idle.drift;
    this.time = 0;
    this.drawnAt = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.running = false;
    this.observer = new ResizeObserver(() => this.#draw());
    this.observer.observe(canvas);
  }

  setState(state) {
    this.state = state;
    this.canvas.dataset.state = state;
    this.#wake();
  }

  /** 0..1: of whoever is heard now. */
  setLevel(level) {
    this.target = level;
    if (level > 0) this.#wake();
  }

  /** After the theme changed. */
  repaint() {
    this.#draw();
  }

  close() {
    this.observer.disconnect();
    this.running = false;
  }

  #wake() {
    if (this.running) return;
    this.running = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  #frame(now) {
    if (!this.running) return;
    const passed = now - this.drawnAt;
    if (passed >= (this.calm.matches ? CALM_FRAME_MS : FRAME_MS)) {
      this.drawnAt = now;
      this.#advance(Math.min(passed, 100) / 1000);
      this.#draw();
    }
    const still = ["idle", "ended", "problem"].includes(this.state) && this.level < REST && this.target < REST;
    if (still || !this.canvas.isConnected) this.running = false;
    else requestAnimationFrame((next) => this.#frame(next));
  }

  #advance(seconds) {
    const motion = MOTION[this.state] ?? MOTION.idle;
    const rate = this.target > this.level ? 18 : 6;
    this.level += (this.target - this.level) * Math.min(1, seconds * rate);
    this.drift += (motion.drift - this.drift) * Math.min(1, seconds * 4);
    if (!this.calm.matches) this.time += seconds * motion.speed * (1 + this.level);
  }

  #draw() {
    const { canvas, context } = this;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const size = Math.round(canvas.clientWidth * ratio);
    if (!size) return;
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const style = getComputedStyle(canvas);
    const [first, second, third] = ["--orb-1", "--orb-2", "--orb-3"].map((name) => style.getPropertyValue(name).trim());
    context.clearRect(0, 0, size, size);
    const radius = size * (0.25 + 0.035 * this.level);
    for (const layer of LAYERS) {
      context.globalAlpha = layer.alpha * (layer.size > 1 ? 0.55 + 0.45 * Math.min(1, this.level * 2) : 1);
      const fill = context.createLinearGradient(size * 0.2, size * 0.15, size * 0.8, size * 0.9);
      fill.addColorStop(0, first || "#5eead4");
      fill.addColorStop(0.55, second || "#0d9488");
      fill.addColorStop(1, third || "#134e4a");
      context.fillStyle = fill;
      this.#shape(size / 2, radius * layer.size * (1 + 0.12 * this.level * (layer.size - 0.9)), layer);
      context.fill();
    }
    this.#gloss(size, radius);
  }

  #shape(center, radius, layer) {
    const { context } = this;
    const swing = (this.drift * 0.35 + this.level * 0.16) * layer.wobble;
    context.beginPath();
    for (let point = 0; point <= POINTS; point += 1) {
      const angle = (point / POINTS) * Math.PI * 2;
      let offset = 0;
      for (const wave of WAVES) {
        offset += wave.share * Math.sin(wave.lobes * angle + wave.speed * (this.time - layer.lag) + wave.phase);
      }
      const reach = radius * (1 + swing * offset);
      context.lineTo(center + reach * Math.cos(angle), center + reach * Math.sin(angle));
    }
    context.closePath();
  }

  /** A light on the shape itself: drawn only where the shape is. */
  #gloss(size, radius) {
    const { context } = this;
    const x = size / 2 - radius * 0.34;
    const y = size / 2 - radius * 0.44;
    const light = context.createRadialGradient(x, y, 0, x, y, radius * 1.05);
    light.addColorStop(0, "rgba(255, 255, 255, 0.45)");
    light.addColorStop(1, "rgba(255, 255, 255, 0)");
    context.globalAlpha = 1;
    context.fillStyle = light;
    this.#shape(size / 2, radius, LAYERS.at(-1));
    context.fill();
  }
}
