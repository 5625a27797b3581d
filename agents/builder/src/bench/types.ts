// What the server says about tests (channels_io/pages/testbench*.py), and what is borrowed from the call page.

export interface BenchWords {
  [english: string]: string;
}

export interface TalkStrings {
  states: Record<string, string>;
  problems: Record<string, { title: string; help: string }>;
  ends: Record<string, string>;
  muted: string;
}

export interface BenchData {
  agent: { id: string; name: string; published: boolean };
  may_edit: boolean;
  urls: { ticket: string; tools: string; cases: string; case: string; run: string; conversation: string };
  /** Address of the module with `TalkModule` in it. */
  talk: string;
  worklets: { microphone: string; player: string };
  budget_ms: number;
  strings: TalkStrings;
  words: BenchWords;
  cases: CaseRow[];
}

export interface Mock {
  result: string;
  ok: boolean;
}

export type Mocks = Record<string, Mock>;

export interface MockableTool {
  name: string;
  nodes: string[];
}

export interface Checks {
  path: "all" | "last" | "none";
  variables: boolean;
  answers: boolean;
}

export interface CaseStep {
  said: string;
  source: "voice" | "text" | "dtmf";
  nodes: string[];
  variables: Record<string, string>;
  answer: string;
}

export interface Difference {
  what: "path" | "variable" | "answer" | "missing";
  expected: string;
  got: string;
  name: string;
}

export interface StepResult {
  expected: CaseStep;
  got: CaseStep | null;
  differences: Difference[];
  ms: number | null;
}

export interface CaseResult {
  passed: boolean;
  steps: StepResult[];
  problem: string;
  conversation: string;
}

export interface CaseRow {
  id: string;
  name: string;
  turns: number;
  checks: Partial<Checks>;
  passed: boolean | null;
  ran_at: string | null;
  ran_revision: number;
  mocks: Mocks;
}

export interface WholeCase extends CaseRow {
  steps: CaseStep[];
  result: CaseResult | null;
}

// --- the call page's modules --------------------------------------------------------------------

export interface Line {
  key: string;
  role: "caller" | "agent";
  text: string;
  source: string;
  state: "live" | "sending" | "done" | "cut";
  spoken?: number;
  /** The server's number of this turn on leg `leg`; missing until it was heard. */
  turn?: number;
  leg?: string;
}

export interface Span {
  name: string;
  ms: number;
}

/** What the socket says, as far as it matters here. */
export type SocketMessage =
  | { type: "entered"; turn: number; nodes: string[]; variables: Record<string, unknown> }
  | { type: "timing"; turn: number; v2v_ms: number | null; spans: Span[] }
  | { type: "heard"; turn: number; text: string; source: string; id: string }
  | { type: "reply_text" | "reply_done"; turn: number; text: string };

export interface Ready {
  conversation: string;
  leg: string;
  resumed: boolean;
}

export type TalkState =
  | "idle"
  | "asking"
  | "connecting"
  | "waiting"
  | "listening"
  | "thinking"
  | "speaking"
  | "reconnecting"
  | "ended"
  | "problem";

export interface Talk extends EventTarget {
  readonly active: boolean;
  state: TalkState;
  problem: string;
  mode: "" | "voice" | "chat";
  muted: boolean;
  conversation: string;
  levels: { caller: number; agent: number };
  transcript: { lines: Line[] };
  startVoice(): Promise<void>;
  startChat(): void;
  sendText(text: string): boolean;
  hangUp(): void;
  setMuted(muted: boolean): void;
  close(): void;
}

export interface TicketWish {
  mode: "voice" | "chat";
  conversation: string;
}

export interface TalkOptions {
  getTicket(wish: TicketWish): Promise<unknown>;
  worklets: { microphone: string; player: string };
  conversation?: string;
}

export interface Status {
  title: string;
  help: string;
  tone: "" | "busy" | "good" | "bad";
}

export interface TalkModule {
  Talk: new (options: TalkOptions) => Talk;
  fetchTicket(url: string, body: unknown, headers: Record<string, string>): Promise<unknown>;
  statusOf(talk: Talk, strings: TalkStrings): Status;
}
