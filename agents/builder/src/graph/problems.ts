// The problems the server found, sorted for showing: errors first, in the order in which the flow reads.

import type { Flow, Problem } from "../types";
import { graphsOf } from "./flow";
import { outline } from "./walk";

export type Worst = "error" | "warning";

export function sortProblems(problems: readonly Problem[], flow: Flow, once: ReadonlySet<string>): Problem[] {
  const place = new Map<string, number>();
  for (const [, graph] of graphsOf(flow)) {
    for (const { node } of outline(graph, once)) place.set(node.id, place.size + 1);
  }
  const rank = (problem: Problem): number => (problem.severity === "error" ? 0 : 1);
  const position = (problem: Problem): number => place.get(problem.node) ?? 0;
  return problems
    .map((problem, at) => ({ problem, at }))
    .sort(
      (one, other) =>
        rank(one.problem) - rank(other.problem) || position(one.problem) - position(other.problem) || one.at - other.at,
    )
    .map(({ problem }) => problem);
}

/** Node id → its worst problem. */
export function worstByNode(problems: readonly Problem[]): Map<string, Worst> {
  const worst = new Map<string, Worst>();
  for (const { node, severity } of problems) {
    if (severity === "error" || !worst.has(node)) worst.set(node, severity);
  }
  return worst;
}

export function problemsOf(problems: readonly Problem[], node: string, field?: string): Problem[] {
  return problems.filter((problem) => problem.node === node && (field === undefined || problem.field === field));
}

/** The one after `current`, round and round; null where there is none. */
export function nextProblem(problems: readonly Problem[], current: Problem | null, step: 1 | -1): Problem | null {
  if (problems.length === 0) return null;
  const at = current ? problems.findIndex((problem) => same(problem, current)) : -1;
  const next = at === -1 ? (step === 1 ? 0 : problems.length - 1) : (at + step + problems.length) % problems.length;
  return problems[next] ?? null;
}

const same = (one: Problem, other: Problem): boolean =>
  one.node === other.node && one.field === other.field && one.code === other.code && one.message === other.message;
