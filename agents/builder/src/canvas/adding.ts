// The small list of kinds that opens where a node is to be added.

import { create } from "zustand";

export interface From {
  /** The exit that the new node is joined to. */
  node?: string;
  handle?: string;
  /** The edge that the new node is put into. */
  edge?: string;
}

export interface Adding {
  /** On the screen, in pixels. */
  at: { x: number; y: number };
  from: From;
}

export const useAdding = create<{ adding: Adding | null }>()(() => ({ adding: null }));

export function openAdder(at: { x: number; y: number }, from: From = {}): void {
  useAdding.setState({ adding: { at, from } });
}

export function closeAdder(): void {
  useAdding.setState({ adding: null });
}
