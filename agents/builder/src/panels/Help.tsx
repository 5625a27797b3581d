// Every key there is.

import { Dialog } from "../parts/Dialog";
import { useBuilder } from "../store/store";
import { t } from "../words";

export function Help() {
  const close = (): void => useBuilder.setState({ dialog: "" });
  const keys: [string, string][] = [
    ["/", t("Add a node: type, then Enter. It follows the selected one")],
    ["← ↑ → ↓", t("Go to the next node")],
    ["Shift + ←↑→↓", t("Move the selected nodes")],
    ["Enter", t("Edit the selected node")],
    ["E", t("Write on the card; Escape ends it")],
    ["F2", t("Rename")],
    ["Delete", t("Remove; with Shift the neighbours are joined")],
    ["Ctrl + Z, Ctrl + Shift + Z", t("Undo, redo")],
    ["Ctrl + C, X, V", t("Copy, cut, paste, also into another agent")],
    ["Ctrl + D", t("Duplicate")],
    ["Ctrl + A", t("Select all")],
    ["Shift + drag", t("Select an area")],
    ["L", t("Tidy up")],
    ["F, +, −", t("Show all, zoom in, zoom out")],
    ["O", t("Show as a list")],
    ["P, F8", t("Problems, the next problem")],
    ["T", t("Test")],
    ["V", t("Versions")],
    ["Ctrl + S", t("Save now")],
    ["Ctrl + Enter", t("Publish")],
    ["[", t("Back to the main flow")],
    ["{{", t("In a text: put in a variable")],
  ];
  return (
    <Dialog title={t("Keys")} wide onClose={close}>
      <dl className="bd-keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div className="p-actions">
        <button type="button" className="p-button is-primary" onClick={close} autoFocus>
          {t("Close")}
        </button>
      </div>
    </Dialog>
  );
}
