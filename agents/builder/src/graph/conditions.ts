// How conditions and paths read, in one line.

import type { FlowEdge, Operator, Row } from "../types";
import { t } from "../words";

export function rowText(row: Row, operators: readonly Operator[]): string {
  const operator = operators.find(({ value }) => value === row.operator);
  const words = [row.variable || "…", operator?.label ?? row.operator];
  if (operator?.needs_value !== false) words.push(row.value === "" ? "…" : row.value);
  return words.join(" ");
}

export function rowsText(rows: readonly Row[], match: "all" | "any", operators: readonly Operator[]): string {
  const glue = match === "all" ? t("and") : t("or");
  return rows.map((row) => rowText(row, operators)).join(` ${glue} `);
}

/** What is written on a path; "" where nothing is said of it yet. */
export function edgeText(edge: FlowEdge, operators: readonly Operator[]): string {
  if (edge.kind === "condition") return edge.label || rowsText(edge.rows, edge.match, operators);
  return edge.label;
}
