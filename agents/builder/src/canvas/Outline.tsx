// The flow as a list: for phones, for screen readers, for finding one node among two hundred.

import { useMemo, useState } from "react";
import { find } from "../graph/search";
import { graphOf } from "../graph/flow";
import { worstByNode } from "../graph/problems";
import { previewOf } from "../graph/values";
import { outline } from "../graph/walk";
import { Icon } from "../parts/Icon";
import { goTo, useBuilder } from "../store/store";
import { t } from "../words";

export function Outline() {
  const graph = useBuilder((state) => graphOf(state.history.present.flow, state.open));
  const { once } = useBuilder((state) => state.facts);
  const kinds = useBuilder((state) => state.kinds);
  const problems = useBuilder((state) => state.problems);
  const selected = useBuilder((state) => state.nodes);
  const [wanted, setWanted] = useState("");
  const lines = useMemo(() => outline(graph, once), [graph, once]);
  const worst = useMemo(() => worstByNode(problems), [problems]);
  const shown = find(lines, wanted, ({ node }) => [node.name, kinds.get(node.kind)?.label ?? "", JSON.stringify(node.values)]);
  return (
    <nav className="bd-outline" aria-label={t("The flow as a list")}>
      <div className="bd-search">
        <Icon name="search" />
        <input type="search" value={wanted} placeholder={t("Find a node")} aria-label={t("Find a node")} onChange={(event) => setWanted(event.target.value)} />
      </div>
      <ol>
        {shown.map(({ node, depth }) => {
          const kind = kinds.get(node.kind);
          const text = kind && previewOf(kind, node.values)?.text;
          const bad = worst.get(node.id);
          return (
            <li key={node.id} className={`is-${kind?.colour ?? "slate"}`} style={{ marginInlineStart: wanted ? 0 : Math.min(depth, 6) * 14 }}>
              <button type="button" aria-current={selected.has(node.id) || undefined} onClick={() => goTo(node.id)}>
                <span className="bd-tile">
                  <Icon name={kind?.icon ?? "help"} />
                </span>
                <span className="bd-kind-text">
                  <strong>{node.name || kind?.label}</strong>
                  <small>{text || (node.name === kind?.label ? kind.summary : kind?.label)}</small>
                </span>
                {bad && (
                  <span className={`bd-flag is-${bad}`}>
                    <Icon name={bad} />
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ol>
      {shown.length === 0 && <p className="p-muted bd-none">{t("No node fits.")}</p>}
    </nav>
  );
}
