/** The keys of an open conversation. None of them while somebody writes, or a dialog is open. */

const WRITES = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]";

/** acts: {key: () => whether it meant something}. Before the list's own keys. Returns how to let go of them. */
export function bindTalkKeys(acts) {
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (document.querySelector("dialog[open]") || event.target.closest?.(WRITES)) return;
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act?.()) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  document.addEventListener("keydown", onKey, { capture: true });
  return () => document.removeEventListener("keydown", onKey, { capture: true });
}
