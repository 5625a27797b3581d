// What comes after a node: one row for each exit with its target, so that everything can be joined by keyboard too.

import { useMemo } from "react";
import { graphOf } from "../graph/flow";
import type { Exit } from "../graph/ports";
import { Icon } from "../parts/Icon";
import { addAt, editEdge, lead, moveEdge, removeEdge, takesEdges } from "../store/editing";
import { graphNow, goTo, useBuilder } from "../store/store";
import type { FlowEdge, FlowNode, Problem } from "../types";
import { t } from "../words";
import { Conditions } from "./Conditions";

interface Props {
  node: FlowNode;
  exits: readonly Exit[];
  problems: readonly Problem[];
  disabled: boolean;
}

export function Exits({ node, exits, problems, disabled }: Props) {
  return (
    <section className="bd-section" aria-labelledby="bd-exits-title">
      <h2 id="bd-exits-title">{t("What comes next")}</h2>
      <div className="bd-paths">
        {exits.map((exit) => (
          <Path key={exit.handle} node={node} exit={exit} problems={problems} disabled={disabled} />
        ))}
      </div>
    </section>
  );
}

interface PathProps {
  node: FlowNode;
  exit: Exit;
  problems: readonly Problem[];
  disabled: boolean;
}

function Path({ node, exit, problems, disabled }: PathProps) {
  const { edge, port, adds, lost } = exit;
  const selected = useBuilder((state) => edge !== null && state.edges.has(edge.id));
  const own = problems.filter((problem) => (edge && problem.edge === edge.id) || (!edge && !problem.edge && problem.field === `port:${port.name}`));
  const classes = ["bd-path", `is-${port.kind}`];
  if (selected) classes.push("is-selected");
  if (own.some(({ severity }) => severity === "error")) classes.push("has-problem");
  if (adds && disabled) return null;
  const target = <Target node={node} exit={exit} disabled={disabled || lost} label={adds ? port.label : port.many ? t("leads to") : port.label} />;
  return (
    <div className={classes.join(" ")} data-field={edge && port.many ? `edge:${edge.id}` : `port:${port.name}`} data-path={port.name}>
      {adds ? (
        <div className="bd-path-row">
          <span className="bd-path-label">
            <Icon name="add" /> {port.label}
          </span>
          {target}
        </div>
      ) : port.many && edge ? (
        <>
          <Words edge={edge} caption={port.label} lost={lost} disabled={disabled} problems={own} />
          <div className="bd-path-row">
            <span className="bd-path-label">
              <Icon name="arrow_forward" /> {lost ? port.label : t("leads to")}
            </span>
            {target}
          </div>
          {!disabled && <Order edge={edge} />}
        </>
      ) : (
        <div className="bd-path-row">
          <span className="bd-path-label">{port.label}</span>
          {target}
        </div>
      )}
      {lost && <p className="bd-warning">{t("This exit is not there any more. Remove it, or bring back what it came from.")}</p>}
      {own
        .filter(({ field }) => !field.startsWith("rows.") && field !== "label")
        .map(({ message, severity }, at) => (
          <p key={at} className={severity === "error" ? "p-error" : "bd-warning"}>
            {message}
          </p>
        ))}
    </div>
  );
}

interface WordsProps {
  edge: FlowEdge;
  caption: string;
  lost: boolean;
  disabled: boolean;
  problems: readonly Problem[];
}

/** When a path is taken: in words that the model judges, or by rows. */
function Words({ edge, caption, lost, disabled, problems }: WordsProps) {
  if (lost) return null;
  if (edge.kind === "condition") {
    return (
      <Conditions
        id={edge.id}
        rows={edge.rows}
        match={edge.match}
        disabled={disabled}
        problems={problems}
        path={`edge:${edge.id}.rows`}
        onChange={(values) => editEdge(edge.id, values, "rows")}
      />
    );
  }
  const own = problems.filter(({ field }) => field === "label");
  return (
    <div className="p-field" data-field={`edge:${edge.id}.label`}>
      <label htmlFor={`label-${edge.id}`}>{caption}</label>
      <textarea
        id={`label-${edge.id}`}
        rows={1}
        className="bd-grow"
        value={edge.label}
        maxLength={300}
        disabled={disabled}
        aria-invalid={own.length > 0 || undefined}
        placeholder={t("wants to book an appointment")}
        onChange={(event) => editEdge(edge.id, { label: event.target.value.replaceAll("\n", " ") }, "label")}
      />
      {own.map(({ message }, at) => (
        <p key={at} className="p-error">
          {message}
        </p>
      ))}
    </div>
  );
}

function Order({ edge }: { edge: FlowEdge }) {
  return (
    <span className="bd-item-tools bd-order">
      <button type="button" className="bd-mini" aria-label={t("Try this path earlier")} title={t("Try this path earlier")} onClick={() => moveEdge(edge.id, -1)}>
        <Icon name="arrow_upward" />
      </button>
      <button type="button" className="bd-mini" aria-label={t("Try this path later")} title={t("Try this path later")} onClick={() => moveEdge(edge.id, 1)}>
        <Icon name="arrow_downward" />
      </button>
      <button type="button" className="bd-mini" aria-label={t("Remove this path")} title={t("Remove this path")} onClick={() => removeEdge(edge.id)}>
        <Icon name="delete" />
      </button>
    </span>
  );
}

/** The node an exit leads to; new nodes can be made right here. */
function Target({ node, exit, disabled, label }: { node: FlowNode; exit: Exit; disabled: boolean; label: string }) {
  const graph = useBuilder((state) => graphOf(state.history.present.flow, state.open));
  const kinds = useBuilder((state) => state.data.kinds);
  const targets = useMemo(() => graph.nodes.filter(({ id }) => takesEdges(graph, id)), [graph]);
  const target = exit.edge?.target ?? "";
  const choose = (value: string): void => {
    const kind = value.startsWith("new:") ? kinds.find((one) => one.kind === value.slice(4)) : undefined;
    if (!kind) return lead(node.id, exit, value);
    const rows = graphNow().edges.filter(({ source }) => source === node.id).length;
    addAt(kind, { x: node.x + 380, y: node.y + rows * 48 }, { node: node.id, handle: exit.handle });
  };
  return (
    <span className="bd-target">
      <select value={target} disabled={disabled} aria-label={t("{exit}: next node", { exit: label })} onChange={(event) => choose(event.target.value)}>
        <option value="">{exit.adds ? t("choose where to…") : t("nothing yet")}</option>
        <optgroup label={t("In this flow")}>
          {targets.map(({ id, name, kind }) => (
            <option key={id} value={id}>
              {name || kinds.find((one) => one.kind === kind)?.label}
            </option>
          ))}
        </optgroup>
        <optgroup label={t("A new node")}>
          {kinds
            .filter((kind) => kind.compiled && !kind.once)
            .map((kind) => (
              <option key={kind.kind} value={`new:${kind.kind}`}>
                {t("New: {kind}", { kind: kind.label })}
              </option>
            ))}
        </optgroup>
      </select>
      {target && (
        <button type="button" className="bd-mini" aria-label={t("Go to the next node")} title={t("Go there")} onClick={() => goTo(target)}>
          <Icon name="north_east" />
        </button>
      )}
    </span>
  );
}
