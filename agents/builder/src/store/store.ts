// The one store of the page: the document with its history, what is selected and open, what the server said of it.

import { create } from "zustand";
import { ApiError, sendJson } from "../api";
import { begin, commit, type History, redo, replace, undo } from "../graph/history";
import { graphOf, placeOf, withGraph } from "../graph/flow";
import { sortProblems } from "../graph/problems";
import { factsOf, type KindFacts } from "../graph/kinds";
import type { BuilderData, Checked, Diff, Flow, Graph, Kind, Problem, Saved, Values } from "../types";
import { t, tn } from "../words";
import { Autosave, type Clash, type Content, type SaveKind } from "./autosave";

export type Panel = "inspector" | "problems" | "test" | "versions";

export interface Live {
  /** Nodes of the test so far, in the order in which they were entered. */
  path: string[];
  current: string;
}

export interface Toast {
  text: string;
  kind: "plain" | "bad";
  at: number;
}

export interface State {
  data: BuilderData;
  kinds: ReadonlyMap<string, Kind>;
  facts: KindFacts;
  history: History<Content>;
  checked: Checked;
  problems: Problem[];
  problem: Problem | null;
  /** The sub-flow on the canvas; "" is the main flow. */
  open: string;
  nodes: ReadonlySet<string>;
  edges: ReadonlySet<string>;
  panel: Panel | null;
  palette: boolean;
  outline: boolean;
  dialog: "" | "publish" | "help";
  save: { kind: SaveKind; message: string };
  clash: Clash | null;
  live: Live | null;
  diff: Diff | null;
  toast: Toast | null;
  /** A wish to bring nodes into view, and to have the keyboard's focus there; a new object is a new wish. */
  sight: { nodes: string[]; grab?: boolean; follow?: boolean } | null;
  /** A field of the selected node that wants the focus. */
  focus: { field: string; quiet?: boolean } | null;
  /** The node whose text is being edited on its card. */
  writing: string;
}

let autosave: Autosave | null = null;

const empty = new Set<string>();

export const useBuilder = create<State>()(() => ({}) as State);
const { getState: get, setState: set } = useBuilder;

export const flowNow = (): Flow => get().history.present.flow;
export const graphNow = (): Graph => graphOf(flowNow(), get().open);
export const editable = (): boolean => {
  const { data, diff } = get();
  return data.may.edit && !data.agent.archived && diff === null;
};

export function start(data: BuilderData): void {
  const content = { flow: data.flow, fields: data.fields };
  const facts = factsOf(data.kinds);
  const wide = window.matchMedia("(min-width: 1000px)").matches;
  set({
    data,
    kinds: new Map(data.kinds.map((kind) => [kind.kind, kind])),
    facts,
    history: begin(content),
    checked: data,
    problems: sortProblems(data.problems, data.flow, facts.once),
    problem: null,
    open: "",
    nodes: empty,
    edges: empty,
    panel: wide ? "inspector" : null,
    palette: wide,
    outline: false,
    dialog: "",
    save: { kind: "saved", message: "" },
    clash: null,
    live: null,
    diff: null,
    toast: null,
    sight: { nodes: [] },
    focus: null,
    writing: "",
  });
  autosave = new Autosave(
    {
      read: () => get().history.present,
      send: (changes) => sendJson<Saved>(get().data.urls["flow"] as string, changes, "PUT"),
      status: (kind, message) => set({ save: { kind, message } }),
      saved,
      adopt: (present) => set({ history: replace(get().history, present) }),
      joined: (clash) => say(joinedText(clash)),
      clash: (clash) => set({ clash }),
    },
    data.revision,
    content,
  );
}

function saved(answer: Saved): void {
  set({ checked: answer, problems: sortProblems(answer.problems, flowNow(), get().facts.once) });
  const [notice] = answer.notices;
  if (notice) say(notice.message);
}

const joinedText = ({ by, taken }: Clash): string =>
  tn(
    "{who} changed this flow too: {count} node came in, yours are kept.",
    "{who} changed this flow too: {count} nodes came in, yours are kept.",
    taken.length,
    { who: by || t("Somebody else") },
  );

export function say(text: string, kind: Toast["kind"] = "plain"): void {
  set({ toast: { text, kind, at: Date.now() } });
}

/** Runs what talks to the server; its failure is said. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    say(error.message, "bad");
    return null;
  }
}

// --- the document -----------------------------------------------------------------------------------

/** `about`: quick changes about the same thing are one step of undo. */
export function change(next: Content, about = ""): void {
  if (!editable()) return;
  const history = commit(get().history, next, about, Date.now());
  if (history === get().history) return;
  set({ history });
  autosave?.touch();
}

export function changeFlow(edit: (flow: Flow) => Flow, about = ""): void {
  const { present } = get().history;
  const flow = edit(present.flow);
  if (flow !== present.flow) change({ ...present, flow }, about);
}

/** The graph on the canvas. */
export function changeGraph(edit: (graph: Graph) => Graph, about = ""): void {
  changeFlow((flow) => withGraph(flow, get().open, edit), about);
}

export function changeFields(values: Values, about = ""): void {
  const { present } = get().history;
  change({ ...present, fields: { ...present.fields, ...values } }, about);
}

function travel(way: typeof undo): void {
  if (!editable()) return;
  const before = get().history;
  const history = way(before);
  if (history === before) return;
  set({ history, writing: "" });
  showWhatChanged(before.present.flow, history.present.flow);
  autosave?.touch();
}

export const undoStep = (): void => travel(undo);
export const redoStep = (): void => travel(redo);

/** After undo and redo: the graph that changed is opened and what changed is selected. */
function showWhatChanged(before: Flow, after: Flow): void {
  if (!after.flows.some(({ id }) => id === get().open) && get().open !== "") set({ open: "" });
  const old = new Set(graphOf(before, get().open).nodes);
  const changed = graphOf(after, get().open).nodes.filter((node) => !old.has(node));
  if (changed.length && changed.length < 50) select(changed.map(({ id }) => id));
  else prune();
}

/** What is selected but gone is not selected. */
function prune(): void {
  const graph = graphNow();
  const nodes = new Set(graph.nodes.map(({ id }) => id).filter((id) => get().nodes.has(id)));
  const edges = new Set(graph.edges.map(({ id }) => id).filter((id) => get().edges.has(id)));
  set({ nodes, edges });
}

export const flush = async (): Promise<void> => await autosave?.flush();
export const isDirty = (): boolean => autosave?.dirty ?? false;
export const revision = (): number => autosave?.at ?? 0;

export async function settle(content: Content): Promise<void> {
  set({ clash: null });
  await autosave?.settle(content);
  prune();
}

/** The server's draft became another one (restored, imported, taken back): one step that undo cannot mix up. */
export function takeOver(data: BuilderData): void {
  const content = { flow: data.flow, fields: data.fields };
  const problems = sortProblems(data.problems, data.flow, get().facts.once);
  set({ data, checked: data, problems, history: begin(content), diff: null });
  set({ open: "", nodes: empty, edges: empty, sight: { nodes: [] }, live: null });
  autosave?.reset(data.revision, content);
}

// --- what is looked at ------------------------------------------------------------------------------

export function select(nodes: Iterable<string>, edges: Iterable<string> = []): void {
  set({ nodes: new Set(nodes), edges: new Set(edges) });
}

export function openFlow(id: string): void {
  set({ open: id, nodes: empty, edges: empty, sight: { nodes: [] }, writing: "" });
}

export function show(panel: Panel | null): void {
  set({ panel });
}

/** Opens the node's graph, selects it, brings it into view. */
export function goTo(node: string, field = ""): boolean {
  const place = placeOf(flowNow(), node);
  if (place === null) return false;
  if (place !== get().open) set({ open: place });
  set({ nodes: new Set([node]), edges: empty, sight: { nodes: [node] }, panel: "inspector", outline: false });
  if (field) set({ focus: { field } });
  return true;
}

/** Selects the node and brings it into view; the panel stays. */
export function lookAt(node: string): void {
  const place = placeOf(flowNow(), node);
  if (place === null) return;
  set({ open: place, nodes: new Set([node]), edges: empty, sight: { nodes: [node] }, outline: false });
}

/** Where the test is: its graph is opened and the node kept in view, at whatever size. */
export function follow(path: string[]): void {
  const current = path.at(-1) ?? "";
  const before = get().live?.current ?? "";
  set({ live: path.length ? { path, current } : null });
  if (!current || current === before || get().panel !== "test") return;
  const place = placeOf(flowNow(), current);
  if (place === null) return;
  if (place !== get().open) set({ open: place, nodes: empty, edges: empty });
  set({ sight: { nodes: [current], follow: true } });
}

export function goToProblem(problem: Problem): void {
  set({ problem });
  if (problem.node) {
    goTo(problem.node, problem.edge ? `edge:${problem.edge}.${problem.field}` : problem.field);
  } else {
    set({ nodes: empty, edges: empty, panel: "inspector", outline: false, focus: { field: problem.field } });
  }
}
