// Keeps the conversation at hand as a test case.

import { type FormEvent, useId, useState } from "react";
import { ApiError, sendJson } from "../api";
import { Icon } from "../parts/Icon";
import { ChecksField } from "./ChecksField";
import type { Snapshot } from "./session";
import type { BenchData, CaseRow, Checks, WholeCase } from "./types";
import { say } from "./words";

interface KeepProps {
  data: BenchData;
  shown: Snapshot;
  onKept(kept: CaseRow): void;
}

export const USUAL_CHECKS: Checks = { path: "all", variables: true, answers: false };

export function Keep({ data, shown, onKept }: KeepProps) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [checks, setChecks] = useState<Checks>(USUAL_CHECKS);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState("");
  const id = useId();

  const keep = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setOutcome("");
    try {
      // The server waits until that many lines are in its record.
      const lines = shown.lines.filter((line) => line.turn !== undefined && line.state !== "live").length;
      const kept = await sendJson<WholeCase>(data.urls.cases, { leg: shown.leg, name, checks, mocks: shown.mocks, lines });
      onKept(kept);
      setOpen(false);
      setName("");
      setOutcome(say("Kept as “{name}”.", { name: kept.name }));
    } catch (error) {
      setOutcome(error instanceof ApiError ? error.message : say("It could not be kept. Try again."));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="tb-keep">
      {!open && (
        <button type="button" className="p-button is-small" disabled={!shown.leg} onClick={() => setOpen(true)}>
          <Icon name="bookmark_add" /> {say("Keep as test case")}
        </button>
      )}
      {open && (
        <form onSubmit={(event) => void keep(event)} className="tb-form">
          <div className="p-field">
            <label htmlFor={id}>{say("Name of the test case")}</label>
            <input id={id} value={name} maxLength={120} required autoFocus onChange={(event) => setName(event.target.value)} />
          </div>
          <ChecksField checks={checks} onChange={setChecks} />
          <div className="tb-actions">
            <button type="submit" className="p-button is-small is-primary" disabled={busy || !name.trim()}>
              {say("Keep")}
            </button>
            <button type="button" className="p-button is-small is-quiet" onClick={() => setOpen(false)}>
              {say("Cancel")}
            </button>
          </div>
        </form>
      )}
      {outcome && <p className="p-help" role="status">{outcome}</p>}
    </div>
  );
}
