// One field of a form, drawn from its schema: label, the widget of its kind, help, what is wrong with it.

import { useId } from "react";
import { useBuilder } from "../store/store";
import type { Field, Option, Values } from "../types";
import { t } from "../words";
import { holds } from "../graph/ports";
import { ArgumentsInput } from "./ArgumentsInput";
import { ChoiceInput, PicksInput } from "./ChoiceInput";
import { ListInput } from "./ListInput";
import { NumberInput } from "./NumberInput";
import { RowsInput } from "./RowsInput";
import { TagsInput } from "./TagsInput";
import { TemplateText } from "./TemplateText";
import { VariableInput } from "./VariableInput";

export interface Found {
  field: string;
  message: string;
  severity: "error" | "warning";
}

export interface WidgetProps {
  id: string;
  field: Field;
  value: unknown;
  /** The values that the field stands among. */
  values: Values;
  /** Its path inside the node's values: "slots.2.ask". */
  path: string;
  problems: readonly Found[];
  disabled: boolean;
  describedBy: string | undefined;
  invalid: boolean;
  onChange: (value: unknown) => void;
}

interface FormProps {
  fields: readonly Field[];
  values: Values;
  problems: readonly Found[];
  disabled: boolean;
  path?: string;
  onChange: (name: string, value: unknown) => void;
}

/** Fields in their order; the advanced ones under "More". */
export function Form({ fields, values, problems, disabled, path = "", onChange }: FormProps) {
  const shown = fields.filter((field) => holds(field.when, fields, values));
  const box = (field: Field) => (
    <FieldBox
      key={field.name}
      field={field}
      values={values}
      path={path ? `${path}.${field.name}` : field.name}
      problems={problems}
      disabled={disabled}
      onChange={(value) => onChange(field.name, value)}
    />
  );
  const more = shown.filter(({ advanced }) => advanced);
  const changed = more.some(({ name, default: standard }) => values[name] !== undefined && JSON.stringify(values[name]) !== JSON.stringify(standard));
  return (
    <div className="bd-form">
      {shown.filter(({ advanced }) => !advanced).map(box)}
      {more.length > 0 && (
        <details className="bd-more">
          <summary>
            {t("More")} {changed && <span className="bd-dot" role="img" aria-label={t("changed")} />}
          </summary>
          <div className="bd-form">{more.map(box)}</div>
        </details>
      )}
    </div>
  );
}

interface BoxProps {
  field: Field;
  values: Values;
  path: string;
  problems: readonly Found[];
  disabled: boolean;
  onChange: (value: unknown) => void;
}

export function FieldBox({ field, values, path, problems, disabled, onChange }: BoxProps) {
  const id = useId();
  const own = problems.filter((problem) => problem.field === path);
  const inside = problems.filter((problem) => problem.field.startsWith(`${path}.`));
  const value = values[field.name] ?? field.default;
  const notes = own.length || field.help ? `${id}-notes` : undefined;
  const invalid = own.some(({ severity }) => severity === "error");
  const props: WidgetProps = { id, field, value, values, path, problems: inside, disabled, describedBy: notes, invalid, onChange };
  const many = MANY.has(field.widget);
  return (
    <div className={`p-field bd-field is-${field.widget}${own.length ? " has-problem" : ""}`} data-field={path} role={many ? "group" : undefined} aria-labelledby={many ? `${id}-label` : undefined}>
      {field.widget !== "switch" &&
        (many ? (
          <span className="p-label" id={`${id}-label`}>
            {field.label}
          </span>
        ) : (
          <label htmlFor={id}>
            {field.label}
          </label>
        ))}
      <Widget {...props} />
      {notes && (
        <div id={notes} className="bd-notes">
          {own.map(({ message, severity }, at) => (
            <p key={at} className={severity === "error" ? "p-error" : "bd-warning"}>
              {message}
            </p>
          ))}
          {field.help && <p className="p-help">{field.help}</p>}
        </div>
      )}
    </div>
  );
}

const MANY = new Set(["list", "rows", "arguments", "picks", "tags"]);

function Widget(props: WidgetProps) {
  const { field, value, disabled, id, onChange, describedBy, invalid } = props;
  switch (field.widget) {
    case "text":
      return field.multiline || field.template || field.spoken ? (
        <TemplateText
          id={id}
          label={field.label}
          value={String(value ?? "")}
          field={field}
          spoken
          disabled={disabled}
          describedBy={describedBy}
          invalid={invalid}
          onChange={onChange}
        />
      ) : (
        <input
          id={id}
          type="text"
          value={String(value ?? "")}
          maxLength={field.max_length}
          placeholder={field.placeholder}
          disabled={disabled}
          autoComplete="off"
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case "switch":
      return (
        <label className="bd-switch" htmlFor={id}>
          <input id={id} type="checkbox" role="switch" checked={value === true} disabled={disabled} aria-describedby={describedBy} onChange={(event) => onChange(event.target.checked)} />
          <span>{field.label}</span>
        </label>
      );
    case "number":
      return <NumberInput {...props} />;
    case "choice":
      return <ChoiceInput {...props} />;
    case "picks":
      return <PicksInput {...props} />;
    case "tags":
      return <TagsInput {...props} />;
    case "variable":
      return <VariableInput {...props} />;
    case "rows":
      return <RowsInput {...props} />;
    case "list":
      return <ListInput {...props} />;
    case "arguments":
      return <ArgumentsInput {...props} />;
  }
}

/** What a choice offers: its own options, or a list of the workspace, or the sub-flows of the flow at hand. */
export function useOptions(field: Field): Option[] {
  const sources = useBuilder((state) => state.data.sources);
  const flows = useBuilder((state) => state.history.present.flow.flows);
  if (field.source === "flows") return flows.map(({ id, name }) => ({ value: id, label: name }));
  return field.options?.length ? field.options : (sources[field.source ?? ""] ?? []);
}
