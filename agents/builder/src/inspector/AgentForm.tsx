// The agent itself: who it is, how it begins, how it sounds; the flow's own variables; its sub-flows.

import { useMemo } from "react";
import { Icon } from "../parts/Icon";
import { addFlow, removeFlow, renameFlow } from "../store/editing";
import { changeFields, changeFlow, openFlow, useBuilder } from "../store/store";
import type { Field, Values, Variable } from "../types";
import { t, tn } from "../words";
import { Form } from "./FieldBox";
import { asName } from "./VariableInput";

export function AgentForm({ disabled }: { disabled: boolean }) {
  const described = useBuilder((state) => state.data.agent_fields);
  const fields = useMemo(() => withSources(described), [described]);
  const sections = useBuilder((state) => state.data.sections);
  const content = useBuilder((state) => state.history.present.fields);
  const values = { ...content, voice_name: `${String(content["voice_engine"])}/${String(content["voice_name"])}` };
  const problems = useBuilder((state) => state.problems);
  const own = problems.filter(({ node }) => node === "");
  const name = useBuilder((state) => state.data.agent.name);
  const known = new Set(sections.map(({ key }) => key));
  const general = fields.filter(({ section }) => !known.has(section));
  const form = (list: typeof fields) => (
    <Form fields={list} values={values} problems={own} disabled={disabled} onChange={(field, value) => changeFields(asContent(field, value), `field.${field}`)} />
  );
  const flowProblems = own.filter(({ field }) => !fields.some((one) => field === one.name || field.startsWith(`${one.name}.`)));
  return (
    <>
      <header className="bd-inspector-head is-slate">
        <span className="bd-tile">
          <Icon name="support_agent" />
        </span>
        <div className="bd-name">
          <strong>{name}</strong>
          <small>{t("The agent itself")}</small>
        </div>
      </header>
      {flowProblems.map(({ message, severity, field }, at) => (
        <p key={at} className={severity === "error" ? "p-note is-error bd-loose" : "p-note is-warn bd-loose"} data-field={field}>
          {message}
        </p>
      ))}
      {general.length > 0 && form(general)}
      {sections.map(({ key, title, summary }, at) => {
        const list = fields.filter(({ section }) => section === key);
        if (list.length === 0) return null;
        const bad = own.some(({ field }) => list.some(({ name: field_name }) => field === field_name || field.startsWith(`${field_name}.`)));
        return (
          <details key={key} className="bd-fold" open={at === 0 || bad || undefined}>
            <summary>
              <strong>{title}</strong> <small>{summary}</small>
            </summary>
            {form(list)}
          </details>
        );
      })}
      <Variables disabled={disabled} />
      <Flows disabled={disabled} />
    </>
  );
}

/** Lists of the workspace for the settings that are chosen from one. A voice is chosen with its engine, as one thing. */
function withSources(fields: readonly Field[]): Field[] {
  const sources: Record<string, string> = { language: "languages", voice_name: "voices", chat_model: "models" };
  return fields
    .filter(({ name }) => name !== "voice_engine")
    .map((field) => (field.widget === "choice" && !field.source && sources[field.name] ? { ...field, source: sources[field.name] as string } : field));
}

function asContent(field: string, value: unknown): Values {
  if (field !== "voice_name") return { [field]: value };
  const [engine, ...name] = String(value).split("/");
  return { voice_engine: engine, voice_name: name.join("/") };
}

function Variables({ disabled }: { disabled: boolean }) {
  const variables = useBuilder((state) => state.history.present.flow.variables);
  const put = (next: Variable[], about = ""): void => changeFlow((flow) => ({ ...flow, variables: next }), about);
  return (
    <details className="bd-fold" data-field="variables" open={variables.length > 0 || undefined}>
      <summary>
        <strong>{t("Variables")}</strong> <small>{t("What the flow knows from the start.")}</small>
      </summary>
      {variables.map(({ name, value }, at) => (
        <div key={at} className="bd-row" data-field={`variables.${at}`}>
          <div className="bd-cells">
            <input className="p-input p-mono" value={name} aria-label={t("Name")} placeholder={t("name")} disabled={disabled} maxLength={40} onChange={(event) => put(variables.with(at, { name: asName(event.target.value), value }), `variable.${at}`)} />
            <input className="p-input" value={value} aria-label={t("Value")} placeholder={t("value")} disabled={disabled} onChange={(event) => put(variables.with(at, { name, value: event.target.value }), `variable.${at}`)} />
          </div>
          {!disabled && (
            <button type="button" className="bd-mini" aria-label={t("Remove {name}", { name: name || String(at + 1) })} onClick={() => put(variables.toSpliced(at, 1))}>
              <Icon name="close" />
            </button>
          )}
        </div>
      ))}
      {!disabled && (
        <button type="button" className="p-button is-small bd-add" onClick={() => put([...variables, { name: "", value: "" }])}>
          <Icon name="add" /> {t("Add a variable")}
        </button>
      )}
    </details>
  );
}

function Flows({ disabled }: { disabled: boolean }) {
  const flows = useBuilder((state) => state.history.present.flow.flows);
  const add = (): void => openFlow(addFlow(t("Sub-flow")));
  return (
    <details className="bd-fold" open={flows.length > 0 || undefined}>
      <summary>
        <strong>{t("Sub-flows")}</strong> <small>{t("Parts that are used in several places.")}</small>
      </summary>
      {flows.map(({ id, name, nodes }) => (
        <div key={id} className="bd-row" data-field={`flows.${id}`}>
          <div className="bd-cells">
            <input className="p-input" value={name} aria-label={t("Name of the sub-flow")} disabled={disabled} maxLength={80} onChange={(event) => renameFlow(id, event.target.value)} />
          </div>
          <button type="button" className="p-button is-small" title={tn("{count} node", "{count} nodes", nodes.length)} onClick={() => openFlow(id)}>
            {t("Open")}
          </button>
          {!disabled && (
            <button type="button" className="bd-mini" aria-label={t("Remove {name}", { name })} onClick={() => removeFlow(id)}>
              <Icon name="delete" />
            </button>
          )}
        </div>
      ))}
      {!disabled && (
        <button type="button" className="p-button is-small bd-add" onClick={add}>
          <Icon name="add" /> {t("Add a sub-flow")}
        </button>
      )}
    </details>
  );
}
