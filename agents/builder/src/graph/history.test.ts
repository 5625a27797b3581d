import { expect, test } from "vitest";
import { begin, commit, redo, replace, undo } from "./history";

test("undo and redo walk the same steps", () => {
  let history = begin("a");
  history = commit(history, "b", "", 1);
  history = commit(history, "c", "", 2);
  expect(undo(undo(history)).present).toBe("a");
  expect(redo(redo(undo(undo(history)))).present).toBe("c");
  expect(undo(begin("a")).present).toBe("a");
  expect(redo(history)).toBe(history);
});

test("quick changes about the same thing are one step, later ones are another", () => {
  let history = begin("");
  history = commit(history, "h", "text", 100);
  history = commit(history, "he", "text", 400);
  history = commit(history, "hel", "text", 5000);
  expect(history.past).toEqual(["", "he"]);
});

test("another thing in between is a step of its own", () => {
  let history = begin("");
  history = commit(history, "a", "text", 1);
  history = commit(history, "b", "name", 2);
  history = commit(history, "c", "", 3);
  history = commit(history, "d", "", 4);
  expect(history.past).toEqual(["", "a", "b", "c"]);
});

test("a change after undo forgets what was undone, and does not join the step before", () => {
  let history = commit(begin("a"), "b", "text", 1);
  history = commit(undo(history), "c", "text", 2);
  expect(history).toMatchObject({ past: ["a"], present: "c", future: [] });
});

test("the same document is no step", () => {
  const history = begin("a");
  expect(commit(history, "a", "", 1)).toBe(history);
});

test("a merge is no step: undo goes to what was before the user's own", () => {
  const history = replace(commit(begin("a"), "b", "", 1), "b and theirs");
  expect(undo(history).present).toBe("a");
});

test("only so many steps are kept", () => {
  let history = begin(0);
  for (let step = 1; step <= 300; step += 1) history = commit(history, step, "", step);
  expect(history.past).toHaveLength(200);
  expect(history.past[0]).toBe(100);
});
