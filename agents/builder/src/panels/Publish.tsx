// Publish: what changes for callers, a note, the button.

import { useEffect, useState } from "react";
import { ApiError, getJson, sendJson } from "../api";
import { Dialog } from "../parts/Dialog";
import { attempt, flush, goToProblem, isDirty, revision, say, useBuilder } from "../store/store";
import type { Diff, Standing, Version } from "../types";
import { t } from "../words";
import { DiffView, isSame } from "./DiffView";
import { loadVersions } from "./Versions";

const close = (): void => useBuilder.setState({ dialog: "" });

export function Publish() {
  const { urls, agent, versions } = useBuilder((state) => state.data);
  const checked = useBuilder((state) => state.checked);
  const problems = useBuilder((state) => state.problems);
  const [diff, setDiff] = useState<Diff | null>(null);
  const [ready, setReady] = useState(false);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [message, setMessage] = useState("");
  const number = Math.max(0, ...versions.map((version) => version.number)) + 1;
  useEffect(() => {
    const look = async (): Promise<void> => {
      await flush();
      if (useBuilder.getState().checked.number > 0) {
        setDiff(await attempt(() => getJson<Diff>(`${urls["diff"]}?before=published&after=draft`)));
      }
      setReady(true);
    };
    void look();
  }, [urls]);
  const publish = async (): Promise<void> => {
    setBusy(true);
    setMessage("");
    try {
      await flush();
      const answer = await sendJson<Standing & { version: Version }>(urls["publish"] as string, { revision: revision(), note });
      useBuilder.setState({ checked: { ...useBuilder.getState().checked, ...answer }, dialog: "", diff: null });
      say(t("Version {number} is live.", { number: answer.version.number }));
      void loadVersions();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setMessage(error.message);
      setBusy(false);
    }
  };
  const errors = problems.filter(({ severity }) => severity === "error");
  const nothing = diff !== null && isSame(diff);
  return (
    <Dialog title={t("Publish {name} as version {number}", { name: agent.name, number })} wide onClose={close}>
      {message && (
        <p className="p-note is-error" role="alert">
          {message}
        </p>
      )}
      {!ready && <p className="p-muted">{t("Looking at what changed…")}</p>}
      {ready && errors.length > 0 && (
        <div className="p-note is-error">
          <p>{t("This draft cannot be published yet:")}</p>
          <ul className="bd-reasons">
            {errors.slice(0, 8).map((problem, at) => (
              <li key={at}>
                <button
                  type="button"
                  onClick={() => {
                    close();
                    goToProblem(problem);
                  }}
                >
                  {problem.message}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {ready && checked.number === 0 && <p>{t("This is the first version. From now on the agent can take calls.")}</p>}
      {diff && (
        <>
          <p className="p-muted">{t("What changes against version {number}, for calls that begin from now on:", { number: checked.number })}</p>
          <div className="bd-dialog-scroll">
            <DiffView diff={diff} jump={false} />
          </div>
        </>
      )}
      <form
        className="p-stack"
        onSubmit={(event) => {
          event.preventDefault();
          void publish();
        }}
      >
        <div className="p-field">
          <label htmlFor="bd-note">{t("Note")}</label>
          <input id="bd-note" value={note} maxLength={200} autoComplete="off" autoFocus placeholder={t("What is new, for your team")} onChange={(event) => setNote(event.target.value)} />
        </div>
        <div className="p-actions">
          <button type="button" className="p-button" onClick={close}>
            {t("Not now")}
          </button>
          <button type="submit" className="p-button is-primary" disabled={!ready || busy || nothing || errors.length > 0 || (isDirty() && !checked.can_publish)}>
            {t("Publish version {number}", { number })}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
