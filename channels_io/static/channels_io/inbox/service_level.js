/** How long somebody who waits has left, and what colour that is: the same rule as `reads.handoffs`. */

const SOON = 1 / 3;

/** Whole seconds until `due` (ISO), below 0 when it is over. */
export function left(due, now = Date.now()) {
  return Math.ceil((Date.parse(due) - now) / 1000);
}

/** "good", "warn" with less than a third of the time left, "bad" when it is over. */
export function tone(since, due, now = Date.now()) {
  const whole = Math.max(1000, Date.parse(due) - Date.parse(since));
  const rest = Date.parse(due) - now;
  if (rest <= 0) return "bad";
  return rest < whole * SOON ? "warn" : "good";
}
