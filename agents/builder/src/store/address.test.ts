import { expect, test } from "vitest";
import { nodeIn } from "./address";

test.each([
  ["#book", "book"],
  ["", ""],
  ["#", ""],
  ["#caf%C3%A9", "café"],
  ["#%E0%A4%A", ""],
])("%s names %s", (hash, node) => {
  expect(nodeIn(hash)).toBe(node);
});
