// What the user does to the flow, by mouse and by keyboard alike: every button and key calls one of these.

import { copyPart, placePart, readPart, writePart } from "../graph/clipboard";
import {
  addNodes,
  changeEdge,
  changeNode,
  connect,
  freePlace,
  moveNodes,
  ordered,
  remove,
  removeAndJoin,
  reorder,
} from "../graph/flow";
import { freeName, newId } from "../graph/ids";
import { CARD, layout, type Size } from "../graph/layout";
import { type Exit, exitsOf, firstFree, type Port } from "../graph/ports";
import { beginning } from "../graph/values";
import type { FlowEdge, FlowNode, Graph, Kind, Subflow } from "../types";
import { t, tn } from "../words";
import { changeFlow, changeGraph, editable, flowNow, graphNow, openFlow, say, select, useBuilder } from "./store";

const { getState: get, setState: set } = useBuilder;
const GAP_X = 110;

export interface Place {
  x: number;
  y: number;
}

export const kindOf = (node: FlowNode): Kind | undefined => get().kinds.get(node.kind);

export function exitsOfNode(graph: Graph, id: string): Exit[] {
  const node = graph.nodes.find((one) => one.id === id);
  const kind = node && kindOf(node);
  return kind ? exitsOf(kind, node, graph.edges) : [];
}

function newEdge(source: string, port: Port, target: string, priority = 0): FlowEdge {
  const rows = port.kind === "condition" ? [{ variable: "", operator: "is", value: "" }] : [];
  const { kind, event } = port;
  return { id: newId("e"), source, port: port.name, target, kind, label: "", event, match: "all", rows, priority };
}

function newNode(kind: Kind, place: Place, exact = false): FlowNode {
  const names = new Set(graphNow().nodes.map(({ name }) => name));
  const name = freeName(kind.label, names);
  const { x, y } = freePlace(graphNow(), place, exact);
  return { id: newId("n"), kind: kind.kind, name, x, y, values: beginning(kind), global: null };
}

/** A new node at a place, joined to the exit it was drawn from. Gives its id; "" where nothing may be changed. */
export function addAt(kind: Kind, place: Place, from?: { node: string; handle: string }, exact = false): string {
  if (!editable()) return "";
  const node = newNode(kind, place, exact);
  changeGraph((graph) => {
    const exit = from && exitsOfNode(graph, from.node).find(({ handle }) => handle === from.handle);
    const grown = addNodes(graph, [node]);
    return exit && from && kind.compiled ? joined(grown, from.node, exit, node.id) : grown;
  });
  select([node.id]);
  set({ sight: { nodes: [node.id], grab: true } });
  return node.id;
}

/** By keyboard and by click: to the right of what is selected, joined to its first free exit. */
export function addNext(kind: Kind, sizes: ReadonlyMap<string, Size>, middle: Place): string {
  const graph = graphNow();
  const [only] = get().nodes;
  const before = get().nodes.size === 1 ? graph.nodes.find(({ id }) => id === only) : undefined;
  const exit = before && kind.compiled ? firstFree(exitsOfNode(graph, before.id)) : null;
  if (!before || !exit) return addAt(kind, before ? beside(before, sizes) : middle);
  return addAt(kind, beside(before, sizes), { node: before.id, handle: exit.handle });
}

function beside(node: FlowNode, sizes: ReadonlyMap<string, Size>): Place {
  return { x: node.x + (sizes.get(node.id) ?? CARD).width + GAP_X, y: node.y };
}

function joined(graph: Graph, source: string, exit: Exit, target: string): Graph {
  if (exit.edge) return changeEdge(graph, exit.edge.id, (edge) => ({ ...edge, target }));
  const last = ordered(graph.edges, source, exit.port.name).at(-1);
  return connect(graph, newEdge(source, exit.port, target, last ? last.priority + 1 : 0), exit.port.many);
}

/** From an exit to a node. An exit that leads somewhere leads to `target` from now on. */
export function join(source: string, handle: string, target: string): void {
  const graph = graphNow();
  const exit = exitsOfNode(graph, source).find((one) => one.handle === handle);
  if (!exit || !takesEdges(graph, target)) return;
  const before = new Set(graph.edges.map(({ id }) => id));
  changeGraph((old) => joined(old, source, exit, target));
  const added = graphNow().edges.find(({ id }) => !before.has(id));
  if (added && exit.port.many) openPath(source, added.id);
}

/** A new path wants its words at once. */
export function openPath(node: string, edge: string): void {
  set({ nodes: new Set([node]), edges: new Set([edge]), panel: "inspector", focus: { field: `edge:${edge}` } });
}

/** Whether anything may lead to this node. */
export function takesEdges(graph: Graph, id: string): boolean {
  const node = graph.nodes.find((one) => one.id === id);
  const kind = node && kindOf(node);
  return Boolean(kind?.compiled && !kind.once);
}

/** From any exit's select: to a node, or to nothing. */
export function lead(source: string, exit: Exit, target: string): void {
  if (target) join(source, exit.handle, target);
  else if (exit.edge) removeEdge(exit.edge.id);
}

export function removeEdge(id: string): void {
  changeGraph((graph) => remove(graph, new Set(), new Set([id])));
  set({ edges: new Set([...get().edges].filter((one) => one !== id)) });
}

export function editEdge(id: string, values: Partial<FlowEdge>, about: string): void {
  changeGraph((graph) => changeEdge(graph, id, (edge) => ({ ...edge, ...values })), `${id}.${about}`);
}

export const moveEdge = (id: string, step: -1 | 1): void => changeGraph((graph) => reorder(graph, id, step));

export function setValue(node: string, name: string, value: unknown): void {
  changeGraph(
    (graph) => changeNode(graph, node, (one) => ({ ...one, values: { ...one.values, [name]: value } })),
    `${node}.${name}`,
  );
}

export function rename(node: string, name: string): void {
  changeGraph((graph) => changeNode(graph, node, (one) => ({ ...one, name })), `${node}#name`);
}

/** What may go of the selection: the start of a flow stays. */
export function removeSelected(join = false): void {
  if (!editable()) return;
  const { once } = get().facts;
  const graph = graphNow();
  const nodes = new Set(graph.nodes.filter(({ id, kind }) => get().nodes.has(id) && !once.has(kind)).map(({ id }) => id));
  const edges = nodes.size ? new Set<string>() : get().edges;
  if (!nodes.size && !edges.size) return;
  const [only] = nodes;
  changeGraph((old) => (join && nodes.size === 1 && only ? removeAndJoin(old, only) : remove(old, nodes, edges)));
  select([]);
}

// --- clipboard ------------------------------------------------------------------------------------

/** The selection as text; "" where nothing is selected. */
export function copySelected(): string {
  const part = copyPart(flowNow(), graphNow(), get().nodes, get().facts);
  if (part.nodes.length === 0) return "";
  say(tn("{count} node copied. Paste it here or into another agent.", "{count} nodes copied. Paste them here or into another agent.", part.nodes.length));
  return writePart(part);
}

/** Whether the text was a part of a flow. */
export function pasteText(text: string, at: Place): boolean {
  const part = readPart(text);
  if (!part || !editable()) return false;
  const unknown = part.nodes.find(({ kind }) => !get().kinds.has(kind));
  if (unknown) {
    say(t("This Parley knows no node of the kind “{kind}”.", { kind: unknown.kind }), "bad");
    return true;
  }
  put(part, at);
  return true;
}

function put(part: Parameters<typeof placePart>[0], at: Place): void {
  const open = get().open;
  const pasted = placePart(part, flowNow(), freePlace(graphNow(), at), get().facts);
  changeFlow((flow) => {
    const nodes = open === "" ? pasted.part.nodes : pasted.part.nodes.map((node) => ({ ...node, global: null }));
    const grown = { ...flow, flows: [...flow.flows, ...pasted.part.flows] };
    const graph = addNodes(open === "" ? grown : (grown.flows.find(({ id }) => id === open) as Graph), nodes, pasted.part.edges);
    if (open === "") return { ...grown, ...graph };
    return { ...grown, flows: grown.flows.map((inner) => (inner.id === open ? { ...inner, ...graph } : inner)) };
  });
  select(pasted.ids);
  set({ sight: { nodes: pasted.ids } });
}

export function duplicate(): void {
  const part = copyPart(flowNow(), graphNow(), get().nodes, get().facts);
  if (part.nodes.length === 0 || !editable()) return;
  const at = { x: Math.min(...part.nodes.map(({ x }) => x)) + 40, y: Math.min(...part.nodes.map(({ y }) => y)) + 40 };
  put(part, at);
}

// --- places ---------------------------------------------------------------------------------------

export function tidy(sizes: ReadonlyMap<string, Size>): void {
  const graph = graphNow();
  changeGraph((old) => moveNodes(old, layout(graph, sizes, get().facts.notes)));
  set({ sight: { nodes: [] } });
}

export function moveTo(places: ReadonlyMap<string, Place>, about = ""): void {
  changeGraph((graph) => moveNodes(graph, places), about);
}

export function nudge(dx: number, dy: number): void {
  const places = new Map(
    graphNow()
      .nodes.filter(({ id }) => get().nodes.has(id))
      .map(({ id, x, y }) => [id, { x: x + dx, y: y + dy }]),
  );
  if (places.size) moveTo(places, "nudge");
}

// --- sub-flows ------------------------------------------------------------------------------------

/** A new, empty sub-flow with a start; gives its id. */
export function addFlow(name: string): string {
  const once = get().data.kinds.find((kind) => kind.once);
  const taken = new Set(flowNow().flows.map((inner) => inner.name));
  const nodes: FlowNode[] = once
    ? [{ id: newId("n"), kind: once.kind, name: once.label, x: 0, y: 0, values: beginning(once), global: null }]
    : [];
  const inner: Subflow = { id: newId("f"), name: freeName(name, taken), nodes, edges: [] };
  changeFlow((flow) => ({ ...flow, flows: [...flow.flows, inner] }));
  return inner.id;
}

export function renameFlow(id: string, name: string): void {
  changeFlow(
    (flow) => ({ ...flow, flows: flow.flows.map((inner) => (inner.id === id ? { ...inner, name } : inner)) }),
    `${id}#name`,
  );
}

export function removeFlow(id: string): void {
  if (get().open === id) openFlow("");
  changeFlow((flow) => ({ ...flow, flows: flow.flows.filter((inner) => inner.id !== id) }));
}

/** A new node in the middle of an edge: what the edge led to follows the new node. */
export function addInto(kind: Kind, edge: string, place: Place): string {
  const old = graphNow().edges.find(({ id }) => id === edge);
  if (!old || !editable() || !kind.compiled) return addAt(kind, place);
  const node = newNode(kind, place);
  const exit = firstFree(exitsOf(kind, node, []));
  changeGraph((graph) => {
    const led = changeEdge(addNodes(graph, [node]), edge, (one) => ({ ...one, target: node.id }));
    return exit ? connect(led, newEdge(node.id, exit.port, old.target), exit.port.many) : led;
  });
  select([node.id]);
  set({ sight: { nodes: [node.id], grab: true } });
  return node.id;
}
