import { useEffect, useState } from "react";
import type { WidgetProps } from "./FieldBox";

/** A number; what is typed stays as typed until the field is left. */
export function NumberInput({ id, field, value, disabled, describedBy, invalid, onChange }: WidgetProps) {
  const shown = value === null || value === undefined ? "" : String(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText((typed) => (typed !== "" && Number(typed) === value ? typed : shown)), [shown, value]);
  return (
    <div className="bd-number">
      <input
        id={id}
        type="number"
        inputMode={field.whole ? "numeric" : "decimal"}
        value={text}
        min={field.minimum ?? undefined}
        max={field.maximum ?? undefined}
        step={field.step ?? "any"}
        disabled={disabled}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        onChange={(event) => {
          setText(event.target.value);
          const number = event.target.valueAsNumber;
          if (!Number.isNaN(number)) onChange(number);
          else if (field.empty === true) onChange(null);
        }}
        onBlur={() => setText(shown)}
      />
      {field.unit && <span className="p-muted">{field.unit}</span>}
    </div>
  );
}
