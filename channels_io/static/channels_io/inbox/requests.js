/** What the pane asks of the server, and what its refusals mean. */

import { TicketRefused } from "../talk/connection.js";

const PATIENCE_MS = 12000;
const CODES = { 403: "forbidden", 404: "not_found" };

/**
 * `problem` is a key of words.problems, or a code of the server with its `message`. `standing`: {owner, user, number} as it
 * is in truth, where the server said so. `status` 0: it never got there.
 */
export class Refused extends Error {
  constructor(problem, { message = "", status = 0, standing = null } = {}) {
    super(message || problem);
    Object.assign(this, { problem, shown: message, status, standing });
  }
}

export class Requests {
  /** base: "/conversations/<id>/"; act: the address of what the inbox does; token: against forged requests. */
  constructor({ base, act, id, token }) {
    Object.assign(this, { base, act, id, token });
  }

  /** POST `wish` as JSON to <base><verb>/; the answer's JSON, {} without one. Throws Refused. */
  ask(verb, wish = {}) {
    return this.#post(`${this.base}${verb}/`, JSON.stringify(wish), { "Content-Type": "application/json" });
  }

  /** Words for the contact, or a template, and a key: [[name, value]…]. Throws Refused. */
  write(fields) {
    return this.#post(`${this.base}write/`, new URLSearchParams(fields));
  }

  /** What the inbox does too: assign, tag, untag, close, reopen, note, read. */
  do(what, fields = {}) {
    return this.#post(this.act, new URLSearchParams({ do: what, ids: this.id, ...fields }));
  }

  /** A <form> of a page, whose answer would be a redirect to that page. Throws Refused. */
  async form(form) {
    const body = new URLSearchParams(new FormData(form));
    const response = await this.#fetch(form.action, { method: "POST", headers: { "X-CSRFToken": this.token }, body });
    if (response.type === "opaqueredirect" || response.ok) return;
    throw new Refused(CODES[response.status] ?? "other", { status: response.status });
  }

  /** A ticket for the operator's socket. Throws TicketRefused when in vain, another error when it is worth a try. */
  async ticket() {
    try {
      return await this.ask("watch");
    } catch (error) {
      if (error instanceof Refused && error.status > 0 && error.status < 500) throw new TicketRefused(error.problem);
      throw error;
    }
  }

  /** The HTML of `path` below the base. Throws Refused. */
  async html(path) {
    const response = await this.#fetch(`${this.base}${path}`, { headers: { Accept: "text/html" } });
    if (response.type === "opaqueredirect") throw new Refused("signed_out", { status: 401 });
    if (!response.ok) throw new Refused(CODES[response.status] ?? "other", { status: response.status });
    return new DOMParser().parseFromString(await response.text(), "text/html");
  }

  async #post(address, body, more = {}) {
    const headers = { Accept: "application/json", "X-CSRFToken": this.token, ...more };
    const response = await this.#fetch(address, { method: "POST", headers, body });
    if (response.type === "opaqueredirect") throw new Refused("signed_out", { status: 401 });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const { code = "", message = "" } = answer.error ?? {};
    const status = response.status;
    throw new Refused(code || CODES[status] || "other", { message, status, standing: answer.owner ? answer : null });
  }

  async #fetch(address, options) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await fetch(address, { credentials: "same-origin", redirect: "manual", signal, ...options });
    } catch {
      throw new Refused("offline");
    }
  }
}
