// Changes of a flow, each a pure function: what is not touched keeps its identity, so that only what changed is drawn.

import type { Flow, FlowEdge, FlowNode, GlobalEntry, Graph } from "../types";

/** `open`: the id of a sub-flow, "" for the main one. */
export function graphOf(flow: Flow, open: string): Graph {
  return open === "" ? flow : (flow.flows.find(({ id }) => id === open) ?? { nodes: [], edges: [] });
}

export function withGraph(flow: Flow, open: string, change: (graph: Graph) => Graph): Flow {
  const before = graphOf(flow, open);
  const { nodes, edges } = change(before);
  if (nodes === before.nodes && edges === before.edges) return flow;
  if (open === "") return { ...flow, nodes, edges };
  return { ...flow, flows: flow.flows.map((inner) => (inner.id === open ? { ...inner, nodes, edges } : inner)) };
}

/** Every graph of a flow with the id of its sub-flow. */
export function graphsOf(flow: Flow): [string, Graph][] {
  return [["", flow], ...flow.flows.map((inner): [string, Graph] => [inner.id, inner])];
}

/** The sub-flow a node lies in ("" is the main one); null where no graph has it. */
export function placeOf(flow: Flow, node: string): string | null {
  return graphsOf(flow).find(([, graph]) => graph.nodes.some(({ id }) => id === node))?.[0] ?? null;
}

export function addNodes(graph: Graph, nodes: FlowNode[], edges: FlowEdge[] = []): Graph {
  return { nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] };
}

/** Without these nodes and edges, and without the edges that hung on the nodes. */
export function remove(graph: Graph, nodes: ReadonlySet<string>, edges: ReadonlySet<string>): Graph {
  const kept = graph.nodes.filter(({ id }) => !nodes.has(id));
  const keptEdges = graph.edges.filter(
    ({ id, source, target }) => !edges.has(id) && !nodes.has(source) && !nodes.has(target),
  );
  return {
    nodes: kept.length === graph.nodes.length ? graph.nodes : kept,
    edges: keptEdges.length === graph.edges.length ? graph.edges : keptEdges,
  };
}

/**
 * Without one node, its neighbours joined: what led to it leads to what came after it, where exactly one thing did.
 */
export function removeAndJoin(graph: Graph, id: string): Graph {
  const targets = new Set(graph.edges.filter(({ source }) => source === id).map(({ target }) => target));
  targets.delete(id);
  const [next] = targets;
  if (targets.size !== 1 || next === undefined) return remove(graph, new Set([id]), new Set());
  const edges = graph.edges
    .filter(({ source }) => source !== id)
    .map((edge) => (edge.target === id ? { ...edge, target: next } : edge));
  return { nodes: graph.nodes.filter((node) => node.id !== id), edges };
}

export function changeNode(graph: Graph, id: string, change: (node: FlowNode) => FlowNode): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? change(node) : node)) };
}

export function changeGlobal(graph: Graph, id: string, global: GlobalEntry | null): Graph {
  return changeNode(graph, id, (node) => ({ ...node, global }));
}

export function moveNodes(graph: Graph, places: ReadonlyMap<string, { x: number; y: number }>): Graph {
  const nodes = graph.nodes.map((node) => {
    const place = places.get(node.id);
    if (!place) return node;
    const [x, y] = [Math.round(place.x), Math.round(place.y)];
    return node.x === x && node.y === y ? node : { ...node, x, y };
  });
  return nodes.every((node, at) => node === graph.nodes[at]) ? graph : { ...graph, nodes };
}

export function changeEdge(graph: Graph, id: string, change: (edge: FlowEdge) => FlowEdge): Graph {
  return { ...graph, edges: graph.edges.map((edge) => (edge.id === id ? change(edge) : edge)) };
}

/** Adds the edge. A port that is not `many` has one edge: an older one goes. */
export function connect(graph: Graph, edge: FlowEdge, many: boolean): Graph {
  const kept = graph.edges.filter(
    ({ id, source, port }) => id !== edge.id && (many || source !== edge.source || port !== edge.port),
  );
  return { ...graph, edges: [...kept, edge] };
}

/** The edges of one port, in the order in which they are tried. */
export function ordered(edges: readonly FlowEdge[], source: string, port: string): FlowEdge[] {
  return edges
    .filter((edge) => edge.source === source && edge.port === port)
    .map((edge, at) => ({ edge, at }))
    .sort((one, other) => one.edge.priority - other.edge.priority || one.at - other.at)
    .map(({ edge }) => edge);
}

/** One place earlier (-1) or later (+1) among its like; priorities are numbered anew. */
export function reorder(graph: Graph, id: string, step: -1 | 1): Graph {
  const edge = graph.edges.find((one) => one.id === id);
  if (!edge) return graph;
  const like = ordered(graph.edges, edge.source, edge.port);
  const from = like.findIndex((one) => one.id === id);
  const to = from + step;
  if (to < 0 || to >= like.length) return graph;
  like.splice(to, 0, ...like.splice(from, 1));
  const priority = new Map(like.map((one, at) => [one.id, at]));
  return {
    ...graph,
    edges: graph.edges.map((one) => (priority.has(one.id) ? { ...one, priority: priority.get(one.id) as number } : one)),
  };
}

/** A place near `at` where a node of usual size lies on no other; `exact`: where it only does not hide one. */
export function freePlace(graph: Graph, at: { x: number; y: number }, exact = false): { x: number; y: number } {
  const place = { x: Math.round(at.x), y: Math.round(at.y) };
  const [width, height] = exact ? [24, 24] : [290, 150];
  const taken = ({ x, y }: { x: number; y: number }) =>
    graph.nodes.some((node) => Math.abs(node.x - x) < width && Math.abs(node.y - y) < height);
  while (taken(place)) {
    place.y += 32;
    if (exact) place.x += 32;
  }
  return place;
}
