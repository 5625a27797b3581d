// What the flow knows, live; what the last turn found out is marked.

import { useSyncExternalStore } from "react";
import type { BenchSession } from "./session";
import { knownValues } from "./trail";
import { say } from "./words";

export function Variables({ session }: { session: BenchSession }) {
  const { trail } = useSyncExternalStore(session.subscribe, session.snapshot);
  const values = knownValues(trail);
  if (!values.length) {
    return <p className="tb-empty">{say("Nothing is known yet. Values appear here as the conversation finds them out.")}</p>;
  }
  return (
    <dl className="tb-variables">
      {values.map(({ name, value, fresh }) => (
        <div key={name} className={fresh ? "is-fresh" : ""}>
          <dt>{name}</dt>
          <dd>{value === "" ? <span className="p-muted">{say("empty")}</span> : value}</dd>
        </div>
      ))}
    </dl>
  );
}
