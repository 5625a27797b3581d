// Two people changed the same flow: what only one of them touched is taken from that one, the rest is a conflict.

import type { Flow, FlowEdge, FlowNode, Graph, Subflow } from "../types";
import { withGraph } from "./flow";

export interface Conflict {
  /** "node", "edge", "flow" (a sub-flow's name) or "variables". */
  what: "node" | "edge" | "flow" | "variables";
  id: string;
  /** The sub-flow it lies in; "" is the main one. */
  place: string;
}

export interface Merged {
  /** Conflicts hold what `mine` says. */
  flow: Flow;
  conflicts: Conflict[];
  /** Ids of nodes that came from them. */
  taken: string[];
}

const same = (one: unknown, other: unknown): boolean => one === other || canonical(one) === canonical(other);

/** JSON with the names of every object in order: a database may give them back in another one. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

export const sameFlow = (one: Flow, other: Flow): boolean => same(one, other);

export function merge(base: Flow, mine: Flow, theirs: Flow): Merged {
  const conflicts: Conflict[] = [];
  const taken: string[] = [];
  const main = mergeGraph(base, mine, theirs, "", conflicts, taken);
  const variables = mergeWhole(base.variables, mine.variables, theirs.variables, () =>
    conflicts.push({ what: "variables", id: "", place: "" }),
  );
  const flows = mergeFlows(base.flows, mine.flows, theirs.flows, conflicts, taken);
  return { flow: withoutLooseEnds({ ...mine, ...main, variables, flows }), conflicts, taken };
}

function mergeWhole<T>(base: T, mine: T, theirs: T, onConflict: () => void): T {
  if (same(mine, theirs) || same(base, theirs)) return mine;
  if (same(base, mine)) return theirs;
  onConflict();
  return mine;
}

type Found<T> = ReadonlyMap<string, T>;
const byId = <T extends { id: string }>(list: readonly T[]): Found<T> => new Map(list.map((one) => [one.id, one]));

/** By id: one that is missing on one side was removed there. */
function mergeList<T extends { id: string }>(
  base: readonly T[],
  mine: readonly T[],
  theirs: readonly T[],
  onConflict: (id: string) => void,
  onTaken: (id: string) => void,
): T[] {
  const [before, ours, others] = [byId(base), byId(mine), byId(theirs)];
  const result: T[] = [];
  for (const id of new Set([...ours.keys(), ...others.keys()])) {
    const merged = mergeWhole(before.get(id), ours.get(id), others.get(id), () => onConflict(id));
    if (!same(merged, ours.get(id))) onTaken(id);
    if (merged !== undefined) result.push(merged);
  }
  return result;
}

function mergeGraph(base: Graph, mine: Graph, theirs: Graph, place: string, conflicts: Conflict[], taken: string[]): Graph {
  const placed = placesOf(base.nodes, mine.nodes, theirs.nodes);
  const nodes = mergeList<FlowNode>(
    placed(base.nodes),
    placed(mine.nodes),
    placed(theirs.nodes),
    (id) => conflicts.push({ what: "node", id, place }),
    (id) => taken.push(id),
  );
  const edges = mergeList<FlowEdge>(
    base.edges,
    mine.edges,
    theirs.edges,
    (id) => conflicts.push({ what: "edge", id, place }),
    () => undefined,
  );
  return { nodes, edges };
}

/** Where a node lies is never worth a conflict: moved by both or by me, mine; moved by them alone, theirs. */
function placesOf(base: FlowNode[], mine: FlowNode[], theirs: FlowNode[]): (list: FlowNode[]) => FlowNode[] {
  const [before, others] = [byId(base), byId(theirs)];
  const places = new Map(others);
  for (const node of mine) {
    const old = before.get(node.id);
    if (!old || node.x !== old.x || node.y !== old.y || !others.has(node.id)) places.set(node.id, node);
  }
  return (list) =>
    list.map((node) => {
      const { x, y } = places.get(node.id) ?? node;
      return x === node.x && y === node.y ? node : { ...node, x, y };
    });
}

function mergeFlows(
  base: Subflow[],
  mine: Subflow[],
  theirs: Subflow[],
  conflicts: Conflict[],
  taken: string[],
): Subflow[] {
  const [before, ours, others] = [byId(base), byId(mine), byId(theirs)];
  const result: Subflow[] = [];
  for (const id of new Set([...ours.keys(), ...others.keys()])) {
    const [old, my, their] = [before.get(id), ours.get(id), others.get(id)];
    if (!my || !their) {
      const kept = mergeWhole(old, my, their, () => conflicts.push({ what: "flow", id, place: id }));
      if (kept) result.push(kept);
      continue;
    }
    const since = old ?? { id, name: "", nodes: [], edges: [] };
    const name = mergeWhole(since.name, my.name, their.name, () => conflicts.push({ what: "flow", id, place: id }));
    result.push({ id, name, ...mergeGraph(since, my, their, id, conflicts, taken) });
  }
  return result;
}

/** One removed a node, the other drew an edge to it: the edge goes. */
function withoutLooseEnds(flow: Flow): Flow {
  const tidy = (graph: Graph): Graph => {
    const known = new Set(graph.nodes.map(({ id }) => id));
    const edges = graph.edges.filter(({ source, target }) => known.has(source) && known.has(target));
    return { nodes: graph.nodes, edges: edges.length === graph.edges.length ? graph.edges : edges };
  };
  return flow.flows.reduce((result, inner) => withGraph(result, inner.id, tidy), withGraph(flow, "", tidy));
}

/** The merged flow with what they say about one conflict. */
export function takeTheirs(flow: Flow, theirs: Flow, conflict: Conflict): Flow {
  if (conflict.what === "variables") return { ...flow, variables: theirs.variables };
  if (conflict.what === "flow") {
    const their = theirs.flows.find(({ id }) => id === conflict.id);
    const others = flow.flows.filter(({ id }) => id !== conflict.id);
    return withoutLooseEnds({ ...flow, flows: their ? [...others, their] : others });
  }
  const their = conflict.place === "" ? theirs : theirs.flows.find(({ id }) => id === conflict.place);
  const put = <T extends { id: string }>(list: T[], other: T | undefined): T[] => {
    const without = list.filter(({ id }) => id !== conflict.id);
    return other ? [...without, other] : without;
  };
  const changed = withGraph(flow, conflict.place, (graph) =>
    conflict.what === "node"
      ? { ...graph, nodes: put(graph.nodes, their?.nodes.find(({ id }) => id === conflict.id)) }
      : { ...graph, edges: put(graph.edges, their?.edges.find(({ id }) => id === conflict.id)) },
  );
  return withoutLooseEnds(changed);
}
