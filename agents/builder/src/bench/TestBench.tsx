// The test bench: talk or write to the draft beside the canvas, see its way, go back, keep it as a test case.

import "./bench.css";

import { useEffect, useMemo, useRef, useState } from "react";
import { ApiError, getJson } from "../api";
import { useBuilder } from "../store/store";
import type { Flow } from "../types";
import { Cases } from "./Cases";
import { Conversation } from "./Conversation";
import { nodeNames } from "./names";
import { BenchSession } from "./session";
import { Tools } from "./Tools";
import type { BenchData, CaseRow, TalkModule } from "./types";
import { Variables } from "./Variables";
import { say, useBenchWords } from "./words";

export interface TestBenchProps {
  agent: { id: string; name: string };
  flow: Flow;
  /** Nodes that the conversation has passed, in order; the last is where it is. Empty: none runs. */
  onPath(nodes: string[]): void;
  /** Resolves when what is being edited is saved: the bench tries what the server has. */
  beforeStart?: (() => Promise<unknown>) | undefined;
  /** A node's name was clicked: bring it into view. */
  onPick?: ((node: string) => void) | undefined;
}

type Tab = "talk" | "variables" | "tools" | "cases";

interface Loaded {
  data: BenchData;
  session: BenchSession;
}

export function TestBench(props: TestBenchProps) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [problem, setProblem] = useState("");
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(props);
  latest.current = props;
  const agentId = props.agent.id;

  useEffect(() => {
    let session: BenchSession | null = null;
    let gone = false;
    load(agentId, latest)
      .then((made) => {
        session = made.session;
        if (gone) session.close();
        else setLoaded(made);
      })
      .catch((error: unknown) => {
        if (!gone) setProblem(error instanceof ApiError ? error.message : say("The test bench could not be loaded."));
      });
    return () => {
      gone = true;
      session?.close();
      setLoaded(null);
      latest.current.onPath([]);
    };
  }, [agentId, attempt]);

  if (problem) {
    const again = () => {
      setProblem("");
      setAttempt(attempt + 1);
    };
    return (
      <div className="tb tb-wait">
        <p className="p-note is-error">{problem}</p>
        <button type="button" className="p-button" onClick={again}>
          {say("Try again")}
        </button>
      </div>
    );
  }
  if (loaded === null) return <div className="tb tb-wait" aria-busy="true" />;
  return <Bench {...loaded} {...props} />;
}

async function load(agentId: string, latest: { current: TestBenchProps }): Promise<Loaded> {
  const data = await getJson<BenchData>(`/agents/${agentId}/test/`);
  useBenchWords(data.words);
  // The modules of the call page: one code for every place where one talks to an agent.
  const modules = (await import(/* @vite-ignore */ data.talk)) as TalkModule;
  const session = new BenchSession({
    data,
    modules,
    csrf: () => document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "",
    beforeStart: async () => await latest.current.beforeStart?.(),
    onPath: (nodes) => latest.current.onPath(nodes),
  });
  return { data, session };
}

function Bench({ data, session, flow, onPick }: Loaded & TestBenchProps) {
  const [tab, setTab] = useState<Tab>("talk");
  const [cases, setCases] = useState<CaseRow[]>(data.cases);
  const kinds = useBuilder((state) => state.kinds);
  const names = useMemo(() => nodeNames(flow, kinds), [flow, kinds]);
  const tabs: [Tab, string][] = [
    ["talk", say("Conversation")],
    ["variables", say("Variables")],
    ["tools", say("Tools")],
    ["cases", say("Test cases")],
  ];
  return (
    <div className="tb">
      <div className="p-tabs tb-tabs" role="tablist" aria-label={say("Test")}>
        {tabs.map(([key, label]) => (
          <button
            key={key}
            type="button"
            role="tab"
            id={`tb-tab-${key}`}
            aria-selected={tab === key}
            aria-controls={`tb-${key}`}
            tabIndex={tab === key ? 0 : -1}
            onClick={() => setTab(key)}
            onKeyDown={(event) => {
              const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              if (!step) return;
              const at = tabs.findIndex(([known]) => known === tab);
              const next = tabs[(at + step + tabs.length) % tabs.length];
              if (!next) return;
              setTab(next[0]);
              document.getElementById(`tb-tab-${next[0]}`)?.focus();
            }}
          >
            {label}
          </button>
        ))}
      </div>
      <div className="tb-panel" role="tabpanel" id={`tb-${tab}`} aria-labelledby={`tb-tab-${tab}`}>
        {tab === "talk" && (
          <Conversation
            data={data}
            session={session}
            names={names}
            onPick={onPick}
            onKept={(kept) => setCases([...cases, kept])}
          />
        )}
        {tab === "variables" && <Variables session={session} />}
        {tab === "tools" && <Tools data={data} session={session} names={names} onPick={onPick} />}
        {tab === "cases" && <Cases data={data} cases={cases} onCases={setCases} names={names} onPick={onPick} />}
      </div>
    </div>
  );
}
