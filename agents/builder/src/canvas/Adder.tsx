// The picker that opens on the canvas: where a line was dropped, in the middle of an edge, at a double click.

import { useEffect, useRef } from "react";
import { addAt, addInto } from "../store/editing";
import type { Kind } from "../types";
import { t } from "../words";
import { closeAdder, useAdding } from "./adding";
import { KindPicker } from "./KindPicker";
import { view } from "./view";

const SIZE = { width: 300, height: 380 };

export function Adder() {
  const adding = useAdding((state) => state.adding);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!adding) return;
    const outside = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) closeAdder();
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [adding]);
  if (!adding) return null;
  const pick = (kind: Kind): void => {
    const at = view().place(adding.at);
    const { node, handle, edge } = adding.from;
    closeAdder();
    if (edge) addInto(kind, edge, at);
    else addAt(kind, { x: at.x, y: at.y - 24 }, node && handle ? { node, handle } : undefined);
  };
  const left = Math.max(8, Math.min(adding.at.x, window.innerWidth - SIZE.width - 8));
  const top = Math.max(8, Math.min(adding.at.y, window.innerHeight - SIZE.height - 8));
  return (
    <div ref={box} className="bd-adder" role="dialog" aria-label={t("Add a node")} style={{ left, top }}>
      <KindPicker autoFocus onPick={pick} onEscape={closeAdder} joins={Boolean(adding.from.node || adding.from.edge)} />
    </div>
  );
}
