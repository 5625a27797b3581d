// Small flows and kinds for tests.

import type { Field, Flow, FlowEdge, FlowNode, Kind, PortSpec } from "../types";

export const node = (id: string, values: Partial<FlowNode> = {}): FlowNode => ({
  id,
  kind: "say",
  name: id,
  x: 0,
  y: 0,
  values: {},
  global: null,
  ...values,
});

export const edge = (id: string, source: string, target: string, values: Partial<FlowEdge> = {}): FlowEdge => ({
  id,
  source,
  port: "next",
  target,
  kind: "else",
  label: "",
  event: "",
  match: "all",
  rows: [],
  priority: 0,
  ...values,
});

export const flow = (nodes: FlowNode[], edges: FlowEdge[] = [], values: Partial<Flow> = {}): Flow => ({
  schema: 1,
  nodes,
  edges,
  flows: [],
  variables: [],
  ...values,
});

export const field = (name: string, values: Partial<Field> = {}): Field => ({
  name,
  label: name,
  help: "",
  widget: "text",
  required: false,
  default: "",
  section: "",
  advanced: false,
  when: null,
  ...values,
});

export const port = (name: string, values: Partial<PortSpec> = {}): PortSpec => ({
  name,
  label: name,
  kind: "else",
  event: "",
  many: false,
  required: false,
  each: "",
  keys: [],
  captions: [],
  when: null,
  ...values,
});

export const kind = (name: string, values: Partial<Kind> = {}): Kind => ({
  kind: name,
  label: name,
  summary: "",
  docs: "",
  group: "talk",
  icon: "chat",
  colour: "blue",
  compiled: true,
  once: false,
  may_be_global: true,
  fields: [],
  ports: [port("next")],
  ...values,
});

/** Numbers that repeat from run to run. */
export function numbers(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}
