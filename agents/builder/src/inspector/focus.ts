// A wish to see one field of the inspector: unfold what hides it, bring it into view, put the caret in.

import { type RefObject, useEffect } from "react";
import { useBuilder } from "../store/store";

export function useFocusWish(box: RefObject<HTMLElement | null>): void {
  const focus = useBuilder((state) => state.focus);
  useEffect(() => {
    if (!focus) return;
    let tries = 0;
    let timer = 0;
    const look = (): void => {
      const place = box.current && reach(box.current, focus.field);
      tries += 1;
      const later = place === "again" || (place === null && tries === 1);
      if (later && tries < 8) timer = requestAnimationFrame(look);
      else useBuilder.setState({ focus: null });
      if (place instanceof HTMLElement) show(place, focus.quiet === true);
    };
    look(); // At once: who types on without a pause is not a frame ahead of the caret.
    return () => cancelAnimationFrame(timer);
  }, [focus, box]);
}

/** The box of a field, or of what it lies in; "again" where a fold on the way was opened. */
function reach(root: HTMLElement, field: string): HTMLElement | "again" | null {
  if (field === "") return root.querySelector<HTMLElement>(".bd-form [data-field], [data-field]:not([data-field='#name'])");
  const steps = field.split(".");
  for (let length = steps.length; length > 0; length -= 1) {
    const path = steps.slice(0, length).join(".");
    const found = root.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
    if (!found) continue;
    const folded = found.closest("details:not([open])");
    if (folded instanceof HTMLDetailsElement) folded.open = true;
    const unfold = length < steps.length ? found.querySelector<HTMLElement>("[data-unfold][aria-expanded=false]") : null;
    if (!unfold) return found;
    unfold.click();
    return "again";
  }
  return null;
}

function show(place: HTMLElement, quiet: boolean): void {
  place.scrollIntoView({ block: "center" });
  place.classList.add("is-found");
  setTimeout(() => place.classList.remove("is-found"), 1600);
  if (quiet) return;
  const input = place.matches("input, textarea, select")
    ? place
    : place.querySelector<HTMLElement>("input:not([disabled]), textarea:not([disabled]), select:not([disabled]), button:not([disabled])");
  input?.focus({ preventScroll: true });
}
