// What the server says and takes: docs/builder-data.md in types.

export type EdgeKind = "condition" | "event" | "judged" | "else";
export type Values = Record<string, unknown>;

export interface Row {
  variable: string;
  operator: string;
  value: string;
}

export interface GlobalEntry {
  label: string;
  match: "all" | "any";
  rows: Row[];
  returns: boolean;
}

export interface FlowNode {
  id: string;
  kind: string;
  name: string;
  x: number;
  y: number;
  values: Values;
  global: GlobalEntry | null;
}

export interface FlowEdge {
  id: string;
  source: string;
  port: string;
  target: string;
  kind: EdgeKind;
  label: string;
  event: string;
  match: "all" | "any";
  rows: Row[];
  priority: number;
}

export interface Graph {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

export interface Subflow extends Graph {
  id: string;
  name: string;
}

export interface Variable {
  name: string;
  value: string;
}

export interface Flow extends Graph {
  schema: number;
  flows: Subflow[];
  variables: Variable[];
}

export type EdgeEnd = Pick<FlowEdge, "source" | "port" | "target">;

export interface Option {
  value: string;
  label: string;
  group?: string;
  help?: string;
}

export interface When {
  field: string;
  in: unknown[];
}

export interface Field {
  name: string;
  label: string;
  help: string;
  widget: "text" | "number" | "choice" | "picks" | "switch" | "tags" | "variable" | "rows" | "list" | "arguments";
  required: boolean;
  default: unknown;
  section: string;
  advanced: boolean;
  when: When | null;
  max_length?: number;
  multiline?: boolean;
  template?: boolean;
  spoken?: boolean;
  counts_tokens?: boolean;
  placeholder?: string;
  minimum?: number | null;
  maximum?: number | null;
  step?: number;
  whole?: boolean;
  unit?: string;
  /** Of a number: null is allowed. Of a choice: the label of "", where it is allowed. */
  empty?: boolean | string;
  options?: Option[];
  source?: string;
  max_items?: number;
  columns?: Field[];
  fields?: Field[];
  title?: string;
  item?: string;
  of?: string;
}

export interface PortSpec {
  name: string;
  label: string;
  kind: EdgeKind;
  event: string;
  many: boolean;
  required: boolean;
  each: string;
  keys: string[];
  captions: string[];
  when: When | null;
}

export interface Kind {
  kind: string;
  label: string;
  summary: string;
  docs: string;
  group: string;
  icon: string;
  colour: string;
  compiled: boolean;
  once: boolean;
  may_be_global: boolean;
  fields: Field[];
  ports: PortSpec[];
}

export interface Operator {
  value: string;
  label: string;
  needs_value: boolean;
}

export interface KnownVariable {
  name: string;
  label: string;
  node: string;
  kind: "fact" | "flow" | "slot" | "set" | "result";
}

export interface Problem {
  node: string;
  edge: string;
  field: string;
  code: string;
  message: string;
  severity: "error" | "warning";
  label: string;
}

export interface Tool {
  name: string;
  label: string;
  description: string;
  parameters: { properties?: Record<string, { type?: string; description?: string }>; required?: string[] };
}

export interface Version {
  id: string;
  number: number;
  note: string;
  by: string;
  at: string;
  live: boolean;
  pinned_by: string[];
  nodes: number;
}

export interface Section {
  key: string;
  title: string;
  summary: string;
}

/** How draft and published version stand to each other. */
export interface Standing {
  status: "unpublished" | "changed" | "published";
  status_text: string;
  number: number;
  differs: string[];
}

export interface Checked extends Standing {
  revision: number;
  problems: Problem[];
  can_publish: boolean;
  variables: KnownVariable[];
  tokens: number;
  token_limit: number;
  undo: boolean;
}

export interface BuilderData extends Checked {
  agent: { id: string; name: string; slug: string; archived: boolean };
  may: { edit: boolean; publish: boolean; talk: boolean };
  flow: Flow;
  plain: boolean;
  fields: Values;
  agent_fields: Field[];
  sections: Section[];
  kinds: Kind[];
  groups: { key: string; label: string }[];
  operators: Operator[];
  global_fields: Field[];
  sources: Record<string, Option[]>;
  tools: Tool[];
  versions: Version[];
  urls: Record<string, string>;
  menu_live: boolean;
  notices?: Problem[];
}

export interface Saved extends Checked {
  changed: { name: string; label: string }[];
  notices: Problem[];
  flow: Flow | null;
  plain: boolean;
}

export type Change = "added" | "removed" | "changed" | "moved";

export interface DiffLine {
  mark: "same" | "removed" | "added" | "skipped";
  pieces: { text: string; strong: boolean }[];
  count: number;
}

export interface DiffField {
  name: string;
  label: string;
  lines: DiffLine[];
}

export interface DiffNode {
  id: string;
  flow: string;
  kind: string;
  name: string;
  change: Change;
  words: string[];
  fields: DiffField[];
  node?: FlowNode | null;
}

export interface DiffEdge {
  id: string;
  flow: string;
  source: string;
  target: string;
  change: Change;
  words: string[];
  edge?: FlowEdge | null;
}

export interface Diff {
  before: { key: string; label: string };
  after: { key: string; label: string };
  fields: DiffField[];
  nodes: DiffNode[];
  edges: DiffEdge[];
  flows: { id: string; name: string; change: Change }[];
  words: string[];
}
