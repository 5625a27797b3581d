/** Fetching a ticket, and what its refusals mean. */

import { TicketRefused } from "./connection.js";

const PATIENCE_MS = 10000;

/**
 * POST `body` as JSON to `url`; resolves to {ticket, socket, ...}. Refusals with a code become TicketRefused; a network or
 * server failure is an ordinary error, after which trying again makes sense.
 */
export async function fetchTicket(url, body, headers = {}, credentials = "same-origin") {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: JSON.stringify(body),
    credentials,
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.ok) return response.json();
  if (response.type === "opaqueredirect") throw new TicketRefused("signed_out");
  if (response.status >= 500) throw new Error(`The server answered ${response.status}.`);
  const refusal = await response.json().catch(() => ({}));
  const { code = "", message = "" } = refusal.error ?? refusal;
  throw new TicketRefused(code || (response.status === 404 ? "not_found" : "refused"), message);
}
