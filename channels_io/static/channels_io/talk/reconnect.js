/** When to try again after a socket or a ticket failed, and when to say so instead. Pure. */

import { CloseCode } from "./wire.js";

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 5000;
const JITTER = 0.25;
const GIVE_UP_MS = 120000;

/** Closed for a reason that trying again does not cure → the problem shown. */
const FINAL = new Map([
  [CloseCode.ORIGIN, "refused"],
  [CloseCode.NOT_FOUND, "not_found"],
  [CloseCode.SECOND_SOCKET, "elsewhere"],
  [CloseCode.TOO_LARGE, "protocol"],
  [CloseCode.PROTOCOL, "protocol"],
]);

/** Cured by waiting; while a conversation is only being opened the person decides. */
const BUSY = new Map([
  [CloseCode.WORKER_FULL, "worker_full"],
  [CloseCode.NO_WORKER, "no_worker"],
]);

/** Milliseconds before try number `attempt` (from 0); `random` in 0..1. */
export function delayBefore(attempt, random = Math.random()) {
  const base = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(base * (1 + JITTER * (2 * random - 1)));
}

/**
 * What follows a close.
 *
 * code: close code, or 0 when the ticket could not be fetched. opened: this conversation was ready once.
 * attempt: tries since it last was. lostMs: how long it has been away.
 * Returns {action: "retry", delay} | {action: "end"} | {action: "stop", problem}.
 */
export function afterClose({ code, opened, attempt, lostMs = 0, random = Math.random() }) {
  if (code === CloseCode.NORMAL) return { action: "end" };
  if (FINAL.has(code)) return { action: "stop", problem: FINAL.get(code) };
  if (BUSY.has(code) && !opened) return { action: "stop", problem: BUSY.get(code) };
  if (lostMs >= GIVE_UP_MS || (!opened && attempt >= 3)) {
    return { action: "stop", problem: BUSY.get(code) ?? "lost" };
  }
  return { action: "retry", delay: delayBefore(attempt, random) };
}
