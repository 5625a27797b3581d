// The keyboard over the whole page. Nothing here fires while somebody types in a field.

import { neighbour, outline } from "../graph/walk";
import { nextProblem } from "../graph/problems";
import { copySelected, duplicate, nudge, pasteText, removeSelected, tidy } from "../store/editing";
import { editable, flush, goToProblem, graphNow, openFlow, type Panel, redoStep, select, undoStep, useBuilder } from "../store/store";
import { closeAdder, useAdding } from "./adding";
import { searchKinds } from "./Palette";
import { view } from "./view";

const { getState: get, setState: set } = useBuilder;
const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as const;
const STEP = 8;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], dialog, [role=listbox]") !== null;

const isButton = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("button, a, summary, [role=option]") !== null;

export function bindKeys(): () => void {
  const down = (event: KeyboardEvent): void => {
    if (event.defaultPrevented) return;
    const typing = isTyping(event.target);
    if (event.ctrlKey || event.metaKey) {
      if (withControl(event, typing)) event.preventDefault();
    } else if (!typing && withoutControl(event)) {
      event.preventDefault();
    }
  };
  const copy = (event: ClipboardEvent): void => take(event, false);
  const cut = (event: ClipboardEvent): void => take(event, true);
  document.addEventListener("keydown", down);
  document.addEventListener("copy", copy);
  document.addEventListener("cut", cut);
  document.addEventListener("paste", paste);
  return () => {
    document.removeEventListener("keydown", down);
    document.removeEventListener("copy", copy);
    document.removeEventListener("cut", cut);
    document.removeEventListener("paste", paste);
  };
}

function take(event: ClipboardEvent, away: boolean): void {
  if (isTyping(event.target) || String(window.getSelection() ?? "") !== "") return;
  const text = copySelected();
  if (!text || !event.clipboardData) return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
  if (away) removeSelected();
}

function paste(event: ClipboardEvent): void {
  if (isTyping(event.target)) return;
  if (pasteText(event.clipboardData?.getData("text/plain") ?? "", view().middle())) event.preventDefault();
}

/** Whether the key meant something. */
function withControl(event: KeyboardEvent, typing: boolean): boolean {
  const key = event.key.toLowerCase();
  if (key === "s") {
    void flush();
    return true;
  }
  if (typing) return false;
  if (key === "z") (event.shiftKey ? redoStep : undoStep)();
  else if (key === "y") redoStep();
  else if (key === "a") select(graphNow().nodes.map(({ id }) => id));
  else if (key === "d") duplicate();
  else if (event.key === "Enter") set({ dialog: "publish" });
  else return false;
  return true;
}

const PANELS: Record<string, Panel> = { p: "problems", t: "test", v: "versions", i: "inspector" };

function withoutControl(event: KeyboardEvent): boolean {
  const { key } = event;
  if (key in ARROWS) return arrow(ARROWS[key as keyof typeof ARROWS], event.shiftKey);
  if (key === "Enter" || key === " ") return !isButton(event.target) && enter();
  if (key === "F8") return problem(event.shiftKey ? -1 : 1);
  if (key === "F2") return focusField("#name");
  if (key === "Delete" || key === "Backspace") {
    removeSelected(event.shiftKey);
    return true;
  }
  if (key === "Escape") return escape();
  const panel = PANELS[key.toLowerCase()];
  if (panel) {
    set({ panel: get().panel === panel ? null : panel });
    return true;
  }
  return letter(key);
}

function letter(key: string): boolean {
  if (key === "/" || key.toLowerCase() === "a") searchKinds();
  else if (key.toLowerCase() === "l" && editable()) tidy(view().sizes());
  else if (key.toLowerCase() === "f") view().fit();
  else if (key === "+" || key === "=") view().zoom(1);
  else if (key === "-") view().zoom(-1);
  else if (key.toLowerCase() === "o") set({ outline: !get().outline });
  else if (key.toLowerCase() === "e") return write();
  else if (key === "[") openFlow("");
  else if (key === "?") set({ dialog: "help" });
  else return false;
  return true;
}

function only(): string {
  const [first, ...rest] = get().nodes;
  return first && rest.length === 0 ? first : "";
}

function arrow(direction: "left" | "right" | "up" | "down", move: boolean): boolean {
  if (move) {
    const [dx, dy] = { left: [-STEP, 0], right: [STEP, 0], up: [0, -STEP], down: [0, STEP] }[direction] as [number, number];
    nudge(dx, dy);
    return true;
  }
  const here = only();
  const graph = graphNow();
  const next = here ? neighbour(graph, here, direction) : outline(graph, get().facts.once)[0]?.node.id;
  if (!next) return false;
  select([next]);
  set({ sight: { nodes: [next] } });
  document.querySelector<HTMLElement>(`.react-flow__node[data-id="${next}"]`)?.focus({ preventScroll: true });
  return true;
}

function enter(): boolean {
  const edge = document.activeElement?.closest(".react-flow__edge")?.getAttribute("data-id");
  if (edge) {
    select([], [edge]);
    return true;
  }
  const focused = document.activeElement?.closest(".react-flow__node")?.getAttribute("data-id");
  if (focused) select([focused]);
  return only() !== "" && focusField("");
}

/** Into the inspector; "" is its first field after the name. */
function focusField(field: string): boolean {
  if (!only()) return false;
  set({ panel: "inspector", focus: { field } });
  return true;
}

function write(): boolean {
  if (!only() || !editable()) return false;
  set({ writing: only() });
  return true;
}

function problem(step: 1 | -1): boolean {
  const next = nextProblem(get().problems, get().problem, step);
  if (next) goToProblem(next);
  return true;
}

function escape(): boolean {
  if (useAdding.getState().adding) closeAdder();
  else if (get().diff) set({ diff: null });
  else if (get().nodes.size || get().edges.size) select([]);
  else set({ panel: null });
  return true;
}
