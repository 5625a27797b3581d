// What leaves a node: the ports of its kind, one for each item where they repeat, and the exits the user has drawn.

import type { FlowEdge, FlowNode, Kind, PortSpec, Values, When } from "../types";
import { ordered } from "./flow";

export interface Port {
  name: string;
  label: string;
  kind: FlowEdge["kind"];
  event: string;
  many: boolean;
  required: boolean;
}

export function valueOf(fields: readonly { name: string; default: unknown }[], values: Values, name: string): unknown {
  return values[name] ?? fields.find((field) => field.name === name)?.default;
}

export function holds(when: When | null, fields: readonly { name: string; default: unknown }[], values: Values): boolean {
  return when === null || when.in.includes(valueOf(fields, values, when.field));
}

export function portsOf(kind: Kind, values: Values): Port[] {
  const seen = new Set<string>();
  return kind.ports
    .filter((spec) => holds(spec.when, kind.fields, values))
    .flatMap((spec) => (spec.each === "" ? [plain(spec)] : repeated(spec, valueOf(kind.fields, values, spec.each))))
    .filter(({ name }) => !seen.has(name) && seen.add(name));
}

const plain = ({ name, label, kind, event, many, required }: PortSpec): Port => ({
  name,
  label,
  kind,
  event,
  many,
  required,
});

function repeated(spec: PortSpec, items: unknown): Port[] {
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown): Port[] => {
    const key = textOf(item, spec.keys);
    if (key === "") return [];
    const put = (pattern: string, text: string): string => pattern.split("{}").join(text);
    return [
      {
        ...plain(spec),
        name: put(spec.name, key),
        event: put(spec.event, key),
        label: put(spec.label, textOf(item, spec.captions) || key),
      },
    ];
  });
}

/** The first non-empty of an object's `names`; a text stands for itself. */
function textOf(item: unknown, names: readonly string[]): string {
  if (typeof item === "string") return item;
  if (typeof item !== "object" || item === null) return "";
  for (const name of names) {
    const value = (item as Values)[name];
    if ((typeof value === "string" || typeof value === "number") && String(value) !== "") return String(value);
  }
  return "";
}

/** A row on the card of a node with a handle of its own. */
export interface Exit {
  /** The handle's id on the canvas. */
  handle: string;
  port: Port;
  /** The edge that leaves here; null where nothing is connected yet. */
  edge: FlowEdge | null;
  /** Draws a new path from a `many` port. */
  adds: boolean;
  /** The port is not there any more, but its edge still is. */
  lost: boolean;
}

export const edgeHandle = (id: string): string => `edge:${id}`;
export const newHandle = (port: string): string => `new:${port}`;

/** `edges`: those that leave the node. Paths of a `many` port come first, in the order in which they are tried. */
export function exitsOf(kind: Kind, node: FlowNode, edges: readonly FlowEdge[]): Exit[] {
  const exits: Exit[] = [];
  const ports = portsOf(kind, node.values);
  for (const port of ports) {
    const own = ordered(edges, node.id, port.name);
    if (port.many) {
      for (const edge of own) exits.push({ handle: edgeHandle(edge.id), port, edge, adds: false, lost: false });
      exits.push({ handle: newHandle(port.name), port, edge: null, adds: true, lost: false });
    } else {
      exits.push({ handle: port.name, port, edge: own[0] ?? null, adds: false, lost: false });
    }
  }
  const known = new Set(ports.map(({ name }) => name));
  for (const edge of edges) {
    if (edge.source !== node.id || known.has(edge.port)) continue;
    const { kind: edgeKind, event } = edge;
    const port = { name: edge.port, label: edge.label || edge.port, kind: edgeKind, event, many: true, required: false };
    exits.push({ handle: edgeHandle(edge.id), port, edge, adds: false, lost: true });
  }
  return exits;
}

/** The name of the exit that simply goes on. */
export const NEXT = "next";

/** Where a new node is joined on by itself: what has to lead somewhere, else a new path where nothing simply goes on. */
export function firstFree(exits: readonly Exit[]): Exit | null {
  const free = exits.filter(({ edge, lost }) => edge === null && !lost);
  const single = free.filter(({ adds }) => !adds);
  const goesOn = exits.some(({ port }) => port.name === NEXT);
  return (
    single.find(({ port }) => port.required) ??
    single.find(({ port }) => port.kind === "else") ??
    (goesOn ? null : (free.find(({ adds }) => adds) ?? null))
  );
}
