// A node that may be entered from anywhere: "the caller wants a person".

import { changeGlobal } from "../graph/flow";
import { changeGraph, useBuilder } from "../store/store";
import type { FlowNode, GlobalEntry } from "../types";
import { t } from "../words";
import { Conditions } from "./Conditions";
import type { Found } from "./FieldBox";

const NEW: GlobalEntry = { label: "", match: "all", rows: [], returns: true };

export function GlobalBox({ node, problems, disabled }: { node: FlowNode; problems: readonly Found[]; disabled: boolean }) {
  const entry = node.global;
  const described = useBuilder((state) => state.data.global_fields);
  const label = described.find(({ name }) => name === "label");
  const returns = described.find(({ name }) => name === "returns");
  const put = (values: Partial<GlobalEntry> | null): void =>
    changeGraph((graph) => changeGlobal(graph, node.id, values && { ...NEW, ...entry, ...values }), values ? `${node.id}#global` : "");
  const own = problems.filter(({ field }) => field === "global.label" || field === "global");
  const rows = problems.filter(({ field }) => field.startsWith("global.rows")).map(({ field, message }) => ({ message, field: field.slice("global.".length) }));
  return (
    <section className="bd-section" data-field="global">
      <label className="bd-switch">
        <input type="checkbox" role="switch" checked={entry !== null} disabled={disabled} onChange={(event) => put(event.target.checked ? {} : null)} />
        <span>{t("Can be entered from anywhere")}</span>
      </label>
      {entry && (
        <div className="bd-form">
          <div className="p-field" data-field="global.label">
            <label htmlFor="bd-global-label">{label?.label ?? t("Entered when the caller…")}</label>
            <textarea
              id="bd-global-label"
              rows={1}
              className="bd-grow"
              value={entry.label}
              maxLength={300}
              disabled={disabled}
              aria-invalid={own.length > 0 || undefined}
              placeholder={t("wants to talk to a person")}
              onChange={(event) => put({ label: event.target.value.replaceAll("\n", " ") })}
            />
            {own.map(({ message }, at) => (
              <p key={at} className="p-error">
                {message}
              </p>
            ))}
            {label?.help && <p className="p-help">{label.help}</p>}
          </div>
          <details className="bd-more" open={entry.rows.length > 0 || undefined}>
            <summary>{t("Or by a condition")}</summary>
            <Conditions id={`global-${node.id}`} rows={entry.rows} match={entry.match} disabled={disabled} problems={rows} path="global.rows" onChange={put} />
          </details>
          <label className="bd-switch">
            <input type="checkbox" role="switch" checked={entry.returns} disabled={disabled} onChange={(event) => put({ returns: event.target.checked })} />
            <span>{returns?.label ?? t("Goes back")}</span>
          </label>
          {returns?.help && <p className="p-help">{returns.help}</p>}
        </div>
      )}
    </section>
  );
}
