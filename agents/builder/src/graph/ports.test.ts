import { expect, test } from "vitest";
import { exitsOf, firstFree, portsOf } from "./ports";
import { edge, field, kind, node, port } from "./testing";

const menu = kind("menu", {
  fields: [field("choices", { widget: "list", default: [] }), field("wait", { widget: "switch", default: false })],
  ports: [
    port("choice:{}", { kind: "event", event: "choice:{}", label: "{}", each: "choices", keys: ["value"], captions: ["label", "value"], required: true }),
    port("heard", { kind: "judged", many: true, label: "The caller says" }),
    port("silence", { kind: "event", event: "silence", when: { field: "wait", in: [true] } }),
    port("next", { required: true }),
  ],
});

test("a port repeats for each item, and waits for its condition", () => {
  const values = { choices: [{ value: "book", label: "Book" }, { value: "", label: "" }, { value: "ask" }, { value: "book" }] };
  expect(portsOf(menu, values).map(({ name, label, event }) => [name, label, event])).toEqual([
    ["choice:book", "Book", "choice:book"],
    ["choice:ask", "ask", "choice:ask"],
    ["heard", "The caller says", ""],
    ["next", "next", ""],
  ]);
  expect(portsOf(menu, { wait: true }).map(({ name }) => name)).toEqual(["heard", "silence", "next"]);
});

test("items may be texts", () => {
  const split = kind("split", { fields: [field("ways", { default: ["a", "b"] })], ports: [port("split:{}", { each: "ways", label: "{}" })] });
  expect(portsOf(split, {}).map(({ name }) => name)).toEqual(["split:a", "split:b"]);
});

test("drawn paths have a handle each and stand before the one that adds", () => {
  const edges = [edge("2", "n", "b", { port: "heard", priority: 2 }), edge("1", "n", "b", { port: "heard", priority: 1 }), edge("3", "n", "b")];
  const exits = exitsOf(menu, node("n", { kind: "menu" }), edges);
  expect(exits.map(({ handle, edge: drawn, adds }) => [handle, drawn?.id ?? "", adds])).toEqual([
    ["edge:1", "1", false],
    ["edge:2", "2", false],
    ["new:heard", "", true],
    ["next", "3", false],
  ]);
});

test("an edge whose port is gone is shown as lost, so that it can be removed", () => {
  const exits = exitsOf(menu, node("n", { kind: "menu" }), [edge("1", "n", "b", { port: "choice:old", kind: "event", event: "choice:old" })]);
  expect(exits.at(-1)).toMatchObject({ handle: "edge:1", lost: true });
});

test("the next node is joined to what is needed most", () => {
  const values = { choices: [{ value: "book" }] };
  const free = (edges: ReturnType<typeof edge>[]) => firstFree(exitsOf(menu, node("n", { kind: "menu", values }), edges))?.handle;
  expect(free([])).toBe("choice:book");
  const booked = edge("1", "n", "b", { port: "choice:book", kind: "event" });
  expect(free([booked])).toBe("next");
  expect(free([booked, edge("2", "n", "b")])).toBeUndefined();
});

test("where nothing simply goes on, a new path is drawn", () => {
  const goal = kind("goal", { ports: [port("judged", { kind: "judged", many: true }), port("silence", { kind: "event" })] });
  expect(firstFree(exitsOf(goal, node("n", { kind: "goal" }), []))?.handle).toBe("new:judged");
});
