import { expect, test } from "vitest";
import { merge, sameFlow, takeTheirs } from "./merge";
import { edge, flow, node } from "./testing";

const base = flow([node("a"), node("b"), node("c")], [edge("1", "a", "b"), edge("2", "b", "c")]);
const say = (id: string, text: string) => node(id, { values: { text } });

test("each side's own changes are both kept", () => {
  const mine = { ...base, nodes: [say("a", "mine"), node("b"), node("c")] };
  const theirs = { ...base, nodes: [node("a"), say("b", "theirs"), node("c"), node("d")] };
  const merged = merge(base, mine, theirs);
  expect(merged.conflicts).toEqual([]);
  expect(merged.flow.nodes).toEqual([say("a", "mine"), say("b", "theirs"), node("c"), node("d")]);
  expect(merged.taken).toEqual(["b", "d"]);
});

test("the same change twice is no conflict", () => {
  const both = { ...base, nodes: [say("a", "same"), node("b"), node("c")] };
  expect(merge(base, both, structuredClone(both)).conflicts).toEqual([]);
});

test("two texts for one node are a conflict that holds mine until theirs is taken", () => {
  const mine = { ...base, nodes: [say("a", "mine"), node("b"), node("c")] };
  const theirs = { ...base, nodes: [say("a", "theirs"), node("b"), node("c")] };
  const { flow: merged, conflicts } = merge(base, mine, theirs);
  expect(conflicts).toEqual([{ what: "node", id: "a", place: "" }]);
  expect(merged.nodes[0]).toEqual(say("a", "mine"));
  const taken = takeTheirs(merged, theirs, { what: "node", id: "a", place: "" });
  expect(taken.nodes.find(({ id }) => id === "a")).toEqual(say("a", "theirs"));
});

test("moved by one and written by the other: both hold, and no question is asked", () => {
  const moved = { ...base, nodes: [node("a", { x: 40 }), node("b"), node("c")] };
  const written = { ...base, nodes: [say("a", "text"), node("b"), node("c")] };
  const both = node("a", { x: 40, values: { text: "text" } });
  expect(merge(base, moved, written)).toMatchObject({ conflicts: [], flow: { nodes: [both, {}, {}] } });
  expect(merge(base, written, moved)).toMatchObject({ conflicts: [], flow: { nodes: [both, {}, {}] } });
});

test("removed there and untouched here: it goes, with the edges that hung on it", () => {
  const theirs = { ...base, nodes: [node("a"), node("b")], edges: [edge("1", "a", "b")] };
  const mine = { ...base, edges: [...base.edges, edge("3", "a", "c")] };
  const merged = merge(base, mine, theirs);
  expect(merged.flow.nodes.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(merged.flow.edges.map(({ id }) => id)).toEqual(["1"]);
});

test("removed there and changed here is a conflict", () => {
  const theirs = { ...base, nodes: [node("a"), node("b")], edges: [edge("1", "a", "b")] };
  const mine = { ...base, nodes: [node("a"), node("b"), say("c", "kept")] };
  const { conflicts, flow: merged } = merge(base, mine, theirs);
  expect(conflicts).toEqual([{ what: "node", id: "c", place: "" }]);
  expect(takeTheirs(merged, theirs, conflicts[0]!).nodes.map(({ id }) => id)).toEqual(["a", "b"]);
});

test("sub-flows are merged inside", () => {
  const inner = (text: string, other: string) => flow([], [], { flows: [{ id: "f", name: "F", nodes: [say("x", text), say("y", other)], edges: [] }] });
  const merged = merge(inner("", ""), inner("mine", ""), inner("", "theirs"));
  expect(merged.conflicts).toEqual([]);
  expect(merged.flow.flows[0]?.nodes).toEqual([say("x", "mine"), say("y", "theirs")]);
});

test("lists of variables cannot be joined", () => {
  const list = (name: string) => flow([], [], { variables: [{ name, value: "" }] });
  expect(merge(flow([]), list("a"), list("b")).conflicts).toEqual([{ what: "variables", id: "", place: "" }]);
});

test("the order of names in an object is no difference", () => {
  expect(sameFlow(flow([node("a", { values: { x: 1, y: 2 } })]), flow([node("a", { values: { y: 2, x: 1 } })]))).toBe(true);
  expect(sameFlow(flow([node("a")]), flow([node("b")]))).toBe(false);
});
