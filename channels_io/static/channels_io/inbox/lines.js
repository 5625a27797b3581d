/**
 * The list of what was said and done: lines of the server's page, and those that are made while they happen.
 *
 * Every line has a key. The server's word replaces a line that has settled; one that is being said right now (`is-live`)
 * is left alone. A line that only passed by here (`data-passing`) goes when the server's page has it, or else once the
 * server has had time to write it down.
 */

const NEAR_BOTTOM_PX = 90;
const WRITTEN_MS = 6000; // by then a recorder has written what it knew

export class Lines {
  /** root: the pane. */
  constructor(root) {
    this.root = root;
    this.list = root.querySelector("[data-lines]");
    this.scroller = root.querySelector("[data-scroller]");
    this.newest = root.querySelector("[data-newest]");
    this.nothing = root.querySelector("[data-nothing]");
    this.older = root.querySelector("[data-older]");
    this.newest.addEventListener("click", () => this.toBottom());
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.sizes = new ResizeObserver(() => this.follows && this.toBottom());
    this.sizes.observe(this.scroller);
    this.toBottom();
  }

  get atBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
  }

  toBottom() {
    this.follows = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.newest.hidden = true;
  }

  close() {
    this.sizes.disconnect();
  }

  #scrolled() {
    this.follows = this.atBottom;
    if (this.follows) this.newest.hidden = true;
  }

  find(key) {
    return this.list.querySelector(`:scope > [data-key="${CSS.escape(key)}"]`);
  }

  /** A fresh copy of a <template data-part-…>, its key set; not in the list yet. */
  part(name, key, classes = []) {
    const element = this.root.querySelector(`[data-part-${name}]`).content.firstElementChild.cloneNode(true);
    element.dataset.key = key;
    element.classList.add(...classes);
    return element;
  }

  /** `change()` may add and alter lines; whoever reads the newest words goes on seeing them. */
  keeping(change) {
    const follow = this.atBottom;
    const count = this.list.childElementCount;
    change();
    this.nothing.hidden = this.list.childElementCount > 0;
    if (follow) this.toBottom();
    else if (this.list.childElementCount > count) this.newest.hidden = false;
  }

  append(element) {
    this.keeping(() => this.list.append(element));
  }

  /** What only happened by: a tool, a step, an owner; the server's record has it in a moment. */
  pass(element) {
    element.dataset.passing = String(performance.now());
    this.append(element);
  }

  /** Takes over the server's newest stretch. `asked`: performance.now() before it was asked for. Returns whether some wait. */
  merge(fresh, asked) {
    this.keeping(() => {
      let place = null;
      for (const incoming of [...fresh.children]) {
        const known = this.find(incoming.dataset.key);
        if (known && (known.classList.contains("is-live") || same(known, incoming))) place = known;
        else {
          if (known) known.replaceWith(incoming);
          else {
            this.#passed(incoming);
            this.#insert(incoming, place, fresh);
          }
          place = incoming;
        }
      }
      for (const passing of this.list.querySelectorAll("[data-passing]")) {
        if (Number(passing.dataset.passing) < asked - WRITTEN_MS) passing.remove();
      }
    });
    return this.list.querySelector("[data-passing]") !== null;
  }

  /** Puts an older stretch before all that is here, without moving what is read. */
  prepend(stretch) {
    const before = this.scroller.scrollHeight - this.scroller.scrollTop;
    const lines = [...stretch.children];
    for (const { dataset } of lines) this.find(dataset.key)?.remove(); // the head of a leg that begins further back
    this.list.prepend(...lines);
    this.list.dataset.cursor = stretch.dataset.cursor;
    this.older.hidden = !stretch.dataset.cursor;
    this.scroller.scrollTop = this.scroller.scrollHeight - before;
  }

  /** The server has written down what passed by here: it is not shown twice. */
  #passed(incoming) {
    const passing = [...this.list.querySelectorAll("[data-passing]")];
    if (incoming.dataset.happened) {
      passing.find((line) => line.isConnected && line.dataset.happened === incoming.dataset.happened)?.remove();
      return;
    }
    const words = wordsOf(incoming);
    for (const each of incoming.matches(".tk-mark") ? words.split(" → ") : [words]) {
      const same = (line) => line.isConnected && line.classList[0] === incoming.classList[0] && wordsOf(line) === each;
      if (each) passing.find(same)?.remove();
    }
  }

  /** Behind `place`; the first of a stretch before the next that is here. */
  #insert(line, place, fresh) {
    const next = place ? null : [...fresh.children].map((each) => this.find(each.dataset.key)).find(Boolean);
    if (place) place.after(line);
    else if (next) next.before(line);
    else this.list.append(line);
  }
}

/** Of a note or a mark, without its icon; "" for any other line. */
function wordsOf(line) {
  const place = line.matches(".tk-note") ? line.querySelector("p") : line.matches(".tk-mark") ? line.firstElementChild : null;
  const parts = [...(place?.childNodes ?? [])].filter((part) => !part.matches?.(".material-symbols-outlined"));
  return parts.map((part) => part.textContent).join("").replace(/\s+/g, " ").trim();
}

/** Equal to the reader; an opened detail stays open. */
function same(known, incoming) {
  const open = [...known.querySelectorAll("details[open]")];
  for (const each of open) each.removeAttribute("open");
  const equal = known.isEqualNode(incoming);
  for (const each of open) each.setAttribute("open", "");
  return equal;
}
