// Saving by itself: one request at a time, nothing is lost while the server is away, two people do not overwrite each other.

import { ApiError } from "../api";
import { type Conflict, merge, sameFlow } from "../graph/merge";
import type { Flow, Saved, Values } from "../types";

export const PAUSE_MS = 600;
const RETRY_MS = [1000, 2000, 5000, 10_000];

/** All that is edited and saved. */
export interface Content {
  flow: Flow;
  fields: Values;
}

export type SaveKind = "saved" | "unsaved" | "saving" | "offline" | "signedOut" | "refused" | "conflict";

export interface Changes {
  revision: number;
  flow?: Flow;
  fields?: Values;
}

/** Somebody else saved first. `merged` is what can be kept of both; what cannot stands in the lists, as mine says it. */
export interface Clash {
  by: string;
  at: string;
  base: Content;
  theirs: Content;
  merged: Content;
  conflicts: Conflict[];
  /** Names of agent settings that both changed. */
  fields: string[];
  /** Nodes that came from them. */
  taken: string[];
}

export interface Io {
  read(): Content;
  send(changes: Changes): Promise<Saved>;
  status(kind: SaveKind, message: string): void;
  saved(answer: Saved): void;
  /** The document becomes this one without a step of the user's. */
  adopt(content: Content): void;
  /** Both sides were joined without a question. */
  joined(clash: Clash): void;
  clash(clash: Clash): void;
}

interface Stale {
  revision: number;
  conflicts: Record<string, { value: unknown }>;
  content: Values;
  saved_by?: string;
  saved_at?: string;
}

export class Autosave {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;
  private failures = 0;
  private paused = false;

  /** `base`: what the server has. */
  constructor(
    private readonly io: Io,
    private revision: number,
    private base: Content,
  ) {}

  get dirty(): boolean {
    return this.running !== null || this.changes() !== null;
  }

  get at(): number {
    return this.revision;
  }

  /** Something may have changed. */
  touch(): void {
    if (this.paused) return;
    const dirty = this.changes() !== null;
    if (!this.running) this.io.status(dirty ? "unsaved" : "saved", "");
    if (dirty) this.schedule(PAUSE_MS);
  }

  /** The server's draft became this one by something else than a save. */
  reset(revision: number, base: Content): void {
    clearTimeout(this.timer);
    this.revision = revision;
    this.base = base;
    this.paused = false;
    this.failures = 0;
    this.io.status("saved", "");
  }

  /** Resolves when everything known now is saved or cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running) {
      await this.running;
      return await this.flush();
    }
    if (this.paused) return;
    const changes = this.changes();
    if (changes === null) return this.io.status("saved", "");
    this.io.status("saving", "");
    this.running = this.send(changes).finally(() => {
      this.running = null;
    });
    await this.running;
    if (this.failures || this.paused) return;
    return await this.flush();
  }

  /** The question that a clash asked is answered: this is the content from now on. */
  async settle(content: Content): Promise<void> {
    this.paused = false;
    this.io.adopt(content);
    await this.flush();
  }

  private schedule(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), wait);
  }

  private changes(): Changes | null {
    const { flow, fields } = this.io.read();
    const changed = Object.entries(fields).filter(([name, value]) => !sameValue(value, this.base.fields[name]));
    const flowChanged = flow !== this.base.flow && !sameFlow(flow, this.base.flow);
    if (!flowChanged && changed.length === 0) return null;
    return {
      revision: this.revision,
      ...(flowChanged ? { flow } : {}),
      ...(changed.length ? { fields: Object.fromEntries(changed) } : {}),
    };
  }

  private async send(changes: Changes): Promise<void> {
    try {
      const answer = await this.io.send(changes);
      this.failures = 0;
      this.accept(answer, changes);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.fail(error);
    }
  }

  private accept(answer: Saved, sent: Changes): void {
    this.revision = answer.revision;
    const sentFlow = sent.flow ?? this.base.flow;
    const kept = answer.flow ?? sentFlow;
    const now = this.io.read();
    this.base = { flow: kept, fields: { ...this.base.fields, ...sent.fields } };
    if (answer.flow && !sameFlow(answer.flow, sentFlow)) {
      this.io.adopt({ ...now, flow: now.flow === sentFlow ? kept : merge(sentFlow, now.flow, kept).flow });
    }
    this.io.saved(answer);
  }

  private fail(error: ApiError): void {
    const stale = error.body["error"] as Stale | undefined;
    if (error.code === "draft_stale" && stale) return this.join(stale);
    if (error.status === 0 || error.status >= 500 || error.status === 429 || error.code === "signed_out") {
      this.io.status(error.code === "signed_out" ? "signedOut" : "offline", error.message);
      this.schedule(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] as number);
    } else {
      this.io.status("refused", error.message);
    }
    this.failures += 1;
  }

  private join(stale: Stale): void {
    const mine = this.io.read();
    const theirFlow = (stale.conflicts["flow"]?.value as Flow | undefined) ?? this.base.flow;
    const theirs: Content = { flow: theirFlow, fields: { ...this.base.fields } };
    for (const name of Object.keys(mine.fields)) if (name in stale.content) theirs.fields[name] = stale.content[name];
    const joined = merge(this.base.flow, mine.flow, theirs.flow);
    const fields = { ...theirs.fields };
    const disputed: string[] = [];
    for (const [name, value] of Object.entries(mine.fields)) {
      if (sameValue(value, this.base.fields[name])) continue;
      fields[name] = value;
      const changed = !sameValue(theirs.fields[name], this.base.fields[name]);
      if (changed && !sameValue(theirs.fields[name], value)) disputed.push(name);
    }
    const clash: Clash = {
      by: stale.saved_by ?? "",
      at: stale.saved_at ?? "",
      base: this.base,
      theirs,
      merged: { flow: joined.flow, fields },
      conflicts: joined.conflicts,
      fields: disputed,
      taken: joined.taken,
    };
    this.revision = stale.revision;
    this.base = theirs;
    this.failures = 0;
    if (clash.conflicts.length || disputed.length) {
      this.paused = true;
      this.io.status("conflict", "");
      this.io.clash(clash);
      return;
    }
    this.io.adopt(clash.merged);
    this.io.joined(clash);
  }
}

const sameValue = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);
