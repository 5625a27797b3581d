// Undo and redo over whole documents. They share what did not change, so a step costs little.

export interface History<T> {
  past: T[];
  present: T;
  future: T[];
  /** What the last step was about, and when: changes about the same thing in quick succession are one step. */
  about: string;
  at: number;
}

const KEPT = 200;
const SAME_STEP_MS = 1200;

export function begin<T>(present: T): History<T> {
  return { past: [], present, future: [], about: "", at: 0 };
}

/** `about`: "" is always a step of its own; `now` in milliseconds. */
export function commit<T>(history: History<T>, present: T, about: string, now: number): History<T> {
  if (present === history.present) return history;
  const joined = about !== "" && about === history.about && now - history.at < SAME_STEP_MS && history.past.length > 0;
  const past = joined ? history.past : [...history.past, history.present].slice(-KEPT);
  return { past, present, future: [], about, at: now };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  const future = [history.present, ...history.future];
  return { past: history.past.slice(0, -1), present: before, future, about: "", at: 0 };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, about: "", at: 0 };
}

/** The document became another one without a step of the user's (a merge): older steps stay, under it. */
export function replace<T>(history: History<T>, present: T): History<T> {
  return { ...history, present, about: "", at: 0 };
}
