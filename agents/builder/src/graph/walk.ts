// The order in which a flow reads: from its start along the edges, then what nothing leads to.

import type { FlowNode, Graph } from "../types";

export interface Line {
  node: FlowNode;
  depth: number;
}

/** Every node once, depth first, children in the order of their edges. `once`: the kinds that a flow begins with. */
export function outline(graph: Graph, once: ReadonlySet<string>): Line[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const next = new Map<string, string[]>();
  for (const { source, target } of graph.edges) next.set(source, [...(next.get(source) ?? []), target]);
  const seen = new Set<string>();
  const lines: Line[] = [];
  const visit = (first: FlowNode): void => {
    const stack: Line[] = [{ node: first, depth: 0 }];
    for (let line = stack.pop(); line; line = stack.pop()) {
      if (seen.has(line.node.id)) continue;
      seen.add(line.node.id);
      lines.push(line);
      const children = (next.get(line.node.id) ?? []).map((id) => nodes.get(id)).filter((node) => node !== undefined);
      const deeper = children.length > 1 ? line.depth + 1 : line.depth;
      for (const child of children.reverse()) stack.push({ node: child, depth: deeper });
    }
  };
  const starts = graph.nodes.filter(({ kind }) => once.has(kind));
  const globals = graph.nodes.filter(({ global }) => global);
  const heads = graph.nodes.filter(({ id }) => !graph.edges.some(({ target, source }) => target === id && source !== id));
  for (const node of [...starts, ...globals, ...heads, ...graph.nodes]) if (!seen.has(node.id)) visit(node);
  return lines;
}

/** The nearest node in a direction on the canvas; null where there is none. */
export function neighbour(graph: Graph, id: string, direction: "left" | "right" | "up" | "down"): string | null {
  const here = graph.nodes.find((node) => node.id === id);
  if (!here) return null;
  const [dx, dy] = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[direction] as [number, number];
  let best: { id: string; cost: number } | null = null;
  for (const node of graph.nodes) {
    const [x, y] = [node.x - here.x, node.y - here.y];
    const along = x * dx + y * dy;
    if (node.id === id || along <= 0) continue;
    const cost = along + 2 * Math.abs(x * dy) + 2 * Math.abs(y * dx);
    if (!best || cost < best.cost) best = { id: node.id, cost };
  }
  return best?.id ?? null;
}
