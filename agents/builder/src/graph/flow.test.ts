import { expect, test } from "vitest";
import { addNodes, connect, freePlace, moveNodes, ordered, placeOf, remove, removeAndJoin, reorder, withGraph } from "./flow";
import { edge, flow, node } from "./testing";

const three = () => flow([node("a"), node("b"), node("c")], [edge("1", "a", "b"), edge("2", "b", "c")]);

test("removing a node takes its edges along and leaves the rest as it is", () => {
  const graph = three();
  const after = remove(graph, new Set(["c"]), new Set());
  expect(after.nodes.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(after.edges.map(({ id }) => id)).toEqual(["1"]);
  expect(after.nodes[0]).toBe(graph.nodes[0]);
});

test("removing nothing changes nothing", () => {
  const graph = three();
  const after = remove(graph, new Set(), new Set());
  expect(after.nodes).toBe(graph.nodes);
  expect(after.edges).toBe(graph.edges);
});

test("a node in the middle goes and its neighbours are joined", () => {
  const after = removeAndJoin(three(), "b");
  expect(after.edges).toEqual([edge("1", "a", "c")]);
});

test("neighbours are not joined where the way is not clear", () => {
  const graph = flow([node("a"), node("b"), node("c"), node("d")], [edge("1", "a", "b"), edge("2", "b", "c"), edge("3", "b", "d")]);
  expect(removeAndJoin(graph, "b").edges).toEqual([]);
});

test("a node that leads to itself does not stay its own neighbour", () => {
  const graph = flow([node("a"), node("b"), node("c")], [edge("1", "a", "b"), edge("2", "b", "b"), edge("3", "b", "c")]);
  expect(removeAndJoin(graph, "b").edges).toEqual([edge("1", "a", "c")]);
});

test("a single port has one edge, a port of many keeps them all", () => {
  const fresh = edge("9", "a", "c");
  expect(connect(three(), fresh, false).edges.map(({ id }) => id)).toEqual(["2", "9"]);
  expect(connect(three(), fresh, true).edges.map(({ id }) => id)).toEqual(["1", "2", "9"]);
});

test("paths are tried by priority, those alike in the order they were drawn", () => {
  const edges = [edge("1", "a", "b", { priority: 1 }), edge("2", "a", "b"), edge("3", "a", "b", { priority: 1 })];
  expect(ordered(edges, "a", "next").map(({ id }) => id)).toEqual(["2", "1", "3"]);
});

test("a path moves one place, never over the end", () => {
  const graph = flow([node("a"), node("b")], ["1", "2", "3"].map((id) => edge(id, "a", "b", { port: "when" })));
  const later = reorder(graph, "1", 1);
  expect(ordered(later.edges, "a", "when").map(({ id }) => id)).toEqual(["2", "1", "3"]);
  expect(reorder(graph, "1", -1)).toBe(graph);
  expect(reorder(graph, "3", 1)).toBe(graph);
});

test("places are whole numbers; a place that is the same changes nothing", () => {
  const graph = flow([node("a", { x: 8 }), node("b")]);
  expect(moveNodes(graph, new Map([["a", { x: 10.4, y: 3.6 }]])).nodes[0]).toMatchObject({ x: 10, y: 4 });
  expect(moveNodes(graph, new Map([["a", { x: 8.2, y: 0 }]]))).toBe(graph);
});

test("a change of a sub-flow leaves the main flow's lists alone", () => {
  const whole = flow([node("a")], [], { flows: [{ id: "f", name: "F", nodes: [node("x")], edges: [] }] });
  const after = withGraph(whole, "f", (graph) => addNodes(graph, [node("y")]));
  expect(after.nodes).toBe(whole.nodes);
  expect(after.flows[0]?.nodes.map(({ id }) => id)).toEqual(["x", "y"]);
  expect(withGraph(whole, "f", (graph) => graph)).toBe(whole);
  expect([placeOf(after, "y"), placeOf(after, "a"), placeOf(after, "z")]).toEqual(["f", "", null]);
});

test("a new node lies on no other one, or at least hides none", () => {
  const graph = flow([node("a"), node("b", { x: 32, y: 32 })]);
  expect(freePlace(graph, { x: 3, y: 0 })).toEqual({ x: 3, y: 192 });
  expect(freePlace(graph, { x: 3, y: 0 }, true)).toEqual({ x: 67, y: 64 });
  expect(freePlace(graph, { x: 400, y: 0 })).toEqual({ x: 400, y: 0 });
});
