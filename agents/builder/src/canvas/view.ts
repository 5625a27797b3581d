// What the rest of the page asks of the canvas: sizes, the middle of what is seen, zoom. Set by the canvas when it is there.

import type { Size } from "../graph/layout";
import type { Place } from "../store/editing";

export interface View {
  sizes(): Map<string, Size>;
  middle(): Place;
  /** From the screen to the canvas. */
  place(at: Place): Place;
  fit(nodes?: string[]): void;
  zoom(step: 1 | -1): void;
}

const nothing: View = {
  sizes: () => new Map(),
  middle: () => ({ x: 0, y: 0 }),
  place: (at) => at,
  fit: () => undefined,
  zoom: () => undefined,
};

let current = nothing;

export function setView(view: View | null): void {
  current = view ?? nothing;
}

export const view = (): View => current;
