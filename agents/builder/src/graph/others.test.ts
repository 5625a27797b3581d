import { expect, test } from "vitest";
import { freeName, newId } from "./ids";
import { layout } from "./layout";
import { nextProblem, sortProblems, worstByNode } from "./problems";
import { find } from "./search";
import { insertAt, pieces, suggestions, typingAt } from "./templates";
import { edge, field, flow, kind, node, numbers } from "./testing";
import { chipsOf, previewOf } from "./values";
import { neighbour, outline } from "./walk";
import { rowsText } from "./conditions";
import type { KnownVariable, Problem } from "../types";

test("ids are fit for the server and do not repeat", () => {
  const random = numbers();
  const ids = Array.from({ length: 2000 }, () => newId("n", random));
  expect(new Set(ids).size).toBe(2000);
  for (const id of ids) expect(id).toMatch(/^n_[a-z0-9]{8}$/);
});

test("a taken name gets a number, and counts on", () => {
  expect(freeName("Ask", new Set())).toBe("Ask");
  expect(freeName("Ask", new Set(["Ask"]))).toBe("Ask 2");
  expect(freeName("Ask 2", new Set(["Ask", "Ask 2"]))).toBe("Ask 3");
});

// --- layout and order -----------------------------------------------------------------------------

const chain = flow([node("s", { kind: "start" }), node("b"), node("a"), node("note", { kind: "note" })], [edge("1", "s", "a"), edge("2", "a", "b"), edge("3", "b", "b"), edge("4", "b", "a")]);

test("a layout goes from left to right, nothing overlaps, notes lie below", () => {
  const places = layout(chain, new Map([["a", { width: 300, height: 400 }]]), new Set(["note"]));
  const at = (id: string) => places.get(id) as { x: number; y: number };
  expect(at("s").x).toBeLessThan(at("a").x);
  expect(at("a").x + 300).toBeLessThan(at("b").x);
  expect(at("note").y).toBeGreaterThanOrEqual(at("a").y + 400);
});

test("two hundred nodes are laid out without one on another", () => {
  const nodes = Array.from({ length: 200 }, (_, at) => node(`n${at}`));
  const edges = nodes.slice(1).map(({ id }, at) => edge(`e${at}`, `n${Math.floor(at / 3)}`, id));
  const places = [...layout(flow(nodes, edges), new Map(), new Set()).values()];
  const clash = places.some((one, at) => places.slice(at + 1).some((other) => Math.abs(one.x - other.x) < 264 && Math.abs(one.y - other.y) < 120));
  expect(places).toHaveLength(200);
  expect(clash).toBe(false);
});

test("a flow reads from its start along its edges; what nothing leads to comes last", () => {
  expect(outline(chain, new Set(["start"])).map(({ node: { id } }) => id)).toEqual(["s", "a", "b", "note"]);
});

test("branches are indented", () => {
  const graph = flow([node("a"), node("b"), node("c")], [edge("1", "a", "b"), edge("2", "a", "c")]);
  expect(outline(graph, new Set()).map(({ node: { id }, depth }) => [id, depth])).toEqual([["a", 0], ["b", 1], ["c", 1]]);
});

test("arrows go to the nearest node in their direction", () => {
  const graph = flow([node("m"), node("r", { x: 400 }), node("far", { x: 500, y: 600 }), node("d", { y: 300 })]);
  expect(neighbour(graph, "m", "right")).toBe("r");
  expect(neighbour(graph, "m", "down")).toBe("d");
  expect(neighbour(graph, "m", "left")).toBeNull();
});

// --- problems -------------------------------------------------------------------------------------

const problem = (at: string, severity: Problem["severity"] = "error"): Problem => ({ node: at, edge: "", field: "text", code: "required", message: at, severity, label: "" });

test("errors come first, then the order in which the flow reads", () => {
  const sorted = sortProblems([problem("b", "warning"), problem("b"), problem("a"), problem("")], chain, new Set(["start"]));
  expect(sorted.map(({ node: at, severity }) => `${at}:${severity}`)).toEqual([":error", "a:error", "b:error", "b:warning"]);
});

test("a node is as bad as its worst problem", () => {
  expect(worstByNode([problem("a", "warning"), problem("a"), problem("a", "warning"), problem("b", "warning")])).toEqual(new Map([["a", "error"], ["b", "warning"]]));
});

test("the next problem goes round", () => {
  const list = [problem("a"), problem("b")];
  expect(nextProblem(list, null, 1)?.node).toBe("a");
  expect(nextProblem(list, list[1] as Problem, 1)?.node).toBe("a");
  expect(nextProblem(list, null, -1)?.node).toBe("b");
  expect(nextProblem([], null, 1)).toBeNull();
});

// --- texts ----------------------------------------------------------------------------------------

const variable = (name: string, label = name): KnownVariable => ({ name, label, node: "", kind: "slot" });

test.each([
  ["Hi {{", 5, { from: 3, prefix: "" }],
  ["Hi {{na", 7, { from: 3, prefix: "na" }],
  ["Hi {{ na", 8, { from: 3, prefix: "na" }],
  ["Hi {{na}} you", 13, null],
  ["Hi {na", 6, null],
  ["{{a}} {{b", 9, { from: 6, prefix: "b" }],
])("%s at %d", (text, caret, expected) => expect(typingAt(text, caret)).toEqual(expected));

test.each([
  ["Hi {{na", 7, "Hi {{name}}", 11],
  ["Hi {{na}} there", 7, "Hi {{name}} there", 11],
  ["Hi ", 3, "Hi {{name}}", 11],
  ["Hi {{ there", 5, "Hi {{name}} there", 11],
])("a name is put into %s at %d", (text, caret, after, at) => expect(insertAt(text, caret, "name")).toEqual({ text: after, caret: at }));

test("suggestions: what begins so comes first, each once", () => {
  const known = [variable("birthday"), variable("day"), variable("date"), variable("day"), variable("x", "the day")];
  expect(suggestions(known, "da").map(({ name }) => name)).toEqual(["day", "date", "birthday", "x"]);
});

test("a text is cut at its variables and loses nothing", () => {
  const text = "Dear {{ name }}, {{}} {{day}}";
  expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  expect(pieces(text).filter(({ name }) => name).map(({ name }) => name)).toEqual(["name", "day"]);
});

test("search finds every word, the beginning counts most", () => {
  const items = ["Send message", "Say", "Transfer to a person", "Ask several"];
  expect(find(items, "s", (item) => [item])[0]).toBe("Send message");
  expect(find(items, "person tra", (item) => [item])).toEqual(["Transfer to a person"]);
  expect(find(items, "  ", (item) => [item])).toEqual(items);
  expect(find(items, "zzz", (item) => [item])).toEqual([]);
});

// --- values ---------------------------------------------------------------------------------------

test("a card shows the text that has to be there", () => {
  const say = kind("say", { fields: [field("name"), field("text", { required: true, multiline: true, template: true })] });
  expect(previewOf(say, { text: "Hello" })?.text).toBe("Hello");
  expect(previewOf(kind("split"), {})).toBeNull();
});

test("chips name what a list holds, not what the exits show already", () => {
  const form = kind("form", { fields: [field("slots", { widget: "list", title: "name", fields: [field("name")] })] });
  expect(chipsOf(form, { slots: [{ name: "day" }, { name: "" }] }, (_, value) => value).map(({ text }) => text)).toEqual(["day"]);
});

test("conditions read like a sentence", () => {
  const operators = [
    { value: "is", label: "is", needs_value: true },
    { value: "is_set", label: "is known", needs_value: false },
  ];
  const rows = [{ variable: "day", operator: "is", value: "Sunday" }, { variable: "name", operator: "is_set", value: "" }];
  expect(rowsText(rows, "all", operators)).toBe("day is Sunday and name is known");
});
