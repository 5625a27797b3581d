/** Asking the server. A refusal becomes a `Refused` with words for people; everything else a plain Error. */

const PATIENCE_MS = 15000;

export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Server {
  constructor(config, token) {
    this.config = config;
    this.token = token;
  }

  /** {"rows": [{id, place, html}], "older", "counts", "waiting"} */
  async rows(parameters) {
    const url = new URL(this.config.rows, location.href);
    url.search = this.config.query;
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return (await this.ask(url, { headers: { Accept: "application/json" } })).json();
  }

  /** `fields` as a form; the answer as JSON, null when there is none. */
  async post(url, fields) {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) body.set(name, Array.isArray(value) ? value.join(",") : value);
    const response = await this.ask(url, {
      method: "POST",
      body,
      headers: { Accept: "application/json", "X-CSRFToken": this.token },
    });
    return response.status === 204 ? null : response.json();
  }

  act(fields) {
    return this.post(this.config.act, fields);
  }

  /** An HTML part of a page. */
  async part(url) {
    return (await this.ask(new URL(url, location.href), { headers: { Accept: "text/html" } })).text();
  }

  async ask(url, options) {
    const { words } = this.config;
    const response = await fetch(url, {
      ...options,
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.ok) return response;
    if (response.type === "opaqueredirect") throw new Refused("signed_out", words.signedOut);
    if (response.status === 403) throw new Refused("refused", words.refused);
    if (response.status === 400) {
      const { error = {} } = await response.json().catch(() => ({}));
      throw new Refused(error.code ?? "invalid", error.message ?? words.failed);
    }
    throw new Error(`The server answered ${response.status}.`);
  }
}
