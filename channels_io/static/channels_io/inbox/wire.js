/** The words of the operator's socket: how a piece of sound is cut, and what an end means. Pure. */

import { delayBefore } from "../talk/reconnect.js";

export const CALLER = 0;
export const AGENT = 1;
export const OPERATOR = 2;
const HEAD_BYTES = 5;

/** {side, at, pcm} of a binary message: one byte side, four bytes big-endian ms since the leg began; null for anything else. */
export function splitSound(buffer) {
  if (buffer.byteLength <= HEAD_BYTES || (buffer.byteLength - HEAD_BYTES) % 2) return null;
  const view = new DataView(buffer);
  const side = view.getUint8(0);
  return side > OPERATOR ? null : { side, at: view.getUint32(1), pcm: buffer.slice(HEAD_BYTES) };
}

/** Close codes after which trying again is in vain. */
const FINAL = new Set([4403, 4404, 4413, 4422]);

/** Milliseconds until the next try after `attempt` (from 0) failed ones; null: not again. */
export function againAfter(code, attempt, random = Math.random()) {
  if (FINAL.has(code)) return null;
  return delayBefore(Math.min(attempt, 4), random);
}
