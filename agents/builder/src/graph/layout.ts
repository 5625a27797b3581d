// Auto-layout: left to right, by dagre. Pure: sizes come in, places go out.

import dagre from "@dagrejs/dagre";
import type { Graph } from "../types";

export interface Size {
  width: number;
  height: number;
}

export const CARD: Size = { width: 264, height: 120 };
const GAP = { rank: 110, node: 44 };

/** Where each node goes: id → upper left corner. `notes`: kinds that hang on nothing and lie below the rest. */
export function layout(
  graph: Graph,
  sizes: ReadonlyMap<string, Size>,
  notes: ReadonlySet<string>,
): Map<string, { x: number; y: number }> {
  const drawing = new dagre.graphlib.Graph({ multigraph: true });
  drawing.setGraph({ rankdir: "LR", ranksep: GAP.rank, nodesep: GAP.node, marginx: 0, marginy: 0 });
  drawing.setDefaultEdgeLabel(() => ({}));
  const placed = graph.nodes.filter(({ kind }) => !notes.has(kind));
  for (const { id } of placed) drawing.setNode(id, { ...(sizes.get(id) ?? CARD) });
  const known = new Set(placed.map(({ id }) => id));
  for (const { id, source, target } of graph.edges) {
    if (known.has(source) && known.has(target) && source !== target) drawing.setEdge(source, target, {}, id);
  }
  dagre.layout(drawing);
  const places = new Map<string, { x: number; y: number }>();
  let bottom = 0;
  for (const { id } of placed) {
    const { x, y } = drawing.node(id) as { x: number; y: number };
    const { width, height } = sizes.get(id) ?? CARD;
    places.set(id, { x: Math.round(x - width / 2), y: Math.round(y - height / 2) });
    bottom = Math.max(bottom, y + height / 2);
  }
  let left = 0;
  for (const { id, kind } of graph.nodes) {
    if (!notes.has(kind)) continue;
    places.set(id, { x: left, y: Math.round(bottom + GAP.node * 2) });
    left += (sizes.get(id) ?? CARD).width + GAP.node;
  }
  return places;
}
