// The inspector at the right: the selected node's form and exits; with nothing selected, the agent itself.

import { useEffect, useMemo, useRef } from "react";
import { graphOf } from "../graph/flow";
import { exitsOf } from "../graph/ports";
import { problemsOf } from "../graph/problems";
import { Icon } from "../parts/Icon";
import { duplicate, removeSelected, rename, setValue } from "../store/editing";
import { select, useBuilder } from "../store/store";
import type { FlowNode, Kind } from "../types";
import { t, tn } from "../words";
import { AgentForm } from "./AgentForm";
import { Exits } from "./Exits";
import { Form } from "./FieldBox";
import { GlobalBox } from "./GlobalBox";
import { useFocusWish } from "./focus";

export function Inspector() {
  const box = useRef<HTMLDivElement>(null);
  const graph = useBuilder((state) => graphOf(state.history.present.flow, state.open));
  const selected = useBuilder((state) => state.nodes);
  const edges = useBuilder((state) => state.edges);
  const kinds = useBuilder((state) => state.kinds);
  const may = useBuilder((state) => state.data.may.edit && !state.data.agent.archived && state.diff === null);
  useFocusWish(box);
  const lone = edges.size === 1 && selected.size === 0 ? graph.edges.find(({ id }) => edges.has(id)) : undefined;
  useEffect(() => {
    if (lone) useBuilder.setState({ focus: { field: `edge:${lone.id}`, quiet: true } });
  }, [lone]);
  const [only] = selected;
  const shown = selected.size === 1 ? only : lone?.source;
  const node = graph.nodes.find(({ id }) => id === shown);
  const kind = node && kinds.get(node.kind);
  return (
    <div className="bd-inspector" ref={box} data-inspector>
      {selected.size > 1 ? (
        <Several count={selected.size} may={may} />
      ) : node && kind ? (
        <NodeForm key={node.id} node={node} kind={kind} may={may} />
      ) : node ? (
        <p className="p-note is-warn">{t("This Parley knows no node of the kind “{kind}”.", { kind: node.kind })}</p>
      ) : (
        <AgentForm disabled={!may} />
      )}
    </div>
  );
}

function Several({ count, may }: { count: number; may: boolean }) {
  return (
    <div className="bd-several">
      <h2>{tn("{count} node selected", "{count} nodes selected", count)}</h2>
      {may && (
        <div className="p-row">
          <button type="button" className="p-button is-small" onClick={duplicate}>
            <Icon name="content_copy" /> {t("Duplicate")}
          </button>
          <button type="button" className="p-button is-small is-danger" onClick={() => removeSelected()}>
            <Icon name="delete" /> {t("Remove")}
          </button>
        </div>
      )}
      <p className="p-help">{t("Copy takes them along: paste here, into another agent, or into a chat.")}</p>
    </div>
  );
}

function NodeForm({ node, kind, may }: { node: FlowNode; kind: Kind; may: boolean }) {
  const open = useBuilder((state) => state.open);
  const edges = useBuilder((state) => graphOf(state.history.present.flow, state.open).edges);
  const all = useBuilder((state) => state.problems);
  const problems = useMemo(() => problemsOf(all, node.id), [all, node.id]);
  const leaving = useMemo(() => edges.filter(({ source }) => source === node.id), [edges, node.id]);
  const exits = useMemo(() => exitsOf(kind, node, leaving), [kind, node, leaving]);
  const own = problems.filter(({ edge }) => !edge);
  const loose = own.filter(({ field }) => !field || !isOfField(field, kind));
  return (
    <>
      <header className={`bd-inspector-head is-${kind.colour}`}>
        <span className="bd-tile">
          <Icon name={kind.icon} />
        </span>
        <div className="bd-name" data-field="#name">
          <label className="p-hidden" htmlFor="bd-node-name">
            {t("Name of the node")}
          </label>
          <input id="bd-node-name" value={node.name} maxLength={80} disabled={!may} autoComplete="off" placeholder={kind.label} onChange={(event) => rename(node.id, event.target.value)} />
          <small>{kind.label}</small>
        </div>
        <button type="button" className="bd-mini" aria-label={t("Close")} title={t("Close")} onClick={() => select([])}>
          <Icon name="close" />
        </button>
      </header>
      {kind.summary && (
        <details className="bd-docs">
          <summary>{kind.summary}</summary>
          <p>{kind.docs}</p>
        </details>
      )}
      {loose.map(({ message, severity }, at) => (
        <p key={at} className={severity === "error" ? "p-note is-error bd-loose" : "p-note is-warn bd-loose"} role="note">
          {message}
        </p>
      ))}
      <Form fields={kind.fields} values={node.values} problems={own} disabled={!may} onChange={(name, value) => setValue(node.id, name, value)} />
      {exits.length > 0 && <Exits node={node} exits={exits} problems={problems} disabled={!may} />}
      {kind.may_be_global && open === "" && <GlobalBox node={node} problems={own} disabled={!may} />}
      {may && (
        <footer className="bd-inspector-foot">
          {!kind.once && (
            <>
              <button type="button" className="p-button is-small is-quiet" onClick={duplicate} title="Ctrl+D">
                <Icon name="content_copy" /> {t("Duplicate")}
              </button>
              <button type="button" className="p-button is-small is-quiet is-danger" onClick={() => removeSelected()} title={t("Delete")}>
                <Icon name="delete" /> {t("Remove")}
              </button>
            </>
          )}
          <span className="p-mono p-muted">{node.id}</span>
        </footer>
      )}
    </>
  );
}

/** Whether some box of the form shows this problem. */
const isOfField = (field: string, kind: Kind): boolean =>
  field.startsWith("port:") || field.startsWith("global") || kind.fields.some(({ name }) => field === name || field.startsWith(`${name}.`));
