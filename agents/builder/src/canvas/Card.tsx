// One node on the canvas: what it is, what it says, and its exits.

import { Handle, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { memo, useEffect } from "react";
import { Icon } from "../parts/Icon";
import { TemplateText } from "../inspector/TemplateText";
import { chipsOf, previewOf } from "../graph/values";
import { pieces } from "../graph/templates";
import { type Exit, NEXT } from "../graph/ports";
import { edgeText } from "../graph/conditions";
import type { Field, FlowNode, Kind } from "../types";
import { t } from "../words";
import { setValue } from "../store/editing";
import { editable, openFlow, useBuilder } from "../store/store";
import { worstByNode } from "../graph/problems";
import type { CardNode } from "./placed";

const MOST_CHIPS = 6;

export const Card = memo(function Card({ id, data, selected }: NodeProps<CardNode>) {
  const { node, kind, exits, change } = data;
  const worst = useBuilder((state) => worstOf(state.problems).get(id));
  const live = useBuilder((state) => (state.live?.current === id ? "now" : state.live?.path.includes(id) ? "passed" : ""));
  const writing = useBuilder((state) => state.writing === id);
  const update = useUpdateNodeInternals();
  const { main, rows } = shownExits(exits, selected);
  const handles = [main, ...rows].map((exit) => exit?.handle).join(" ");
  useEffect(() => update(id), [id, handles, update]);
  const classes = ["bd-card", `is-${kind?.colour ?? "slate"}`];
  if (selected) classes.push("is-selected");
  if (live) classes.push(`is-${live}`);
  if (change) classes.push(`is-${change}`);
  if (kind && !kind.compiled) classes.push("is-note");
  return (
    <div className={classes.join(" ")} data-kind={node.kind} data-node-name={node.name}>
      <Head node={node} kind={kind} worst={worst} main={main} />
      {node.global && (
        <p className="bd-card-global">
          <Icon name="public" /> {t("From anywhere")}
          {node.global.label && <>: {node.global.label}</>}
        </p>
      )}
      {kind && <Body node={node} kind={kind} writing={writing} />}
      {rows.length > 0 && (
        <ul className="bd-exits">
          {rows.map((exit) => (
            <ExitRow key={exit.handle} exit={exit} />
          ))}
        </ul>
      )}
    </div>
  );
});

/**
 * The exit called "next" sits at the head. Of the others a card shows those that lead somewhere or have to, and all
 * of them while it is selected; a card without "next" always offers a new path.
 */
function shownExits(exits: readonly Exit[], selected: boolean): { main: Exit | null; rows: Exit[] } {
  const main = exits.find(({ port }) => port.name === NEXT && !port.many) ?? null;
  const offered = main ? null : exits.find(({ adds }) => adds);
  const rows = exits.filter((exit) => exit !== main && (selected || exit.edge || exit.port.required || exit === offered));
  return { main, rows };
}

let lastProblems: unknown = null;
let lastWorst: ReturnType<typeof worstByNode> = new Map();

/** Once for all cards. */
function worstOf(problems: Parameters<typeof worstByNode>[0]): typeof lastWorst {
  if (problems !== lastProblems) [lastProblems, lastWorst] = [problems, worstByNode(problems)];
  return lastWorst;
}

interface HeadProps {
  node: FlowNode;
  kind: Kind | undefined;
  worst: "error" | "warning" | undefined;
  main: Exit | null;
}

function Head({ node, kind, worst, main }: HeadProps) {
  return (
    <header className="bd-card-head">
      {kind?.compiled && !kind.once && <Handle type="target" position={Position.Left} id="in" className="bd-in" />}
      <span className="bd-tile">
        <Icon name={kind?.icon ?? "help"} />
      </span>
      <span className="bd-card-title">
        <strong>{node.name || kind?.label}</strong>
        {kind && node.name && node.name !== kind.label && <small>{kind.label}</small>}
        {!kind && <small>{t("Unknown kind")}</small>}
      </span>
      {worst && (
        <span className={`bd-flag is-${worst}`} role="img" aria-label={worst === "error" ? t("Has an error") : t("Has a warning")}>
          <Icon name={worst === "error" ? "error" : "warning"} />
        </span>
      )}
      {main && <Handle type="source" position={Position.Right} id={main.handle} className={outClass(main)} title={main.port.label} />}
    </header>
  );
}

const outClass = (exit: Exit): string =>
  ["bd-out", exit.edge ? "is-joined" : "", exit.adds ? "is-adding" : "", exit.port.required && !exit.edge ? "is-wanted" : ""]
    .filter(Boolean)
    .join(" ");

function Body({ node, kind, writing }: { node: FlowNode; kind: Kind; writing: boolean }) {
  const preview = previewOf(kind, node.values);
  const labels = useLabels();
  const chips = chipsOf(kind, node.values, labels);
  const text = preview && (preview.text || writing || preview.field.required) ? preview : null;
  if (!text && chips.length === 0) return null;
  return (
    <div className="bd-card-body">
      {text && (writing ? <Writing node={node} field={text.field} text={text.text} /> : <Said node={node} preview={text} />)}
      {chips.length > 0 && (
        <p className="bd-chips">
          {chips.slice(0, MOST_CHIPS).map(({ key, text }) => (
            <span key={key} className="bd-chip">
              {text}
            </span>
          ))}
          {chips.length > MOST_CHIPS && <span className="bd-chip">+{chips.length - MOST_CHIPS}</span>}
        </p>
      )}
    </div>
  );
}

function Said({ node, preview }: { node: FlowNode; preview: { field: Field; text: string } }) {
  const write = (): void => {
    if (editable()) useBuilder.setState({ writing: node.id });
  };
  return (
    <p className={preview.text ? "bd-said" : "bd-said is-empty"} title={t("Double-click to write")} onDoubleClick={write}>
      {preview.text
        ? pieces(preview.text).map(({ text, name }, at) => (name ? <b key={at} className="bd-var">{name}</b> : <span key={at}>{text}</span>))
        : preview.field.placeholder || preview.field.label}
    </p>
  );
}

function Writing({ node, field, text }: { node: FlowNode; field: Field; text: string }) {
  const done = (): void => useBuilder.setState({ writing: "" });
  return (
    <div
      className="bd-writing nodrag nowheel nopan"
      onKeyDown={(event) => {
        if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) {
          event.preventDefault();
          event.stopPropagation();
          done();
          document.querySelector<HTMLElement>(`.react-flow__node[data-id="${node.id}"]`)?.focus();
        }
      }}
    >
      <TemplateText
        label={field.label}
        value={text}
        field={field}
        autoFocus
        onChange={(value) => setValue(node.id, field.name, value)}
        onBlur={done}
      />
    </div>
  );
}

function ExitRow({ exit }: { exit: Exit }) {
  const operators = useBuilder((state) => state.data.operators);
  const { edge, port, adds, lost } = exit;
  const said = edge ? edgeText(edge, operators) : "";
  const text = adds ? port.label : port.many ? said : port.label;
  return (
    <li className={`bd-exit is-${port.kind}${adds ? " is-adding" : ""}${lost ? " is-lost" : ""}`} data-port={port.name}>
      <Icon name={adds ? "add" : EXIT_ICONS[port.kind]} />
      <span className="bd-exit-text">{text || t("Not said yet")}</span>
      <Handle type="source" position={Position.Right} id={exit.handle} className={outClass(exit)} isConnectable={!lost} />
    </li>
  );
}

const EXIT_ICONS = { condition: "rule", event: "bolt", judged: "forum", else: "arrow_forward" } as const;

/** The label of a choice's value, for chips. */
function useLabels(): (field: Field, value: string) => string {
  const sources = useBuilder((state) => state.data.sources);
  const flows = useBuilder((state) => state.history.present.flow.flows);
  return (field, value) => {
    if (field.source === "flows") return flows.find(({ id }) => id === value)?.name ?? value;
    const options = field.options ?? sources[field.source ?? ""] ?? [];
    return options.find((option) => option.value === value)?.label ?? value;
  };
}

/** What a double click on a card does where its text does not take it: open a sub-flow. */
export function openInner(node: FlowNode): boolean {
  const { facts, history } = useBuilder.getState();
  const field = facts.inner.get(node.kind);
  const id = field ? String(node.values[field] ?? "") : "";
  if (!history.present.flow.flows.some((inner) => inner.id === id)) return false;
  openFlow(id);
  return true;
}
