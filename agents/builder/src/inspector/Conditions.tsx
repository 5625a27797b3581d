// Rows of "variable · operator · value", all or any of which have to hold.

import { Icon } from "../parts/Icon";
import { useBuilder } from "../store/store";
import type { Field, Problem, Row } from "../types";
import { t } from "../words";
import { VariableInput } from "./VariableInput";

interface Props {
  id: string;
  rows: readonly Row[];
  match: "all" | "any";
  disabled: boolean;
  problems: readonly Pick<Problem, "field" | "message">[];
  /** Where the rows lie, for jumping to them. */
  path: string;
  onChange: (values: { rows?: Row[]; match?: "all" | "any" }) => void;
}

const VARIABLE: Field = {
  name: "variable",
  label: "",
  help: "",
  widget: "variable",
  required: true,
  default: "",
  section: "",
  advanced: false,
  when: null,
  max_length: 40,
};

export function Conditions({ id, rows, match, disabled, problems, path, onChange }: Props) {
  const operators = useBuilder((state) => state.data.operators);
  const put = (at: number, values: Partial<Row>): void =>
    onChange({ rows: rows.map((row, place) => (place === at ? { ...row, ...values } : row)) });
  return (
    <fieldset className="bd-conditions" disabled={disabled}>
      <legend>{t("Taken when")}</legend>
      {rows.length > 1 && (
        <select className="bd-match" value={match} aria-label={t("How many have to hold")} onChange={(event) => onChange({ match: event.target.value === "any" ? "any" : "all" })}>
          <option value="all">{t("all of these hold")}</option>
          <option value="any">{t("any of these holds")}</option>
        </select>
      )}
      {rows.map((row, at) => {
        const operator = operators.find(({ value }) => value === row.operator);
        const own = problems.filter(({ field }) => field.startsWith(`rows.${at}.`) || field === `rows.${at}`);
        const bad = (name: string): boolean => own.some(({ field }) => field === `rows.${at}.${name}`);
        return (
          <div key={at} className="bd-condition" data-field={`${path}.${at}`}>
            <span data-field={`${path}.${at}.variable`}>
              <label className="p-hidden" htmlFor={`variable-${id}-${at}`}>
                {t("Variable")}
              </label>
              <VariableInput
                id={`variable-${id}-${at}`}
                field={{ ...VARIABLE, placeholder: t("variable") }}
                value={row.variable}
                values={{}}
                path=""
                problems={[]}
                disabled={disabled}
                describedBy={undefined}
                invalid={bad("variable")}
                onChange={(value) => put(at, { variable: String(value) })}
              />
            </span>
            <select value={row.operator} aria-label={t("Comparison")} data-field={`${path}.${at}.operator`} onChange={(event) => put(at, { operator: event.target.value })}>
              {operators.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
            {operator?.needs_value !== false && (
              <input value={row.value} aria-label={t("Value")} placeholder={t("value")} data-field={`${path}.${at}.value`} aria-invalid={bad("value") || undefined} onChange={(event) => put(at, { value: event.target.value })} />
            )}
            <button type="button" className="bd-mini" aria-label={t("Remove row {number}", { number: at + 1 })} onClick={() => onChange({ rows: rows.filter((_row, place) => place !== at) })}>
              <Icon name="close" />
            </button>
            {own.map(({ message }, place) => (
              <p key={place} className="p-error">
                {message}
              </p>
            ))}
          </div>
        );
      })}
      <button type="button" className="p-button is-small bd-add" onClick={() => onChange({ rows: [...rows, { variable: "", operator: operators[0]?.value ?? "is", value: "" }] })}>
        <Icon name="add" /> {t("Add a condition")}
      </button>
    </fieldset>
  );
}
