// One sitting at the test bench: the conversation, its way through the flow, going back, mocked tools. No React here.

import { before, follow, linesBefore, pathOf, type Trail } from "./trail";
import type { BenchData, Line, Mocks, Ready, SocketMessage, Status, Talk, TalkModule, TicketWish } from "./types";

export interface Snapshot {
  lines: readonly Line[];
  trail: Trail;
  status: Status;
  active: boolean;
  voice: boolean;
  muted: boolean;
  notice: string;
  conversation: string;
  leg: string;
  mocks: Mocks;
  version: "draft" | "published";
  /** Words to put into the field again after going back. */
  again: string;
}

export interface BenchOptions {
  data: BenchData;
  modules: TalkModule;
  csrf(): string;
  /** The canvas saves what is being edited, so that it is what is tried. */
  beforeStart?(): Promise<unknown>;
  onPath(nodes: string[]): void;
}

interface BackTo {
  leg: string;
  turn: number;
}

export class BenchSession {
  private talk: Talk;
  private trail: Trail = [];
  private lines: Line[] = [];
  private leg = "";
  private backTo: BackTo | null = null;
  private mocks: Mocks = {};
  private version: "draft" | "published" = "draft";
  private notice = "";
  private again = "";
  private shown: Snapshot;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: BenchOptions) {
    this.talk = this.newTalk();
    this.shown = this.look();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.shown;

  /** Call it from a click: browsers open the microphone only there. */
  async speak(): Promise<void> {
    this.notice = "";
    await this.talk.startVoice();
  }

  /** Begin a written conversation without saying anything: the agent may speak first. */
  begin(): void {
    this.notice = "";
    this.talk.startChat();
  }

  write(text: string): boolean {
    this.notice = "";
    this.again = "";
    const sent = this.talk.sendText(text);
    this.changed();
    return sent;
  }

  hangUp(): void {
    this.talk.hangUp();
  }

  mute(muted: boolean): void {
    this.talk.setMuted(muted);
  }

  /** Nothing was said: another conversation, with the draft as it is then. */
  startOver(): void {
    this.backTo = null;
    this.again = "";
    this.replaceTalk("", []);
    this.setTrail([]);
    this.changed();
  }

  canGoBackTo(line: Line): boolean {
    return line.role === "caller" && line.turn !== undefined && line.leg !== undefined;
  }

  /** To before the caller said `line`. A spoken conversation goes on spoken, so call it from a click. */
  goBack(line: Line): void {
    const { leg, turn } = line;
    if (leg === undefined || turn === undefined) return;
    const spoken = this.talk.mode === "voice";
    const kept = linesBefore(this.talk.transcript.lines, line);
    this.backTo = { leg, turn };
    this.again = spoken ? "" : line.text;
    this.replaceTalk(this.talk.conversation, kept);
    this.setTrail(before(this.trail, leg, turn));
    if (spoken) void this.speak();
    else this.begin();
    this.changed();
  }

  setMocks(mocks: Mocks): void {
    this.mocks = mocks;
    this.changed();
  }

  setVersion(version: "draft" | "published"): void {
    this.version = version;
    this.startOver();
  }

  close(): void {
    this.talk.close();
    this.listeners.clear();
  }

  // --- the line ---------------------------------------------------------------------------------

  private newTalk(conversation = ""): Talk {
    const { data, modules } = this.options;
    const talk = new modules.Talk({
      getTicket: (wish) => this.ticket(wish),
      worklets: data.worklets,
      conversation,
    });
    const heard = <T>(name: string, act: (detail: T) => void): void =>
      talk.addEventListener(name, (event) => {
        if (talk !== this.talk) return;
        act((event as CustomEvent<T>).detail);
        this.changed();
      });
    heard<Ready>("ready", (ready) => this.onReady(ready));
    heard<SocketMessage>("message", (message) => this.setTrail(follow(this.trail, this.leg, message)));
    heard<{ code: string; message: string }>("notice", (notice) => this.onNotice(notice));
    for (const name of ["state", "transcript", "microphone"]) heard(name, () => {});
    return talk;
  }

  private replaceTalk(conversation: string, lines: Line[]): void {
    const old = this.talk;
    this.talk = this.newTalk(conversation);
    this.talk.muted = old.muted;
    this.talk.transcript.lines = lines;
    this.leg = "";
    this.notice = "";
    old.close();
  }

  private async ticket({ mode, conversation }: TicketWish): Promise<unknown> {
    const { data, modules, beforeStart, csrf } = this.options;
    await beforeStart?.();
    const { backTo, mocks, version } = this;
    const body = { mode, conversation, version, mocks, ...(backTo === null ? {} : { back_to: backTo }) };
    return await modules.fetchTicket(data.urls.ticket, body, { "X-CSRFToken": csrf() });
  }

  private onReady({ leg, resumed }: Ready): void {
    if (this.backTo !== null && !resumed) {
      // Nothing was kept from before that turn: this is a new conversation from its beginning.
      this.talk.transcript.lines = this.talk.transcript.lines.filter((line) => line.state === "sending");
      this.setTrail([]);
    }
    this.backTo = null;
    this.leg = leg;
  }

  private onNotice({ code, message }: { code: string; message: string }): void {
    const known = this.options.data.strings.problems[code];
    this.notice = message || (known ? `${known.title}. ${known.help}` : code);
  }

  private setTrail(trail: Trail): void {
    if (trail === this.trail) return;
    this.trail = trail;
    this.options.onPath(pathOf(trail));
  }

  // --- what is shown ------------------------------------------------------------------------------

  private changed(): void {
    this.lines = this.talk.transcript.lines.map((line) => ({ ...line }));
    this.shown = this.look();
    for (const listener of this.listeners) listener();
  }

  private look(): Snapshot {
    const { data, modules } = this.options;
    return {
      lines: this.lines,
      trail: this.trail,
      status: modules.statusOf(this.talk, data.strings),
      active: this.talk.active,
      voice: this.talk.mode === "voice" && this.talk.active,
      muted: this.talk.muted,
      notice: this.notice,
      conversation: this.talk.conversation,
      leg: this.leg,
      mocks: this.mocks,
      version: this.version,
      again: this.again,
    };
  }
}
