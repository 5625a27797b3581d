import { describe, expect, it } from "vitest";
import { before, follow, inOrder, inWords, knownValues, linesBefore, pathOf, type Trail, turnOf, variablesAfter, waitInWords } from "./trail";
import type { Line, SocketMessage } from "./types";

const entered = (turn: number, nodes: string[], variables: Record<string, unknown> = {}): SocketMessage => ({
  type: "entered",
  turn,
  nodes,
  variables,
});
const timing = (turn: number, v2v_ms: number | null, ...ms: number[]): SocketMessage => ({
  type: "timing",
  turn,
  v2v_ms,
  spans: ms.map((each, index) => ({ name: `s${index}`, ms: each })),
});

function trailOf(...messages: [string, SocketMessage][]): Trail {
  return messages.reduce<Trail>((trail, [leg, message]) => follow(trail, leg, message), []);
}

describe("follow", () => {
  it("joins the nodes of a turn and keeps what was known last", () => {
    const trail = trailOf(["a", entered(1, ["x"], { day: "Monday" })], ["a", entered(1, ["y"], { day: "Friday" })]);
    expect(pathOf(trail)).toEqual(["x", "y"]);
    expect(variablesAfter(trail)).toEqual({ day: "Friday" });
  });

  it("takes the wait as it was heard, or the sum of what was waited for", () => {
    const trail = trailOf(["a", timing(1, 420, 100, 200)], ["a", timing(2, null, 100, 200)]);
    expect(trail.map((turn) => turn.ms)).toEqual([420, 300]);
  });

  it("puts a turn that is told of late in its place", () => {
    const trail = trailOf(["a", entered(2, ["y"])], ["a", entered(1, ["x"])]);
    expect(pathOf(trail)).toEqual(["x", "y"]);
  });

  it("takes the beginning once, when a leg that went back tells it again", () => {
    const trail = trailOf(["a", entered(0, ["s", "x"], { n: 1 })], ["b", entered(0, ["s", "x"], { n: 2 })], ["b", entered(1, ["y"])]);
    expect(pathOf(trail)).toEqual(["s", "x", "y"]);
    expect(turnOf(trail, "b", 0)?.variables).toEqual({ n: 2 });
  });

  it("is the same trail when nothing is told", () => {
    const trail = trailOf(["a", entered(1, ["x"])]);
    expect(follow(trail, "a", { type: "reply_text", turn: 1, text: "Hi" })).toBe(trail);
  });
});

describe("before", () => {
  const trail = trailOf(["a", entered(0, ["s"])], ["a", entered(1, ["x"])], ["b", entered(2, ["y"])], ["b", entered(3, ["z"])]);

  it("keeps what came before that turn", () => {
    expect(pathOf(before(trail, "b", 3))).toEqual(["s", "x", "y"]);
    expect(pathOf(before(trail, "a", 1))).toEqual(["s"]);
    expect(pathOf(before(trail, "a", 0))).toEqual([]);
  });

  it("cuts after the leg when the turn itself told nothing", () => {
    expect(pathOf(before(trail, "a", 2))).toEqual(["s", "x"]);
    expect(pathOf(before(trail, "c", 1))).toEqual(["s", "x", "y", "z"]);
  });
});

describe("linesBefore", () => {
  it("is what was said before", () => {
    const lines = ["1", "2", "3"].map((key): Line => ({ key, role: "caller", text: key, source: "text", state: "done" }));
    expect(linesBefore(lines, lines[1] as Line).map((line) => line.key)).toEqual(["1"]);
    expect(linesBefore(lines, { ...(lines[0] as Line), key: "?" })).toHaveLength(3);
  });
});

describe("inOrder", () => {
  const line = (turn: number, role: "caller" | "agent" = "caller"): Line => ({
    key: `${role}-${turn}`,
    role,
    text: "",
    source: "text",
    state: "done",
    leg: "a",
    turn,
  });
  const order = (lines: Line[], trail: Trail) =>
    inOrder(lines, trail).map((item) => ("line" in item ? item.line.key : `silent-${item.silent.turn}`));

  it("shows a silent turn where it happened", () => {
    const trail = trailOf(["a", entered(0, ["s"])], ["a", entered(1, ["x"])], ["a", entered(2, ["y"])], ["a", entered(3, ["z"])]);
    const lines = [line(1), line(1, "agent"), { ...line(9), key: "typed" }, line(3)];
    expect(order(lines, trail)).toEqual(["silent-0", "caller-1", "agent-1", "typed", "silent-2", "caller-3"]);
    expect(order([], trail.slice(0, 1))).toEqual(["silent-0"]);
  });

  it("leaves out what passed nothing", () => {
    expect(order([line(1)], trailOf(["a", timing(0, null, 3)], ["a", entered(1, ["x"])]))).toEqual(["caller-1"]);
  });
});

describe("knownValues", () => {
  it("marks what the last turn found out", () => {
    const trail = trailOf(
      ["a", entered(0, ["s"], { caller: "web" })],
      ["a", entered(1, ["x"], { caller: "web", day: "Monday" })],
      ["a", timing(2, null, 3)],
    );
    expect(knownValues(trail)).toEqual([
      { name: "caller", value: "web", fresh: false },
      { name: "day", value: "Monday", fresh: true },
    ]);
    expect(knownValues([])).toEqual([]);
  });
});

it("writes values and waits as people read them", () => {
  expect([inWords("a"), inWords(null), inWords({ b: [1] })]).toEqual(["a", "", '{"b":[1]}']);
  expect([waitInWords(320.4), waitInWords(1240)]).toEqual(["320 ms", "1.24 s"]);
});
