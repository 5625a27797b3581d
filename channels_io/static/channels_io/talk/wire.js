/** The words of the browser socket: close codes, what goes up, how agent audio is cut from its turn number. */

export const CloseCode = Object.freeze({
  NORMAL: 1000,
  BAD_TICKET: 4401,
  ORIGIN: 4403,
  NOT_FOUND: 4404,
  SILENT: 4408,
  SECOND_SOCKET: 4409,
  SLOW_READER: 4410,
  TOO_LARGE: 4413,
  PROTOCOL: 4422,
  WORKER_FULL: 4429,
  SERVER_ERROR: 4500,
  NO_WORKER: 4503,
  RESTARTING: 4512,
});

export const MAX_TEXT_CHARS = 8000;
const TURN_BYTES = 4;

/** {turn, pcm: ArrayBuffer} of a binary message that came down; null when it is none. */
export function splitAudio(buffer) {
  if (buffer.byteLength <= TURN_BYTES || buffer.byteLength % 2) return null;
  return { turn: new DataView(buffer).getUint32(0, true), pcm: buffer.slice(TURN_BYTES) };
}

/** The message as an object with a `type`; null for anything else. */
export function parseMessage(text) {
  try {
    const message = JSON.parse(text);
    return message && typeof message.type === "string" ? message : null;
  } catch {
    return null;
  }
}

/** Lone halves of surrogate pairs and NUL cannot be stored: they are left out before sending. */
export function cleanText(text) {
  return text.toWellFormed ? text.toWellFormed().replaceAll("\0", "").trim() : text.replaceAll("\0", "").trim();
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
