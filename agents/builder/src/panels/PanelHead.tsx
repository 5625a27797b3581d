import { Icon } from "../parts/Icon";
import { show } from "../store/store";
import { t } from "../words";

export function PanelHead({ id, title }: { id: string; title: string }) {
  return (
    <header className="bd-panel-head">
      <h2 id={id}>{title}</h2>
      <button type="button" className="bd-mini" aria-label={t("Close")} title={t("Close")} onClick={() => show(null)}>
        <Icon name="close" />
      </button>
    </header>
  );
}
