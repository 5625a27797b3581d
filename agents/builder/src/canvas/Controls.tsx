// Zoom, fit, tidy: the buttons in the corner of the canvas.

import { Panel, useStore } from "@xyflow/react";
import { Icon } from "../parts/Icon";
import { tidy } from "../store/editing";
import { useBuilder } from "../store/store";
import { t } from "../words";
import { view } from "./view";

export function Controls() {
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  const may = useBuilder((state) => state.data.may.edit && !state.data.agent.archived && state.diff === null);
  return (
    <Panel position="bottom-left" className="bd-controls">
      <button type="button" title={t("Zoom out (−)")} aria-label={t("Zoom out")} onClick={() => view().zoom(-1)}>
        <Icon name="remove" />
      </button>
      <button type="button" className="bd-zoom" title={t("Show all (F)")} aria-label={t("Show all")} onClick={() => view().fit()}>
        {zoom}%
      </button>
      <button type="button" title={t("Zoom in (+)")} aria-label={t("Zoom in")} onClick={() => view().zoom(1)}>
        <Icon name="add" />
      </button>
      {may && (
        <button type="button" title={t("Tidy up (L)")} aria-label={t("Tidy up")} onClick={() => tidy(view().sizes())}>
          <Icon name="account_tree" />
        </button>
      )}
    </Panel>
  );
}
