// Which flow is on the canvas: the main one, or a sub-flow of it.

import { Icon } from "../parts/Icon";
import { addFlow } from "../store/editing";
import { openFlow, useBuilder } from "../store/store";
import { t } from "../words";

export function FlowPath() {
  const open = useBuilder((state) => state.open);
  const flows = useBuilder((state) => state.history.present.flow.flows);
  const may = useBuilder((state) => state.data.may.edit && !state.data.agent.archived && state.diff === null);
  if (flows.length === 0 && open === "") return null;
  return (
    <nav className="bd-flowpath" aria-label={t("Flow")}>
      <button type="button" aria-current={open === "" || undefined} onClick={() => openFlow("")}>
        <Icon name="account_tree" /> {t("Main flow")}
      </button>
      {flows.map(({ id, name }) => (
        <button key={id} type="button" aria-current={open === id || undefined} onClick={() => openFlow(id)}>
          {name}
        </button>
      ))}
      {may && (
        <button type="button" aria-label={t("New sub-flow")} title={t("New sub-flow")} onClick={() => openFlow(addFlow(t("Sub-flow")))}>
          <Icon name="add" />
        </button>
      )}
    </nav>
  );
}
