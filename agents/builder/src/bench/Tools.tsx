// Mocks: what tools answer in this test instead of being run.

import { useEffect, useId, useState, useSyncExternalStore } from "react";
import { getJson } from "../api";
import { type Names, toolName } from "./names";
import { Path } from "./Path";
import type { BenchSession } from "./session";
import type { BenchData, Mock, MockableTool, Mocks } from "./types";
import { say } from "./words";

interface ToolsProps {
  data: BenchData;
  session: BenchSession;
  names: Names;
  onPick?: ((node: string) => void) | undefined;
}

interface Found {
  tools: MockableTool[];
  problems: boolean;
}

const EXAMPLE = '{"ok": true}';

export function Tools({ data, session, names, onPick }: ToolsProps) {
  const { mocks } = useSyncExternalStore(session.subscribe, session.snapshot);
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    let gone = false;
    getJson<Found>(data.urls.tools)
      .then((answer) => !gone && setFound(answer))
      .catch(() => !gone && setFound({ tools: [], problems: false }));
    return () => {
      gone = true;
    };
  }, [data.urls.tools]);
  if (found === null) return <div aria-busy="true" />;
  if (found.problems) return <p className="tb-empty">{say("The draft has problems. Fix them to see its tools.")}</p>;
  if (!found.tools.length) return <p className="tb-empty">{say("This flow uses no tools.")}</p>;
  const set = (name: string, mock: Mock | null) => session.setMocks(withMock(mocks, name, mock));
  return (
    <div className="tb-tools">
      <p className="p-help">
        {say("A tool with an answer of its own here is not run: it answers that every time, in conversations that begin from now on.")}
      </p>
      {found.tools.map((tool) => (
        <Tool key={tool.name} tool={tool} mock={mocks[tool.name] ?? null} names={names} onPick={onPick} onChange={(mock) => set(tool.name, mock)} />
      ))}
    </div>
  );
}

function withMock(mocks: Mocks, name: string, mock: Mock | null): Mocks {
  const { [name]: _old, ...others } = mocks;
  return mock === null ? others : { ...others, [name]: mock };
}

interface ToolProps {
  tool: MockableTool;
  mock: Mock | null;
  names: Names;
  onPick?: ((node: string) => void) | undefined;
  onChange(mock: Mock | null): void;
}

function Tool({ tool, mock, names, onPick, onChange }: ToolProps) {
  const id = useId();
  const own = tool.name.startsWith("node:");
  return (
    <section className="tb-tool">
      <label className="p-check">
        <input
          type="checkbox"
          checked={mock !== null}
          onChange={(event) => onChange(event.target.checked ? { result: EXAMPLE, ok: true } : null)}
        />
        <span>
          <strong>{toolName(tool.name, names)}</strong>
        </span>
      </label>
      {!own && <Path nodes={tool.nodes} names={names} onPick={onPick} />}
      {mock !== null && (
        <>
          <div className="p-field">
            <label htmlFor={id}>{say("Answer")}</label>
            <textarea
              id={id}
              rows={4}
              spellCheck={false}
              maxLength={20000}
              className="p-mono"
              value={mock.result}
              onChange={(event) => onChange({ ...mock, result: event.target.value })}
            />
            {mock.ok && !isJson(mock.result) && <p className="p-help">{say("This is not JSON: it is taken as plain text.")}</p>}
          </div>
          <label className="p-check">
            <input type="checkbox" checked={!mock.ok} onChange={(event) => onChange({ ...mock, ok: !event.target.checked })} />
            {say("It fails")}
          </label>
        </>
      )}
    </section>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
