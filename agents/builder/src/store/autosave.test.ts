import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../api";
import { flow, node } from "../graph/testing";
import type { Saved } from "../types";
import { Autosave, type Changes, type Clash, type Content, type Io } from "./autosave";

const say = (text: string): Content => ({ flow: flow([node("a", { values: { text } }), node("b")]), fields: { greeting: "Hi" } });
const answer = (revision: number, values: Partial<Saved> = {}): Saved =>
  ({ revision, problems: [], notices: [], changed: [], flow: null, plain: false, ...values }) as unknown as Saved;

function setup(first: Content) {
  const log: string[] = [];
  const sent: Changes[] = [];
  const replies: (Saved | ApiError | Promise<Saved>)[] = [];
  const state = { content: first, clash: null as Clash | null, joined: null as Clash | null };
  const io: Io = {
    read: () => state.content,
    send: async (changes) => {
      sent.push(changes);
      const reply = replies.shift() ?? answer(changes.revision + 1);
      if (reply instanceof ApiError) throw reply;
      return await reply;
    },
    status: (kind) => void log.push(kind),
    saved: () => undefined,
    adopt: (content) => {
      state.content = content;
    },
    joined: (clash) => {
      state.joined = clash;
    },
    clash: (clash) => {
      state.clash = clash;
    },
  };
  return { autosave: new Autosave(io, 1, first), log, sent, replies, state };
}

const stale = (theirs: Content, revision = 7): ApiError =>
  new ApiError("draft_stale", "", 409, {
    error: { code: "draft_stale", revision, conflicts: { flow: { value: theirs.flow } }, content: theirs.fields, saved_by: "Ona" },
  });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a change is saved after a pause in typing, once", async () => {
  const { autosave, sent, state, log } = setup(say(""));
  for (const text of ["h", "he", "hey"]) {
    state.content = say(text);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(300);
  }
  await vi.advanceTimersByTimeAsync(600);
  expect(sent).toEqual([{ revision: 1, flow: say("hey").flow }]);
  expect(log.at(-1)).toBe("saved");
  expect(autosave.dirty).toBe(false);
});

test("only the settings that changed are sent, and a flow that is the same is not", async () => {
  const { autosave, sent, state } = setup(say("x"));
  state.content = { ...structuredClone(say("x")), fields: { greeting: "Hello" } };
  await autosave.flush();
  expect(sent).toEqual([{ revision: 1, fields: { greeting: "Hello" } }]);
});

test("back at what the server has, nothing is sent", async () => {
  const { autosave, sent, state } = setup(say(""));
  state.content = say("x");
  autosave.touch();
  state.content = say("");
  autosave.touch();
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent).toEqual([]);
});

test("what is typed while a save is on its way goes with the next one", async () => {
  const { autosave, sent, state, replies } = setup(say(""));
  let arrive: (saved: Saved) => void = () => undefined;
  replies.push(new Promise((resolve) => (arrive = resolve)));
  state.content = say("one");
  const done = autosave.flush();
  state.content = say("two");
  autosave.touch();
  arrive(answer(2));
  await done;
  expect(sent.map(({ revision }) => revision)).toEqual([1, 2]);
  expect(sent[1]?.flow).toEqual(say("two").flow);
});

test("while the server is away it tries again, ever more slowly, and loses nothing", async () => {
  const { autosave, sent, state, log, replies } = setup(say(""));
  replies.push(new ApiError("offline", "", 0), new ApiError("http_502", "", 502));
  state.content = say("kept");
  autosave.touch();
  await vi.advanceTimersByTimeAsync(600);
  expect(log.at(-1)).toBe("offline");
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent).toHaveLength(3);
  expect(log.at(-1)).toBe("saved");
});

test("what is refused is not sent again by itself", async () => {
  const { autosave, sent, state, log, replies } = setup(say(""));
  replies.push(new ApiError("edit_refused", "Too long", 400));
  state.content = say("bad");
  autosave.touch();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(1);
  expect(log.at(-1)).toBe("refused");
  state.content = say("good");
  await autosave.flush();
  expect(log.at(-1)).toBe("saved");
});

test("somebody else's save of other nodes is joined and saved without a question", async () => {
  const { autosave, sent, state, replies } = setup(say(""));
  const theirs = { ...say(""), flow: flow([node("a", { values: { text: "" } }), node("b"), node("c")]) };
  replies.push(stale(theirs));
  state.content = say("mine");
  await autosave.flush();
  expect(state.clash).toBeNull();
  expect(state.joined).toMatchObject({ by: "Ona", taken: ["c"] });
  expect(state.content.flow.nodes.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(sent[1]).toMatchObject({ revision: 7, flow: { nodes: [{ values: { text: "mine" } }, {}, {}] } });
});

test("the same node on both sides: nothing is saved until it is settled", async () => {
  const { autosave, sent, state, replies, log } = setup(say(""));
  replies.push(stale(say("theirs")));
  state.content = say("mine");
  await autosave.flush();
  expect(log.at(-1)).toBe("conflict");
  expect(state.clash?.conflicts).toEqual([{ what: "node", id: "a", place: "" }]);
  autosave.touch();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(1);
  await autosave.settle(say("ours"));
  expect(sent[1]).toEqual({ revision: 7, flow: say("ours").flow });
});

test("the same setting on both sides is asked about, another one is taken", async () => {
  const first = { ...say(""), fields: { greeting: "Hi", persona: "Mia" } };
  const { autosave, state, replies } = setup(first);
  replies.push(stale({ ...first, fields: { greeting: "Theirs", persona: "Tom" } }));
  state.content = { ...first, fields: { greeting: "Mine", persona: "Mia" } };
  await autosave.flush();
  expect(state.clash?.fields).toEqual(["greeting"]);
  expect(state.clash?.merged.fields).toEqual({ greeting: "Mine", persona: "Tom" });
});

test("what the server kept in another form is taken over, what was typed meanwhile stays", async () => {
  const { autosave, state, replies } = setup(say(""));
  replies.push(answer(2, { flow: say("cleaned").flow }));
  state.content = say("  cleaned ");
  await autosave.flush();
  expect(state.content.flow).toEqual(say("cleaned").flow);
  expect(autosave.dirty).toBe(false);
});

test("theirs taken altogether is saved already", async () => {
  const { autosave, sent, state, replies, log } = setup(say(""));
  replies.push(stale(say("theirs")));
  state.content = say("mine");
  await autosave.flush();
  await autosave.settle(say("theirs"));
  expect(sent).toHaveLength(1);
  expect(log.at(-1)).toBe("saved");
});
