// What is said in a test case, to be changed: another wording, or what was masked when it was kept.

import { type FormEvent, useState } from "react";
import { Icon } from "../parts/Icon";
import type { CaseStep } from "./types";
import { say } from "./words";

export function Script({ steps, onChange }: { steps: readonly CaseStep[]; onChange(said: string[]): void }) {
  const [said, setSaid] = useState<string[] | null>(null);
  if (said === null) {
    return (
      <button type="button" className="p-button is-small tb-start" onClick={() => setSaid(steps.map((step) => step.said))}>
        <Icon name="edit" /> {say("Change what is said")}
      </button>
    );
  }
  const save = (event: FormEvent) => {
    event.preventDefault();
    onChange(said);
    setSaid(null);
  };
  return (
    <form className="tb-form" onSubmit={save}>
      {said.map(
        (words, index) =>
          index > 0 && (
            // Steps never move: their place is their name.
            <input
              key={index}
              className="p-input"
              value={words}
              required
              maxLength={2000}
              aria-label={say("Turn {number}", { number: index })}
              onChange={(event) => setSaid(said.map((known, at) => (at === index ? event.target.value : known)))}
            />
          ),
      )}
      <div className="tb-actions">
        <button type="submit" className="p-button is-small is-primary">
          {say("Save")}
        </button>
        <button type="button" className="p-button is-small is-quiet" onClick={() => setSaid(null)}>
          {say("Cancel")}
        </button>
      </div>
    </form>
  );
}
