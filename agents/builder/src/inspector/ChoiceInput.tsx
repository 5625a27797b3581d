import { addFlow } from "../store/editing";
import { openFlow, useBuilder } from "../store/store";
import type { Option } from "../types";
import { t } from "../words";
import { useOptions, type WidgetProps } from "./FieldBox";

/** One of a list. A value that is not on offer any more stays, said to be so. */
export function ChoiceInput(props: WidgetProps) {
  const { id, field, value, disabled, describedBy, invalid, onChange } = props;
  const options = useOptions(field);
  const chosen = String(value ?? "");
  const lost = chosen !== "" && !options.some((option) => option.value === chosen);
  const none = typeof field.empty === "string" && field.empty !== "" ? field.empty : "";
  return (
    <div className="bd-choice">
      <select
        id={id}
        value={chosen}
        disabled={disabled}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        {(none !== "" || chosen === "") && <option value="">{none || t("Choose…")}</option>}
        <Options options={options} />
        {lost && <option value={chosen}>{t("{value} (gone)", { value: chosen })}</option>}
      </select>
      {field.source === "flows" && <Inner value={chosen} disabled={disabled} onChange={onChange} />}
    </div>
  );
}

export function Options({ options }: { options: readonly Option[] }) {
  const groups = [...new Set(options.map(({ group }) => group ?? ""))];
  return groups.map((group) => {
    const own = options.filter((option) => (option.group ?? "") === group);
    const items = own.map(({ value, label }) => (
      <option key={value} value={value}>
        {label}
      </option>
    ));
    return group ? (
      <optgroup key={group} label={group}>
        {items}
      </optgroup>
    ) : (
      items
    );
  });
}

/** A sub-flow may be opened, or made on the spot. */
function Inner({ value, disabled, onChange }: { value: string; disabled: boolean; onChange: (value: string) => void }) {
  const name = useBuilder((state) => state.history.present.flow.flows.find(({ id }) => id === value)?.name);
  return (
    <div className="p-row">
      {name !== undefined && (
        <button type="button" className="p-button is-small" onClick={() => openFlow(value)}>
          {t("Open “{name}”", { name })}
        </button>
      )}
      {!disabled && (
        <button type="button" className="p-button is-small is-quiet" onClick={() => onChange(addFlow(t("Sub-flow")))}>
          {t("New sub-flow")}
        </button>
      )}
    </div>
  );
}

/** Several of a list. */
export function PicksInput({ field, value, disabled, onChange }: WidgetProps) {
  const options = useOptions(field);
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const lost = chosen.filter((one) => !options.some((option) => option.value === one));
  const all = [...options, ...lost.map((one): Option => ({ value: one, label: t("{value} (gone)", { value: one }) }))];
  const toggle = (one: string, on: boolean): void =>
    onChange(on ? [...chosen, one] : chosen.filter((other) => other !== one));
  if (all.length === 0) return <p className="p-muted">{t("There is nothing to choose yet.")}</p>;
  return (
    <div className="bd-picks">
      {all.map((option) => (
        <label key={option.value} className="p-check" title={option.help}>
          <input
            type="checkbox"
            checked={chosen.includes(option.value)}
            disabled={disabled}
            onChange={(event) => toggle(option.value, event.target.checked)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}
