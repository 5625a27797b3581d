import { expect, test } from "vitest";
import { copyPart, placePart, readPart, writePart } from "./clipboard";
import { factsOf } from "./kinds";
import { edge, field, flow, kind, node, numbers } from "./testing";

const kinds = factsOf([
  kind("start", { once: true }),
  kind("say"),
  kind("call", { fields: [field("flow", { widget: "choice", source: "flows" })] }),
]);
const whole = flow(
  [node("s", { kind: "start" }), node("a", { x: 100, y: 50 }), node("b", { kind: "call", x: 300, y: 80, values: { flow: "f" } })],
  [edge("1", "s", "a"), edge("2", "a", "b")],
  { flows: [{ id: "f", name: "Inner", nodes: [node("i", { kind: "start" })], edges: [] }] },
);

test("what is copied are the chosen nodes, the edges between them and the sub-flows they use; never the start", () => {
  const part = copyPart(whole, whole, new Set(["s", "a", "b"]), kinds);
  expect(part.nodes.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(part.edges.map(({ id }) => id)).toEqual(["2"]);
  expect(part.flows.map(({ id }) => id)).toEqual(["f"]);
});

test("a part survives the clipboard", () => {
  const part = copyPart(whole, whole, new Set(["a", "b"]), kinds);
  expect(readPart(writePart(part))).toEqual(part);
});

test("pasted nodes have new ids and lie at the wished place; their edges follow", () => {
  const part = copyPart(whole, whole, new Set(["a", "b"]), kinds);
  const { part: placed, ids } = placePart(part, whole, { x: 0, y: 0 }, kinds, numbers());
  expect(placed.nodes.map(({ x, y }) => [x, y])).toEqual([[0, 0], [200, 30]]);
  expect(new Set([...ids, "a", "b"]).size).toBe(4);
  expect(placed.edges[0]).toMatchObject({ source: ids[0], target: ids[1] });
  expect(placed.edges[0]?.id).not.toBe("2");
});

test("the same sub-flow is used again, an unknown one comes along with new ids", () => {
  const part = copyPart(whole, whole, new Set(["b"]), kinds);
  expect(placePart(part, whole, { x: 0, y: 0 }, kinds).part).toMatchObject({ flows: [], nodes: [{ values: { flow: "f" } }] });
  const { part: placed } = placePart(part, flow([], [], { flows: [{ id: "g", name: "Inner", nodes: [], edges: [] }] }), { x: 0, y: 0 }, kinds);
  expect(placed.flows).toHaveLength(1);
  expect(placed.flows[0]?.name).toBe("Inner 2");
  expect(placed.nodes[0]?.values["flow"]).toBe(placed.flows[0]?.id);
  expect(placed.flows[0]?.nodes[0]?.id).not.toBe("i");
});

test.each(["", "hello", "{}", "[1]", '{"what":"parley-flow-part","schema":2,"nodes":[],"edges":[],"flows":[]}', '{"what":"parley-flow-part","schema":1,"nodes":[{"id":1}],"edges":[],"flows":[]}'])(
  "%s is no part",
  (text) => expect(readPart(text)).toBeNull(),
);
