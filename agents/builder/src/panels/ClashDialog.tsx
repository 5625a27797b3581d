// Two people changed the same thing: what could be joined is joined; of the rest, choose mine or theirs.

import { useState } from "react";
import { type Conflict, takeTheirs } from "../graph/merge";
import { Dialog } from "../parts/Dialog";
import type { Clash, Content } from "../store/autosave";
import { settle, useBuilder } from "../store/store";
import type { Flow } from "../types";
import { t } from "../words";

export function ClashDialog({ clash }: { clash: Clash }) {
  const fields = useBuilder((state) => state.data.agent_fields);
  const [theirs, setTheirs] = useState<ReadonlySet<string>>(new Set());
  const entries = [
    ...clash.conflicts.map((conflict) => ({ key: `${conflict.what}:${conflict.id}`, label: labelOf(conflict, clash), conflict })),
    ...clash.fields.map((name) => ({ key: `field:${name}`, label: fields.find((field) => field.name === name)?.label ?? name, conflict: null })),
  ];
  const choose = (key: string, their: boolean): void => {
    const next = new Set(theirs);
    if (their) next.add(key);
    else next.delete(key);
    setTheirs(next);
  };
  const finish = (chosen: ReadonlySet<string>): void => void settle(settled(clash, chosen));
  return (
    <Dialog title={t("{who} changed the same thing", { who: clash.by || t("Somebody else") })} wide>
      <p>{t("Nothing is lost. What only one of you touched is already together; choose for the rest.")}</p>
      <table className="p-table bd-clash">
        <tbody>
          {entries.map(({ key, label }) => (
            <tr key={key}>
              <th scope="row">{label}</th>
              <td>
                <label className="p-check">
                  <input type="radio" name={key} checked={!theirs.has(key)} onChange={() => choose(key, false)} /> <span>{t("Mine")}</span>
                </label>
              </td>
              <td>
                <label className="p-check">
                  <input type="radio" name={key} checked={theirs.has(key)} onChange={() => choose(key, true)} /> <span>{t("Theirs")}</span>
                </label>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="p-actions">
        <button type="button" className="p-button" onClick={() => void settle(clash.theirs)}>
          {t("Take all of theirs")}
        </button>
        <button type="button" className="p-button is-primary" onClick={() => finish(theirs)} autoFocus>
          {t("Go on")}
        </button>
      </div>
    </Dialog>
  );
}

/** The merged content with the chosen parts from them. */
function settled(clash: Clash, chosen: ReadonlySet<string>): Content {
  const flow = clash.conflicts
    .filter(({ what, id }) => chosen.has(`${what}:${id}`))
    .reduce((result: Flow, conflict) => takeTheirs(result, clash.theirs.flow, conflict), clash.merged.flow);
  const fields = { ...clash.merged.fields };
  for (const name of clash.fields) if (chosen.has(`field:${name}`)) fields[name] = clash.theirs.fields[name];
  return { flow, fields };
}

function labelOf({ what, id, place }: Conflict, { merged, theirs }: Clash): string {
  const graphs = [merged.flow, theirs.flow].map((flow) => (place === "" ? flow : flow.flows.find((inner) => inner.id === place)));
  if (what === "variables") return t("The list of variables");
  if (what === "flow") return t("Sub-flow “{name}”", { name: [merged.flow, theirs.flow].flatMap(({ flows }) => flows).find((inner) => inner.id === id)?.name ?? id });
  const nodes = graphs.flatMap((graph) => graph?.nodes ?? []);
  const nameOf = (node: string): string => nodes.find((one) => one.id === node)?.name ?? node;
  if (what === "node") return nameOf(id);
  const edge = graphs.flatMap((graph) => graph?.edges ?? []).find((one) => one.id === id);
  return edge ? t("Path from “{from}” to “{to}”", { from: nameOf(edge.source), to: nameOf(edge.target) }) : id;
}
