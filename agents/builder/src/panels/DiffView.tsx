// What changed, in words; each node is a way to it on the canvas.

import { goTo, useBuilder } from "../store/store";
import type { Diff, DiffField } from "../types";
import { t } from "../words";

const CHANGES = (): Record<string, string> => ({
  added: t("new"),
  removed: t("removed"),
  changed: t("changed"),
  moved: t("moved"),
});

export const isSame = (diff: Diff): boolean => !diff.fields.length && !diff.nodes.length && !diff.edges.length && !diff.flows.length;

export function DiffView({ diff, jump }: { diff: Diff; jump: boolean }) {
  const words = CHANGES();
  const kinds = useBuilder((state) => state.kinds);
  const listed = diff.nodes.filter(({ change }) => change !== "moved");
  const moved = diff.nodes.length - listed.length;
  if (isSame(diff)) return <p className="p-muted">{t("Nothing is different.")}</p>;
  return (
    <div className="bd-diff" data-diff>
      {diff.words.length > 0 && <p className="bd-diff-words">{diff.words.join(" · ")}</p>}
      {diff.fields.map((field) => (
        <Lines key={field.name} field={field} />
      ))}
      {listed.map((node) => (
        <article key={node.id} className={`bd-diff-node is-${node.change}`} data-diff-node={node.id}>
          <h3>
            <span className="bd-change">{words[node.change]}</span>
            {jump && node.change !== "removed" ? (
              <button type="button" onClick={() => goTo(node.id)}>
                {node.name}
              </button>
            ) : (
              <span>{node.name}</span>
            )}
            <small>{kinds.get(node.kind)?.label}</small>
          </h3>
          {node.words.length > 0 && (
            <ul>
              {node.words.map((word, at) => (
                <li key={at}>{word}</li>
              ))}
            </ul>
          )}
          {node.change === "changed" && node.fields.map((field) => <Lines key={field.name} field={field} />)}
        </article>
      ))}
      {diff.edges.length > 0 && (
        <ul className="bd-diff-edges">
          {diff.edges.map((edge) => (
            <li key={edge.id} className={`is-${edge.change}`}>
              {edge.words.join(" · ") || words[edge.change]}
            </li>
          ))}
        </ul>
      )}
      {diff.flows.map(({ id, name, change }) => (
        <p key={id} className="p-muted">
          {t("Sub-flow “{name}”: {change}", { name, change: words[change] ?? change })}
        </p>
      ))}
      {moved > 0 && <p className="p-muted">{t("{count} only moved on the canvas.", { count: moved })}</p>}
    </div>
  );
}

function Lines({ field }: { field: DiffField }) {
  if (field.lines.length === 0) return null;
  return (
    <section className="ag-change">
      <h3>{field.label}</h3>
      <div className="ag-diff">
        {field.lines.map(({ mark, pieces, count }, at) => {
          const inside = pieces.map(({ text, strong }, place) => (strong ? <b key={place}>{text}</b> : <span key={place}>{text}</span>));
          if (mark === "skipped") {
            return (
              <div key={at} className="ag-line is-skipped">
                {t("{count} lines unchanged", { count })}
              </div>
            );
          }
          if (mark === "removed") return <del key={at} className="ag-line is-removed">{inside}</del>;
          if (mark === "added") return <ins key={at} className="ag-line is-added">{inside}</ins>;
          return <div key={at} className="ag-line">{inside}</div>;
        })}
      </div>
    </section>
  );
}
