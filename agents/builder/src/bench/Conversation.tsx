// What is said, live: spoken or written, with the way each turn took and how long it was waited for.

import { type FormEvent, Fragment, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Icon } from "../parts/Icon";
import { Keep } from "./Keep";
import type { Names } from "./names";
import { Path } from "./Path";
import type { BenchSession, Snapshot } from "./session";
import { inOrder, type TurnTrail, turnOf, waitInWords } from "./trail";
import type { BenchData, CaseRow, Line } from "./types";
import { say } from "./words";

interface ConversationProps {
  data: BenchData;
  session: BenchSession;
  names: Names;
  onPick?: ((node: string) => void) | undefined;
  onKept(kept: CaseRow): void;
}

export function Conversation({ data, session, names, onPick, onKept }: ConversationProps) {
  const shown = useSyncExternalStore(session.subscribe, session.snapshot);
  const end = useRef<HTMLDivElement>(null);
  const last = shown.lines.at(-1);
  const note = { budget: data.budget_ms, names, onPick };
  // In braces: newer browsers answer with a promise, which is no way to clean up.
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [shown.lines.length, last?.text, shown.trail]);
  return (
    <>
      <Head data={data} session={session} shown={shown} />
      <div className="tb-lines" role="log" aria-label={say("Conversation")} aria-live="polite">
        {shown.lines.length === 0 && <Empty />}
        {inOrder(shown.lines, shown.trail).map((item) =>
          "silent" in item ? (
            <TurnNote key={`${item.silent.leg}-${item.silent.turn}`} turn={item.silent} {...note} />
          ) : (
            <Fragment key={item.line.key}>
              <Said line={item.line} session={session} />
              {endsTurn(shown.lines, item.line) && <TurnNote turn={turnOf(shown.trail, item.line.leg, item.line.turn)} {...note} />}
            </Fragment>
          ),
        )}
        <div ref={end} />
      </div>
      {shown.notice && <p className="p-note is-warn tb-notice" role="alert">{shown.notice}</p>}
      <Composer session={session} shown={shown} />
      {shown.lines.length > 0 && data.may_edit && <Keep data={data} shown={shown} onKept={onKept} />}
    </>
  );
}

function Empty() {
  return (
    <p className="tb-empty">
      {say("Write below or talk. The draft answers as it is now, and the canvas shows where the conversation is.")}
    </p>
  );
}

/** Whether no later line belongs to the same turn. */
function endsTurn(lines: readonly Line[], line: Line): boolean {
  if (line.turn === undefined) return false;
  return lines.findLast((known) => known.leg === line.leg && known.turn === line.turn) === line;
}

function Said({ line, session }: { line: Line; session: BenchSession }) {
  const spoken = line.role === "agent" ? line.text.slice(0, line.spoken ?? line.text.length) : line.text;
  const rest = line.text.slice(spoken.length);
  return (
    <div className={`tb-line is-${line.role} is-${line.state}`}>
      <p className="tb-bubble">
        <span className="tb-who">{line.role === "caller" ? say("You") : say("Agent")}: </span>
        {spoken}
        {rest && <span className="tb-rest">{rest}</span>}
      </p>
      {session.canGoBackTo(line) && (
        <button
          type="button"
          className="tb-back"
          title={say("Go back to before this and try again")}
          aria-label={say("Go back to before “{words}” and try again", { words: line.text })}
          onClick={() => session.goBack(line)}
        >
          <Icon name="undo" />
        </button>
      )}
    </div>
  );
}

interface TurnNoteProps {
  turn: TurnTrail | undefined;
  budget: number;
  names: Names;
  onPick?: ((node: string) => void) | undefined;
}

function TurnNote({ turn, budget, names, onPick }: TurnNoteProps) {
  if (!turn || (turn.nodes.length === 0 && turn.ms === null)) return null;
  const waits = turn.spans.map((span) => `${span.name}: ${waitInWords(span.ms)}`).join("\n");
  return (
    <div className="tb-note">
      {turn.ms !== null && (
        <span className={turn.ms <= budget ? "tb-ms" : "tb-ms is-late"} title={waits}>
          {waitInWords(turn.ms)}
        </span>
      )}
      <Path nodes={turn.nodes} names={names} onPick={onPick} />
    </div>
  );
}

function Head({ data, session, shown }: { data: BenchData; session: BenchSession; shown: Snapshot }) {
  const { status, voice, active, muted, version } = shown;
  return (
    <div className="tb-head">
      <div className="tb-status" data-tone={status.tone}>
        <strong role="status">{status.title}</strong>
        {status.help && <span className="p-muted">{status.help}</span>}
      </div>
      <div className="tb-actions">
        {data.agent.published && (
          <select
            className="p-input tb-version"
            aria-label={say("What is tried")}
            value={version}
            onChange={(event) => session.setVersion(event.target.value === "published" ? "published" : "draft")}
          >
            <option value="draft">{say("Draft")}</option>
            <option value="published">{say("Live version")}</option>
          </select>
        )}
        {voice && (
          <button type="button" className="p-button is-small" aria-pressed={muted} onClick={() => session.mute(!muted)}>
            <Icon name={muted ? "mic_off" : "mic"} /> {muted ? say("Unmute") : say("Mute")}
          </button>
        )}
        {active ? (
          <button type="button" className="p-button is-small is-danger" onClick={() => session.hangUp()}>
            <Icon name="call_end" /> {voice ? say("Hang up") : say("Stop")}
          </button>
        ) : null}
        {!voice && (
          <button type="button" className="p-button is-small is-primary" onClick={() => void session.speak()}>
            <Icon name="mic" /> {say("Talk")}
          </button>
        )}
        {(shown.lines.length > 0 || active) && (
          <button
            type="button"
            className="p-icon-button tb-over"
            title={say("Start over")}
            aria-label={say("Start over")}
            onClick={() => session.startOver()}
          >
            <Icon name="restart_alt" />
          </button>
        )}
      </div>
    </div>
  );
}

function Composer({ session, shown }: { session: BenchSession; shown: Snapshot }) {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { again } = shown;
  useEffect(() => {
    if (!again) return;
    setText(again);
    field.current?.focus();
    field.current?.select();
  }, [again]);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (session.write(text)) setText("");
    field.current?.focus();
  };
  return (
    <form className="tb-composer" onSubmit={send}>
      <input
        ref={field}
        className="p-input"
        type="text"
        value={text}
        maxLength={2000}
        autoComplete="off"
        placeholder={say("Write to the agent")}
        aria-label={say("Write to the agent")}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="p-button is-primary" aria-label={say("Send")} disabled={!text.trim()}>
        <Icon name="send" />
      </button>
      {!shown.active && shown.lines.length === 0 && (
        <button type="button" className="p-button" onClick={() => session.begin()}>
          {say("Let it begin")}
        </button>
      )}
    </form>
  );
}
