// How nodes are called on the canvas.

import type { Flow, Kind } from "../types";
import { say } from "./words";

export type Names = (node: string) => string;

/** The name of a node by its id, or what kind it is; for one that is no longer there a word that says so. */
export function nodeNames(flow: Flow, kinds: ReadonlyMap<string, Kind>): Names {
  const names = new Map<string, string>();
  for (const part of [flow, ...flow.flows]) {
    for (const node of part.nodes) names.set(node.id, node.name || kinds.get(node.kind)?.label || node.kind);
  }
  return (node) => names.get(node) ?? say("(deleted)");
}

/** "node:n_1" is that node's own request, anything else a tool. */
export function toolName(tool: string, names: Names): string {
  return tool.startsWith("node:") ? names(tool.slice(5)) : tool;
}
