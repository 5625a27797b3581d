// The palette at the left: drag a kind onto the canvas, or click it to put it after what is selected.

import { useEffect, useRef } from "react";
import { flushSync } from "react-dom";
import { addNext } from "../store/editing";
import { useBuilder } from "../store/store";
import type { Kind } from "../types";
import { t } from "../words";
import { KindPicker } from "./KindPicker";
import { view } from "./view";

export function Palette() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (): void => input.current?.focus();
    document.addEventListener("parley:search-kinds", focus);
    return () => document.removeEventListener("parley:search-kinds", focus);
  }, []);
  const pick = (kind: Kind): void => {
    const id = addNext(kind, view().sizes(), view().middle());
    if (!window.matchMedia("(min-width: 1000px)").matches) useBuilder.setState({ palette: false });
    if (id) useBuilder.setState({ panel: "inspector" });
  };
  return (
    <aside className="bd-palette" aria-label={t("Nodes to add")}>
      <KindPicker draggable inputRef={input} onPick={pick} onEscape={() => input.current?.blur()} />
    </aside>
  );
}

/** Puts the caret into the palette's search, opening it first. */
export function searchKinds(): void {
  // At once, not with the next frame: who types "/say" in one go has typed the word by then.
  flushSync(() => useBuilder.setState({ palette: true }));
  document.dispatchEvent(new Event("parley:search-kinds"));
}
