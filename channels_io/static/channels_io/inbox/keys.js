/** The keys of the inbox. None of them while somebody writes, or a dialog is open. */

const TABS = ["mine", "waiting", "live", "all"];

export function bindKeys({ actions, list, pane, place }) {
  const keys = {
    j: () => list.step(1),
    k: () => list.step(-1),
    ArrowDown: () => list.step(1),
    ArrowUp: () => list.step(-1),
    Enter: () => list.current && actions.open(list.current.dataset.row),
    o: () => list.current && actions.open(list.current.dataset.row),
    r: () => actions.reply(),
    a: () => actions.run("assign"),
    t: () => actions.run("tag"),
    e: () => actions.run("close"),
    u: () => actions.run("unread"),
    x: () => list.toggle(list.current),
    z: () => actions.toasts.undo?.(),
    "/": () => place.querySelector("input[type=search]").focus(),
    "?": () => document.getElementById("ib-keys").showModal(),
    Escape: () => back({ list, pane }),
  };
  TABS.forEach((tab, number) => {
    keys[number + 1] = () => place.querySelector(`[data-tab="${tab}"]`).click();
  });

  document.addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input[type=search]") && event.key === "Escape") return leaveSearch(event, list);
    if (writes(event.target)) return;
    // Arrows scroll the conversation and move in menus; Enter presses the button it is on.
    const inList = event.target === document.body || event.target.closest?.("[data-rows]");
    if (event.key.startsWith("Arrow") && !inList) return;
    if (event.key === "Enter" && !inList) return;
    event.preventDefault();
    key();
  });
}

function writes(element) {
  return element.isContentEditable || (element.matches?.("input, textarea, select") && !element.matches("[type=checkbox]"));
}

function leaveSearch(event, list) {
  event.preventDefault();
  event.target.blur();
  if (list.current) list.go(list.current.dataset.row);
}

function back({ list, pane }) {
  if (list.selected().length) list.selectAll(false);
  else if (pane.id) {
    const id = pane.id;
    pane.close();
    list.go(id);
  }
}
