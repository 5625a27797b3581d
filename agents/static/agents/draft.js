// The draft on the server: changes are sent in order, one request at a time, and kept until the server has them.

const PAUSE_MS = 600;
const RETRY_MS = [1000, 2000, 5000, 10000];

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Events (by `on`): status(kind, message) · saved(state, sent) · refused(error, sent) · conflict(conflicts, mine).
 * Kinds of status: saved, unsaved, saving, offline, signedOut, refused.
 */
export class Draft {
  constructor(config, csrf) {
    this.config = config;
    this.csrf = csrf;
    this.content = config.content;
    this.revision = config.state.revision;
    this.pending = new Map();
    this.sending = null;
    this.timer = 0;
    this.failures = 0;
    this.listeners = {};
  }

  on(event, listener) {
    this.listeners[event] = listener;
  }

  emit(event, ...values) {
    this.listeners[event]?.(...values);
  }

  get dirty() {
    return this.pending.size > 0 || this.sending !== null;
  }

  /** Remember new values and send them after a short pause in typing. */
  change(values) {
    for (const [name, value] of Object.entries(values)) {
      if (!this.sending?.has(name) && same(value, this.content[name])) this.pending.delete(name);
      else this.pending.set(name, value);
    }
    this.emit("status", this.dirty ? "unsaved" : "saved");
    this.schedule(PAUSE_MS);
  }

  schedule(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), wait);
  }

  /** Send what is pending. Resolves when everything known now is settled. */
  async flush() {
    clearTimeout(this.timer);
    if (this.sending) return this.running;
    if (!this.pending.size) return;
    this.sending = this.pending;
    this.pending = new Map();
    this.emit("status", "saving");
    this.running = this.send(this.sending);
    await this.running;
    if (this.pending.size && !this.failures) await this.flush();
  }

  async send(changes) {
    const answer = await this.post(this.config.saveUrl, {
      revision: this.revision,
      changes: Object.fromEntries(changes),
    });
    this.sending = null;
    if (answer.ok) {
      this.failures = 0;
      this.accept(answer.body, changes);
    } else if (answer.body?.error) {
      this.failures = 0;
      this.refuse(answer.body.error, changes);
    } else {
      this.keep(changes);
      this.emit("status", answer.signedOut ? "signedOut" : "offline");
      this.schedule(RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
    }
  }

  accept(state, sent) {
    this.revision = state.revision;
    this.content = state.content;
    this.emit("saved", state, sent);
    this.emit("status", this.pending.size ? "unsaved" : "saved");
  }

  refuse(error, sent) {
    if (error.code === "draft_stale" && Object.keys(error.conflicts).length) {
      const mine = Object.fromEntries(Object.keys(error.conflicts).map((name) => [name, sent.get(name)]));
      for (const name of Object.keys(mine)) sent.delete(name);
      this.revision = error.revision;
      this.content = { ...this.content, ...error.content };
      this.keep(sent);
      this.emit("conflict", error.conflicts, mine);
      this.emit("status", "refused", error.message);
      if (this.pending.size) this.schedule(0);
      return;
    }
    const bad = new Set((error.problems ?? []).map((problem) => problem.field));
    const rest = new Map([...sent].filter(([name]) => bad.size && !bad.has(name)));
    this.keep(rest);
    this.emit("refused", error, sent);
    this.emit("status", "refused", error.message);
    if (rest.size) this.schedule(0);
  }

  // Newer values of the same field win over those that could not be sent.
  keep(changes) {
    this.pending = new Map([...changes, ...this.pending]);
  }

  async undo() {
    await this.flush();
    const answer = await this.post(this.config.undoUrl, { revision: this.revision });
    if (answer.ok) {
      const before = this.content;
      this.revision = answer.body.revision;
      this.content = answer.body.content;
      this.emit("undone", answer.body, before);
    } else {
      this.emit("status", "refused", answer.body?.error?.message ?? "");
    }
  }

  async post(url, body) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.csrf },
        body: JSON.stringify(body),
      });
      const json = (response.headers.get("Content-Type") ?? "").includes("json");
      const signedOut = response.redirected || response.status === 401 || (response.status === 403 && !json);
      return { ok: response.ok && json && !response.redirected, signedOut, body: json ? await response.json() : null };
    } catch {
      return { ok: false, signedOut: false, body: null };
    }
  }
}
