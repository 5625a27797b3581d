import { useId } from "react";
import type { Checks } from "./types";
import { say } from "./words";

/** What a test case compares when it is run. */
export function ChecksField({ checks, onChange }: { checks: Checks; onChange(checks: Checks): void }) {
  const id = useId();
  return (
    <fieldset className="tb-checks">
      <legend>{say("Has to be the same")}</legend>
      <div className="p-field">
        <label htmlFor={id}>{say("Way through the flow")}</label>
        <select
          id={id}
          value={checks.path}
          onChange={(event) => onChange({ ...checks, path: event.target.value as Checks["path"] })}
        >
          <option value="all">{say("Every node")}</option>
          <option value="last">{say("Where each turn ends")}</option>
          <option value="none">{say("Not checked")}</option>
        </select>
      </div>
      <label className="p-check">
        <input type="checkbox" checked={checks.variables} onChange={(event) => onChange({ ...checks, variables: event.target.checked })} />
        {say("Values that were found out")}
      </label>
      <label className="p-check">
        <input type="checkbox" checked={checks.answers} onChange={(event) => onChange({ ...checks, answers: event.target.checked })} />
        {say("Words of the answers")}
      </label>
    </fieldset>
  );
}
