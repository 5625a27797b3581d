import { useRef } from "react";
import { Icon } from "../parts/Icon";
import type { Field, Values } from "../types";
import { t } from "../words";
import { TemplateText } from "./TemplateText";
import { VariableInput } from "./VariableInput";
import { ChoiceInput } from "./ChoiceInput";
import type { WidgetProps } from "./FieldBox";

/** A small table of texts. */
export function RowsInput({ field, value, path, problems, disabled, onChange }: WidgetProps) {
  const rows = Array.isArray(value) ? (value as Values[]) : [];
  const columns = field.columns ?? [];
  const box = useRef<HTMLDivElement>(null);
  const add = (): void => {
    onChange([...rows, Object.fromEntries(columns.map((column) => [column.name, column.default ?? ""]))]);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(".bd-row:last-of-type :is(input, textarea, select)")?.focus());
  };
  return (
    <div className="bd-rows" ref={box}>
      {rows.map((row, at) => {
        const own = problems.filter((problem) => problem.field.startsWith(`${path}.${at}`));
        return (
          <div key={at} className={own.length ? "bd-row has-problem" : "bd-row"} data-field={`${path}.${at}`}>
            <div className="bd-cells">
              {columns.map((column) => (
                <Cell
                  key={column.name}
                  column={column}
                  path={`${path}.${at}.${column.name}`}
                  row={row}
                  disabled={disabled}
                  invalid={own.some((problem) => problem.field === `${path}.${at}.${column.name}`)}
                  onChange={(changed) => onChange(rows.with(at, { ...row, [column.name]: changed }))}
                />
              ))}
            </div>
            {!disabled && (
              <button type="button" className="bd-mini" aria-label={t("Remove row {number}", { number: at + 1 })} onClick={() => onChange(rows.toSpliced(at, 1))}>
                <Icon name="close" />
              </button>
            )}
            {own.map(({ message }, place) => (
              <p key={place} className="p-error">
                {message}
              </p>
            ))}
          </div>
        );
      })}
      {!disabled && rows.length < (field.max_items ?? Infinity) && (
        <button type="button" className="p-button is-small bd-add" onClick={add}>
          <Icon name="add" /> {t("Add a row")}
        </button>
      )}
    </div>
  );
}

interface CellProps {
  column: Field;
  path: string;
  row: Values;
  disabled: boolean;
  invalid: boolean;
  onChange: (value: unknown) => void;
}

export function Cell({ column, path, row, disabled, invalid, onChange }: CellProps) {
  const value = row[column.name] ?? column.default ?? "";
  const id = `cell-${path}`;
  const props = { id, field: column, value, values: row, path, problems: [], disabled, describedBy: undefined, invalid, onChange };
  const plain = { ...column, placeholder: column.placeholder || column.label };
  return (
    <div className="bd-cell" data-field={path}>
      <label className="p-hidden" htmlFor={id}>
        {column.label}
      </label>
      {column.widget === "variable" ? (
        <VariableInput {...props} field={plain} />
      ) : column.widget === "choice" ? (
        <ChoiceInput {...props} />
      ) : (
        <TemplateText id={id} label={column.label} value={String(value)} field={plain} disabled={disabled} invalid={invalid} onChange={onChange} />
      )}
    </div>
  );
}
