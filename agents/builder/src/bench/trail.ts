// The way of a conversation through the flow: which nodes each turn passed, what was known then, how long it took. Pure.

import type { Line, SocketMessage, Span } from "./types";

export type Variables = Record<string, unknown>;

export interface TurnTrail {
  leg: string;
  turn: number;
  nodes: string[];
  /** All that was known after the turn; null: as before. */
  variables: Variables | null;
  /** Milliseconds until the answer; null while it is not known. */
  ms: number | null;
  spans: Span[];
}

/** Oldest first. */
export type Trail = readonly TurnTrail[];

/** `trail` with what `message`, on leg `leg`, tells; the same object when it tells nothing. */
export function follow(trail: Trail, leg: string, message: SocketMessage): Trail {
  if (message.type === "entered") {
    const { variables } = message;
    const again = trail.some((known) => known.leg !== leg && known.turn === message.turn && known.nodes.length > 0);
    const nodes = again ? [] : message.nodes; // a leg that goes back to the beginning tells it once more
    return change(trail, leg, message.turn, (turn) => ({ ...turn, nodes: [...turn.nodes, ...nodes], variables }));
  }
  if (message.type === "timing") {
    const ms = message.v2v_ms ?? message.spans.reduce((sum, span) => sum + span.ms, 0);
    return change(trail, leg, message.turn, (turn) => ({ ...turn, ms, spans: message.spans }));
  }
  return trail;
}

function change(trail: Trail, leg: string, turn: number, edit: (turn: TurnTrail) => TurnTrail): Trail {
  const at = trail.findIndex((known) => known.leg === leg && known.turn === turn);
  if (at >= 0) return trail.map((known, index) => (index === at ? edit(known) : known));
  const made = edit({ leg, turn, nodes: [], variables: null, ms: null, spans: [] });
  const after = trail.findIndex((known) => known.leg === leg && known.turn > turn);
  return after < 0 ? [...trail, made] : [...trail.slice(0, after), made, ...trail.slice(after)];
}

/** What came before turn `turn` of leg `leg`. */
export function before(trail: Trail, leg: string, turn: number): Trail {
  const at = trail.findIndex((known) => known.leg === leg && known.turn >= turn);
  if (at >= 0) return trail.slice(0, at);
  const last = trail.findLastIndex((known) => known.leg === leg);
  return last < 0 ? trail : trail.slice(0, last + 1);
}

/** The lines before `line`: what stays when the conversation goes back to before it. */
export function linesBefore(lines: readonly Line[], line: Line): Line[] {
  const at = lines.findIndex((known) => known.key === line.key);
  return at < 0 ? [...lines] : lines.slice(0, at);
}

/** All nodes entered, in order; the last is where the conversation is. */
export function pathOf(trail: Trail): string[] {
  return trail.flatMap((turn) => turn.nodes);
}

export function turnOf(trail: Trail, leg: string | undefined, turn: number | undefined): TurnTrail | undefined {
  return trail.find((known) => known.leg === leg && known.turn === turn);
}

/** What is known after the first `count` turns; after all of them without it. */
export function variablesAfter(trail: Trail, count = trail.length): Variables {
  return trail.slice(0, count).findLast((turn) => turn.variables !== null)?.variables ?? {};
}

export type Shown = { line: Line } | { silent: TurnTrail };

/** The lines, and between them the turns that passed nodes without a word, each in its place. */
export function inOrder(lines: readonly Line[], trail: Trail): Shown[] {
  const placeOf = (line: Line) => trail.findIndex((turn) => turn.leg === line.leg && turn.turn === line.turn);
  const said = new Set(lines.map(placeOf));
  const shown: Shown[] = [];
  let next = 0;
  const passSilent = (upTo: number) => {
    for (; next < upTo; next += 1) {
      const turn = trail[next];
      if (turn && turn.nodes.length > 0 && !said.has(next)) shown.push({ silent: turn });
    }
  };
  for (const line of lines) {
    passSilent(placeOf(line));
    shown.push({ line });
  }
  passSilent(trail.length);
  return shown;
}

export interface KnownValue {
  name: string;
  value: string;
  /** Found out or changed in the last turn that told of variables. */
  fresh: boolean;
}

/** The variables now, those of the last turn marked. */
export function knownValues(trail: Trail): KnownValue[] {
  const last = trail.findLastIndex((turn) => turn.variables !== null);
  if (last < 0) return [];
  const now = variablesAfter(trail);
  const was = variablesAfter(trail, last);
  return Object.keys(now)
    .sort()
    .map((name) => ({ name, value: inWords(now[name]), fresh: inWords(now[name]) !== inWords(was[name]) }));
}

export function inWords(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** "320 ms", "1.24 s". */
export function waitInWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
