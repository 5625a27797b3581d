// The bar at the top: where you are, whether it is saved, undo, problems, test, publish.

import { Icon } from "../parts/Icon";
import { redoStep, show, undoStep, useBuilder } from "../store/store";
import { t, tn } from "../words";

export function TopBar() {
  const { agent, may, urls } = useBuilder((state) => state.data);
  const standing = useBuilder((state) => state.checked);
  const panel = useBuilder((state) => state.panel);
  const outline = useBuilder((state) => state.outline);
  const editable = may.edit && !agent.archived;
  const toggle = (name: "test" | "versions"): void => show(panel === name ? null : name);
  return (
    <header className="bd-top">
      <a className="bd-back" href={urls["agent"] ?? ".."} title={t("Back to the agent")} aria-label={t("Back to the agent")}>
        <Icon name="arrow_back" />
      </a>
      <div className="bd-where">
        <h1>{agent.name}</h1>
        <p>
          <span className="ag-dot" data-status={standing.status} aria-hidden="true" />
          <span data-standing>{standing.status_text}</span>
          {editable && <SaveStatus />}
        </p>
      </div>
      <div className="bd-tools">
        {editable && <UndoRedo />}
        <button type="button" className="bd-tool" aria-pressed={outline} title={t("As a list (O)")} aria-label={t("Show as a list")} onClick={() => useBuilder.setState({ outline: !outline })}>
          <Icon name="format_list_bulleted" />
        </button>
        <button type="button" className="bd-tool bd-wide-only" title={t("Keys (?)")} aria-label={t("Keys")} onClick={() => useBuilder.setState({ dialog: "help" })}>
          <Icon name="keyboard" />
        </button>
        <Problems />
        <button type="button" className="p-button is-small bd-labelled" aria-label={t("Versions")} aria-pressed={panel === "versions"} onClick={() => toggle("versions")}>
          <Icon name="history" /> <span>{t("Versions")}</span>
        </button>
        {may.talk && (
          <button type="button" className="p-button is-small bd-labelled" aria-label={t("Test")} aria-pressed={panel === "test"} onClick={() => toggle("test")}>
            <Icon name="play_circle" /> <span>{t("Test")}</span>
          </button>
        )}
        {may.publish && !agent.archived && (
          <button type="button" className="p-button is-small is-primary" onClick={() => useBuilder.setState({ dialog: "publish" })}>
            {t("Publish")}
          </button>
        )}
      </div>
    </header>
  );
}

function SaveStatus() {
  const { kind, message } = useBuilder((state) => state.save);
  const words = {
    saved: t("All changes saved"),
    unsaved: t("Not saved yet"),
    saving: t("Saving…"),
    offline: t("Not saved: the server does not answer. Trying again."),
    signedOut: t("Not saved: you are signed out. Sign in in another tab; your work stays here."),
    refused: t("Not saved: {reason}", { reason: message }),
    conflict: t("Not saved: somebody else changed the same thing."),
  };
  return (
    <span className="bd-save" role="status" aria-live="polite" data-save-status data-kind={kind} title={words[kind]}>
      {words[kind]}
    </span>
  );
}

function UndoRedo() {
  const past = useBuilder((state) => state.history.past.length);
  const future = useBuilder((state) => state.history.future.length);
  return (
    <>
      <button type="button" className="bd-tool" disabled={past === 0} title={t("Undo (Ctrl+Z)")} aria-label={t("Undo")} onClick={undoStep}>
        <Icon name="undo" />
      </button>
      <button type="button" className="bd-tool" disabled={future === 0} title={t("Redo (Ctrl+Shift+Z)")} aria-label={t("Redo")} onClick={redoStep}>
        <Icon name="redo" />
      </button>
    </>
  );
}

function Problems() {
  const problems = useBuilder((state) => state.problems);
  const panel = useBuilder((state) => state.panel);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const tone = errors ? "is-bad" : problems.length ? "is-warn" : "is-good";
  return (
    <button
      type="button"
      className={`p-button is-small bd-problem-count ${tone}`}
      aria-pressed={panel === "problems"}
      aria-label={tn("{count} problem", "{count} problems", problems.length)}
      title={t("Problems (P), the next one: F8")}
      onClick={() => show(panel === "problems" ? null : "problems")}
      data-problem-button
    >
      <Icon name={errors ? "error" : problems.length ? "warning" : "check_circle"} />
      <span className="bd-wide-only">{t("Problems")}</span> <b>{problems.length}</b>
    </button>
  );
}
