// Kept conversations: run them again, see what came out otherwise.

import { useState } from "react";
import { ApiError, getJson, sendJson } from "../api";
import { Icon } from "../parts/Icon";
import { ChecksField } from "./ChecksField";
import { CaseOutcome } from "./Outcome";
import { USUAL_CHECKS } from "./Keep";
import { Script } from "./Script";
import type { Names } from "./names";
import type { BenchData, CaseRow, WholeCase } from "./types";
import { say } from "./words";

interface CasesProps {
  data: BenchData;
  cases: CaseRow[];
  onCases(cases: CaseRow[]): void;
  names: Names;
  onPick?: ((node: string) => void) | undefined;
}

export function Cases({ data, cases, onCases, names, onPick }: CasesProps) {
  const [open, setOpen] = useState<WholeCase | null>(null);
  const [running, setRunning] = useState("");
  const [problem, setProblem] = useState("");
  const url = (pattern: string, id: string) => pattern.replace("CASE", id);
  const failed = (error: unknown) => setProblem(error instanceof ApiError ? error.message : say("That did not work. Try again."));

  const show = async (id: string) => {
    if (open?.id === id) return setOpen(null);
    setProblem("");
    try {
      setOpen(await getJson<WholeCase>(url(data.urls.case, id)));
    } catch (error) {
      failed(error);
    }
  };

  /** The rows after one of them was run or changed. */
  const renewed = (rows: CaseRow[], row: CaseRow) => rows.map((known) => (known.id === row.id ? row : known));

  const run = async (wanted: CaseRow[]) => {
    setProblem("");
    let rows = cases;
    try {
      // One after the other: each is a conversation of its own, and the caller's lines come first.
      for (const { id } of wanted) {
        setRunning(id);
        const ran = await sendJson<WholeCase>(url(data.urls.run, id), {});
        rows = renewed(rows, ran);
        onCases(rows);
        setOpen((known) => (wanted.length === 1 || known?.id === id ? ran : known));
      }
    } catch (error) {
      failed(error);
    } finally {
      setRunning("");
    }
  };

  const change = async (id: string, changes: object) => {
    try {
      const changed = await sendJson<WholeCase>(url(data.urls.case, id), changes, "PATCH");
      onCases(renewed(cases, changed));
      setOpen(changed);
    } catch (error) {
      failed(error);
    }
  };

  const remove = async (id: string) => {
    try {
      await sendJson<undefined>(url(data.urls.case, id), {}, "DELETE");
      onCases(cases.filter((known) => known.id !== id));
      setOpen(null);
    } catch (error) {
      failed(error);
    }
  };

  if (!cases.length) {
    return <p className="tb-empty">{say("No test cases yet. Have a conversation and keep it: it can then be had again after every change.")}</p>;
  }
  const passed = cases.filter((known) => known.passed === true).length;
  return (
    <div className="tb-cases">
      <div className="tb-actions">
        <button type="button" className="p-button is-small is-primary" disabled={running !== ""} onClick={() => void run(cases)}>
          <Icon name="play_arrow" /> {say("Run all")}
        </button>
        <span className="p-muted" role="status">
          {say("{passed} of {count} passed", { passed, count: cases.length })}
        </span>
      </div>
      {problem && <p className="p-note is-error" role="alert">{problem}</p>}
      <ul className="tb-case-list">
        {cases.map((row) => (
          <li key={row.id} className="tb-case">
            <div className="tb-case-head">
              <Verdict passed={row.passed} running={running === row.id} />
              <button type="button" className="tb-case-name" aria-expanded={open?.id === row.id} onClick={() => void show(row.id)}>
                {row.name}
              </button>
              <button
                type="button"
                className="p-button is-small"
                disabled={running !== ""}
                aria-label={say("Run “{name}”", { name: row.name })}
                onClick={() => void run([row])}
              >
                {running === row.id ? say("Running…") : say("Run")}
              </button>
            </div>
            {open?.id === row.id && (
              <div className="tb-case-body">
                <CaseOutcome shown={open} names={names} onPick={onPick} conversationUrl={data.urls.conversation} />
                {data.may_edit && (
                  <>
                    <Script key={open.id} steps={open.steps} onChange={(said) => void change(open.id, { said })} />
                    <ChecksField checks={{ ...USUAL_CHECKS, ...open.checks }} onChange={(checks) => void change(open.id, { checks })} />
                    <Remove onRemove={() => void remove(open.id)} />
                  </>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Verdict({ passed, running }: { passed: boolean | null; running: boolean }) {
  if (running) return <span className="tb-spin" aria-hidden="true" />;
  if (passed === null) return <span className="p-badge">{say("Not run")}</span>;
  return passed ? <span className="p-badge is-good">{say("Passed")}</span> : <span className="p-badge is-bad">{say("Failed")}</span>;
}

/** Asks once more in place: there is no way back. */
function Remove({ onRemove }: { onRemove(): void }) {
  const [sure, setSure] = useState(false);
  return (
    <div className="tb-actions">
      {!sure && (
        <button type="button" className="p-button is-small is-quiet" onClick={() => setSure(true)}>
          <Icon name="delete" /> {say("Delete")}
        </button>
      )}
      {sure && (
        <>
          <button type="button" className="p-button is-small is-danger" autoFocus onClick={onRemove}>
            {say("Delete for good")}
          </button>
          <button type="button" className="p-button is-small is-quiet" onClick={() => setSure(false)}>
            {say("Cancel")}
          </button>
        </>
      )}
    </div>
  );
}
