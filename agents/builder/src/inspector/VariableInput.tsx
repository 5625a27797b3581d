import { useId } from "react";
import { useBuilder } from "../store/store";
import { t } from "../words";
import type { WidgetProps } from "./FieldBox";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What may stand in a name: blanks become "_", the rest goes. */
export const asName = (text: string): string => text.replace(/\s+/g, "_").replace(/[^A-Za-z0-9_]/g, "");

/** The name of a variable: one there is, or a new one. */
export function VariableInput({ id, field, value, disabled, describedBy, invalid, onChange }: WidgetProps) {
  const list = useId();
  const known = useBuilder((state) => state.checked.variables);
  const name = String(value ?? "");
  return (
    <>
      <input
        id={id}
        type="text"
        className="p-mono"
        list={list}
        value={name}
        maxLength={field.max_length ?? 40}
        placeholder={field.placeholder || t("name_of_variable")}
        disabled={disabled}
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="off"
        aria-describedby={describedBy}
        aria-invalid={invalid || (name !== "" && !NAME.test(name)) || undefined}
        onChange={(event) => onChange(asName(event.target.value))}
      />
      <datalist id={list}>
        {[...new Set(known.map((variable) => variable.name))].map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </>
  );
}
