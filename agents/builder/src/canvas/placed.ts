// The document as React Flow draws it. What did not change keeps its object, so that only what changed is drawn again.

import type { Edge, Node } from "@xyflow/react";
import { edgeHandle, type Exit, exitsOf } from "../graph/ports";
import type { Change, Diff, FlowEdge, FlowNode, Graph, Kind } from "../types";

export interface CardData extends Record<string, unknown> {
  node: FlowNode;
  kind: Kind | undefined;
  exits: Exit[];
  change: Change | "";
}

export interface LineData extends Record<string, unknown> {
  edge: FlowEdge;
  change: Change | "";
  /** Leads back to an earlier node. */
  back: boolean;
}

export type CardNode = Node<CardData, "card">;
export type LineEdge = Edge<LineData, "line">;

export interface Placed {
  nodes: CardNode[];
  edges: LineEdge[];
}

export interface Scene {
  graph: Graph;
  open: string;
  kinds: ReadonlyMap<string, Kind>;
  nodes: ReadonlySet<string>;
  edges: ReadonlySet<string>;
  diff: Diff | null;
  editable: boolean;
}

export function place(before: Placed, scene: Scene): Placed {
  const graph = withGhosts(scene);
  const changes = changesOf(scene);
  const leaving = new Map<string, FlowEdge[]>();
  for (const edge of graph.edges) leaving.set(edge.source, [...(leaving.get(edge.source) ?? []), edge]);
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const nodes = graph.nodes.map((node) =>
    card(old.get(node.id), node, leaving.get(node.id) ?? [], scene, changes.get(node.id) ?? ""),
  );
  const at = new Map(nodes.map((node) => [node.id, node]));
  const oldEdges = new Map(before.edges.map((edge) => [edge.id, edge]));
  const edges = graph.edges
    .filter(({ source, target }) => at.has(source) && at.has(target))
    .map((edge) => line(oldEdges.get(edge.id), edge, at, scene, changes.get(edge.id) ?? ""));
  return { nodes, edges };
}

/** In a comparison, what was removed is shown where it was. */
function withGhosts({ graph, open, diff }: Scene): Graph {
  if (!diff) return graph;
  const here = <T extends { flow: string; change: Change }>(one: T): boolean => one.flow === open && one.change === "removed";
  const nodes = diff.nodes.filter(here).flatMap(({ node }) => (node ? [node] : []));
  const edges = diff.edges.filter(here).flatMap(({ edge }) => (edge ? [edge] : []));
  return { nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] };
}

function changesOf({ diff }: Scene): Map<string, Change> {
  if (!diff) return new Map();
  return new Map([...diff.nodes, ...diff.edges].map(({ id, change }) => [id, change]));
}

function card(old: CardNode | undefined, node: FlowNode, leaving: FlowEdge[], scene: Scene, change: Change | ""): CardNode {
  const kind = scene.kinds.get(node.kind);
  const selected = scene.nodes.has(node.id);
  const exits = sameExits(old, node, kind, leaving) ?? (kind ? exitsOf(kind, node, leaving) : []);
  const draggable = scene.editable;
  const sameData = old && old.data.node === node && old.data.exits === exits && old.data.kind === kind && old.data.change === change;
  if (sameData && old.selected === selected && old.draggable === draggable && atPlace(old, node)) return old;
  return {
    ...old,
    id: node.id,
    type: "card",
    position: { x: node.x, y: node.y },
    selected,
    draggable,
    ariaLabel: kind ? `${kind.label}: ${node.name}` : node.name,
    data: sameData ? old.data : { node, kind, exits, change },
  };
}

const atPlace = (old: CardNode, node: FlowNode): boolean => old.position.x === node.x && old.position.y === node.y;

/** The old exits, where nothing that they come from changed. */
function sameExits(old: CardNode | undefined, node: FlowNode, kind: Kind | undefined, leaving: FlowEdge[]): Exit[] | null {
  if (!old || !kind || old.data.kind !== kind || old.data.node.values !== node.values) return null;
  const had = old.data.exits.flatMap(({ edge }) => (edge ? [edge] : []));
  const same = had.length === leaving.length && leaving.every((edge) => had.includes(edge));
  return same ? old.data.exits : null;
}

function line(
  old: LineEdge | undefined,
  edge: FlowEdge,
  at: ReadonlyMap<string, CardNode>,
  scene: Scene,
  change: Change | "",
): LineEdge {
  const [source, target] = [at.get(edge.source), at.get(edge.target)];
  const exit = source?.data.exits.find((one) => one.edge?.id === edge.id);
  const sourceHandle = exit?.handle ?? edgeHandle(edge.id);
  const selected = scene.edges.has(edge.id);
  const back = (target?.position.x ?? 0) <= (source?.position.x ?? 0);
  const same = old && old.data?.edge === edge && old.data.change === change && old.data.back === back;
  if (same && old.selected === selected && old.sourceHandle === sourceHandle) return old;
  return {
    id: edge.id,
    type: "line",
    source: edge.source,
    target: edge.target,
    sourceHandle,
    targetHandle: "in",
    selected,
    reconnectable: scene.editable,
    data: { edge, change, back },
  };
}
