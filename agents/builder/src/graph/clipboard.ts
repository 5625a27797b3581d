// Copy and paste as JSON text, so that a part of a flow goes into another agent, another browser, a chat, a file.

import type { Flow, FlowEdge, FlowNode, Graph, Subflow } from "../types";
import { freeName, newId } from "./ids";

const KIND = "parley-flow-part";

export interface Part {
  nodes: FlowNode[];
  edges: FlowEdge[];
  /** The sub-flows that the nodes use, and those that these use. */
  flows: Subflow[];
}

/** What the clipboard has to know of the kinds. */
export interface Kinds {
  /** Kinds of which a graph has one: they are not copied. */
  once: ReadonlySet<string>;
  /** Kind → the field that names a sub-flow. */
  inner: ReadonlyMap<string, string>;
}

export function copyPart(flow: Flow, graph: Graph, selected: ReadonlySet<string>, kinds: Kinds): Part {
  const nodes = graph.nodes.filter(({ id, kind }) => selected.has(id) && !kinds.once.has(kind));
  const kept = new Set(nodes.map(({ id }) => id));
  const edges = graph.edges.filter(({ source, target }) => kept.has(source) && kept.has(target));
  return { nodes, edges, flows: usedFlows(flow, nodes, kinds) };
}

function usedFlows(flow: Flow, nodes: FlowNode[], kinds: Kinds): Subflow[] {
  const found = new Map<string, Subflow>();
  const look = (list: FlowNode[]): void => {
    for (const node of list) {
      const field = kinds.inner.get(node.kind);
      const inner = field && flow.flows.find(({ id }) => id === node.values[field]);
      if (!inner || found.has(inner.id)) continue;
      found.set(inner.id, inner);
      look(inner.nodes);
    }
  };
  look(nodes);
  return [...found.values()];
}

export function writePart(part: Part): string {
  return JSON.stringify({ what: KIND, schema: 1, ...part }, null, 1);
}

/** The part in a text from the clipboard; null where it holds none. */
export function readPart(text: string): Part | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(data) || data["what"] !== KIND || data["schema"] !== 1) return null;
  const { nodes, edges, flows } = data as Record<string, unknown>;
  if (!isGraph({ nodes, edges }) || !Array.isArray(flows) || !flows.every((flow) => isSubflow(flow))) return null;
  return { nodes: nodes as FlowNode[], edges: edges as FlowEdge[], flows: flows as Subflow[] };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSubflow = (value: unknown): boolean =>
  isObject(value) && typeof value["id"] === "string" && typeof value["name"] === "string" && isGraph(value);

function isGraph({ nodes, edges }: Record<string, unknown>): boolean {
  return Array.isArray(nodes) && nodes.every(isNode) && Array.isArray(edges) && edges.every(isEdge);
}

const isNode = (value: unknown): boolean =>
  isObject(value) &&
  ["id", "kind", "name"].every((name) => typeof value[name] === "string") &&
  ["x", "y"].every((name) => Number.isFinite(value[name])) &&
  isObject(value["values"]);

const isEdge = (value: unknown): boolean =>
  isObject(value) && ["id", "source", "target", "kind"].every((name) => typeof value[name] === "string");

export interface Pasted {
  part: Part;
  /** Ids of the new nodes. */
  ids: string[];
}

/** The part with new ids and free names, its upper left corner at `at`. Sub-flows that are there already stay. */
export function placePart(
  part: Part,
  flow: Flow,
  at: { x: number; y: number },
  kinds: Kinds,
  random: () => number = Math.random,
): Pasted {
  const left = Math.min(...part.nodes.map(({ x }) => x));
  const top = Math.min(...part.nodes.map(({ y }) => y));
  const known = new Map(flow.flows.map((inner) => [inner.id, inner]));
  const flowIds = new Map<string, string>();
  for (const inner of part.flows) {
    const same = JSON.stringify(known.get(inner.id)) === JSON.stringify(inner);
    flowIds.set(inner.id, same ? inner.id : newId("f", random));
  }
  const names = new Set(flow.flows.map(({ name }) => name));
  const flows = part.flows
    .filter(({ id }) => flowIds.get(id) !== id)
    .map((inner): Subflow => {
      const name = freeName(inner.name, names);
      names.add(name);
      return { id: flowIds.get(inner.id) as string, name, ...renewed(inner, flowIds, kinds, random) };
    });
  const graph = renewed(part, flowIds, kinds, random);
  const nodes = graph.nodes.map((node) => ({ ...node, x: node.x - left + at.x, y: node.y - top + at.y }));
  return { part: { nodes, edges: graph.edges, flows }, ids: nodes.map(({ id }) => id) };
}

function renewed(graph: Graph, flowIds: ReadonlyMap<string, string>, kinds: Kinds, random: () => number): Graph {
  const ids = new Map(graph.nodes.map(({ id }) => [id, newId("n", random)]));
  const nodes = graph.nodes.map((node): FlowNode => {
    const field = kinds.inner.get(node.kind);
    const inner = field && flowIds.get(String(node.values[field] ?? ""));
    const values = field && inner ? { ...node.values, [field]: inner } : node.values;
    return { ...node, id: ids.get(node.id) as string, values, global: node.global ?? null };
  });
  const edges = graph.edges.map((edge) => ({
    ...edge,
    id: newId("e", random),
    source: ids.get(edge.source) as string,
    target: ids.get(edge.target) as string,
  }));
  return { nodes, edges };
}
