import { beforeEach, describe, expect, it } from "vitest";
import { BenchSession } from "./session";
import type { BenchData, Line, SocketMessage, Talk, TalkModule, TalkOptions, TalkState } from "./types";

class FakeTalk extends EventTarget implements Talk {
  state: TalkState = "idle";
  problem = "";
  mode: "" | "voice" | "chat" = "";
  muted = false;
  conversation: string;
  levels = { caller: 0, agent: 0 };
  transcript: { lines: Line[] } = { lines: [] };
  closed = false;
  sent: string[] = [];
  ticket: Promise<unknown> | null = null;

  constructor(readonly options: TalkOptions) {
    super();
    this.conversation = options.conversation ?? "";
    talks.push(this);
  }

  get active(): boolean {
    return !["idle", "ended", "problem"].includes(this.state);
  }

  startVoice(): Promise<void> {
    this.mode = "voice";
    this.open();
    return Promise.resolve();
  }

  startChat(): void {
    this.mode = "chat";
    this.open();
  }

  private open(): void {
    this.state = "connecting";
    const { conversation } = this;
    this.ticket = this.options.getTicket({ mode: this.mode === "voice" ? "voice" : "chat", conversation });
  }

  sendText(text: string): boolean {
    if (!text.trim()) return false;
    this.sent.push(text);
    if (!this.active) this.startChat();
    return true;
  }

  hangUp(): void {
    this.state = "ended";
    this.tell("state", this.state);
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    this.tell("microphone");
  }

  close(): void {
    this.closed = true;
  }

  // --- what the server does

  ready(leg: string, resumed = false): void {
    this.conversation ||= "cv_1";
    this.state = "listening";
    this.tell("ready", { conversation: this.conversation, leg, resumed });
  }

  line(leg: string, turn: number, role: "caller" | "agent", text: string): void {
    this.transcript.lines.push({ key: `${role}-${leg}-${turn}`, role, text, source: "text", state: "done", turn, leg });
    this.tell("transcript");
  }

  message(message: SocketMessage): void {
    this.tell("message", message);
  }

  tell(type: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

let talks: FakeTalk[] = [];
let asked: unknown[] = [];
let path: string[] = [];

const modules: TalkModule = {
  Talk: FakeTalk,
  fetchTicket: (url, body, headers) => {
    asked.push([url, body, headers]);
    return Promise.resolve({});
  },
  statusOf: (talk) => ({ title: talk.state, help: "", tone: "" }),
};

const data = {
  urls: { ticket: "/ticket/" },
  worklets: { microphone: "", player: "" },
  strings: { problems: { denied: { title: "Blocked", help: "Allow it." } } },
} as unknown as BenchData;

const current = (): FakeTalk => talks.at(-1) as FakeTalk;

/** The opening and two turns, written. */
function talked(session: BenchSession): void {
  session.write("Book.");
  const talk = current();
  talk.ready("lg_1");
  talk.line("lg_1", 0, "agent", "Hello.");
  talk.message({ type: "entered", turn: 0, nodes: ["start"], variables: {} });
  talk.line("lg_1", 1, "caller", "Book.");
  talk.message({ type: "entered", turn: 1, nodes: ["book"], variables: { topic: "booking" } });
  talk.line("lg_1", 1, "agent", "Which day?");
  talk.line("lg_1", 2, "caller", "Tuesday.");
  talk.message({ type: "entered", turn: 2, nodes: ["day"], variables: { topic: "booking", day: "Tuesday" } });
}

describe("BenchSession", () => {
  let session: BenchSession;

  beforeEach(() => {
    talks = [];
    asked = [];
    path = [];
    session = new BenchSession({ data, modules, csrf: () => "token", onPath: (nodes) => (path = nodes) });
  });

  it("asks for a ticket of the draft, with the mocks, once what is edited is saved", async () => {
    const order: string[] = [];
    const beforeStart = () => Promise.resolve(order.push("saved"));
    session = new BenchSession({ data, modules, csrf: () => "token", beforeStart, onPath: () => {} });
    session.setMocks({ find: { result: "[]", ok: true } });
    session.begin();
    await current().ticket;
    const body = { mode: "chat", conversation: "", version: "draft", mocks: { find: { result: "[]", ok: true } } };
    expect(asked).toEqual([["/ticket/", body, { "X-CSRFToken": "token" }]]);
    expect(order).toEqual(["saved"]);
  });

  it("shows the way while it is gone", () => {
    talked(session);
    expect(path).toEqual(["start", "book", "day"]);
    expect(session.snapshot().lines.map((line) => line.text)).toEqual(["Hello.", "Book.", "Which day?", "Tuesday."]);
    expect(session.snapshot()).toMatchObject({ leg: "lg_1", conversation: "cv_1", active: true, voice: false });
  });

  it("goes back to before a line, and offers its words again", async () => {
    talked(session);
    const line = session.snapshot().lines[3] as Line;
    expect(session.canGoBackTo(line)).toBe(true);
    const first = current();
    session.goBack(line);
    expect(first.closed).toBe(true);
    await current().ticket;
    expect(asked.at(-1)).toEqual([
      "/ticket/",
      { mode: "chat", conversation: "cv_1", version: "draft", mocks: {}, back_to: { leg: "lg_1", turn: 2 } },
      { "X-CSRFToken": "token" },
    ]);
    expect(path).toEqual(["start", "book"]);
    expect(session.snapshot().again).toBe("Tuesday.");
    current().ready("lg_2", true);
    expect(session.snapshot().lines.map((known) => known.text)).toEqual(["Hello.", "Book.", "Which day?"]);
    session.write("Friday.");
    expect(session.snapshot().again).toBe("");
    current().message({ type: "entered", turn: 2, nodes: ["day"], variables: {} });
    expect(path).toEqual(["start", "book", "day"]);
  });

  it("asks only once to go back: a lost connection goes on where it was", async () => {
    talked(session);
    session.goBack(session.snapshot().lines[3] as Line);
    await current().ticket;
    current().ready("lg_2", true);
    await current().options.getTicket({ mode: "chat", conversation: "cv_1" });
    expect(asked.at(-1)).toEqual(["/ticket/", { mode: "chat", conversation: "cv_1", version: "draft", mocks: {} }, { "X-CSRFToken": "token" }]);
  });

  it("begins anew when nothing was kept from before that turn", () => {
    talked(session);
    session.goBack(session.snapshot().lines[1] as Line);
    current().ready("lg_2", false);
    expect(session.snapshot().lines).toEqual([]);
    expect(path).toEqual([]);
  });

  it("speaks again where the conversation was spoken", () => {
    talked(session);
    current().mode = "voice";
    session.goBack(session.snapshot().lines[3] as Line);
    expect(current().mode).toBe("voice");
    expect(session.snapshot().again).toBe("");
  });

  it("hears nothing more of a conversation that was left", () => {
    talked(session);
    const first = current();
    session.startOver();
    first.message({ type: "entered", turn: 3, nodes: ["late"], variables: {} });
    first.tell("notice", { code: "denied", message: "" });
    expect(path).toEqual([]);
    expect(session.snapshot()).toMatchObject({ lines: [], notice: "", conversation: "", leg: "" });
  });

  it("says what a notice means, until something is done", () => {
    session.begin();
    current().tell("notice", { code: "denied", message: "" });
    expect(session.snapshot().notice).toBe("Blocked. Allow it.");
    current().tell("notice", { code: "x", message: "Too long." });
    expect(session.snapshot().notice).toBe("Too long.");
  });

  it("does not go back to what was not heard, nor to the agent's words", () => {
    const line: Line = { key: "typed-1", role: "caller", text: "Hi", source: "text", state: "sending" };
    expect(session.canGoBackTo(line)).toBe(false);
    expect(session.canGoBackTo({ ...line, role: "agent", turn: 1, leg: "lg_1" })).toBe(false);
    session.goBack(line);
    expect(talks).toHaveLength(1);
  });

  it("tries the live version in a conversation of its own", async () => {
    talked(session);
    session.setVersion("published");
    session.begin();
    await current().ticket;
    expect(asked.at(-1)).toMatchObject(["/ticket/", { version: "published", conversation: "" }, {}]);
  });
});
