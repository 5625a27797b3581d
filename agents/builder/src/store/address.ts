// A link to one node, as pages beside the builder write it: /agents/<id>/builder/#<node's id>.

import { t } from "../words";
import { goTo, say } from "./store";

/** The node that a part of an address behind "#" names; "" where it names none. */
export function nodeIn(hash: string): string {
  try {
    return decodeURIComponent(hash.replace(/^#/, ""));
  } catch {
    return "";
  }
}

/** Goes to the node of the page's address, now and whenever that changes. */
export function followAddress(): void {
  const go = (): void => {
    const node = nodeIn(window.location.hash);
    if (node && !goTo(node)) say(t("This node is not in the draft any more."));
  };
  window.addEventListener("hashchange", go);
  go();
}
