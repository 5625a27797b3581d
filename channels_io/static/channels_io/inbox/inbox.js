/** The inbox: the list, what is done to it, its live line, and the conversation that is open beside it. */

import { Actions } from "./actions.js";
import { Bulk } from "./bulk.js";
import { Feed } from "./feed.js";
import { bindFilters } from "./filters.js";
import { bindKept } from "./kept.js";
import { bindKeys } from "./keys.js";
import { List } from "./list.js";
import { Pane } from "./pane.js";
import { Picker } from "./picker.js";
import { Server } from "./server.js";
import { State } from "./state.js";
import { Toasts } from "./toasts.js";
import { Waits } from "./waits.js";

const place = document.querySelector("[data-inbox]");
const config = JSON.parse(document.getElementById("inbox-config").textContent);
const words = config.words;

const server = new Server(config, document.querySelector("[name=csrfmiddlewaretoken]").value);
const toasts = new Toasts(document.querySelector("[data-toasts]"), words);
const state = new State(place, words);
const waits = new Waits(place);
const list = new List(place, { server, config, changed: () => bulk.show(), counted: (answer) => state.count(answer), ticked: () => waits.tick() });
const bulk = new Bulk(place, list, words);
const pane = new Pane(document.getElementById("talk"), { place, list, words, server });
const picker = new Picker(document.getElementById("ib-picker"), words);
const actions = new Actions({ list, server, toasts, picker, pane, config });
const feed = new Feed({
  url: new URL("/ws/inbox/", location.href),
  changed: (ids, what) => {
    list.refresh(ids);
    pane.hint(ids, what);
    document.dispatchEvent(new CustomEvent("inbox:changed", { detail: what }));
  },
  resync: () => {
    list.resync();
    pane.hint(null, []);
    document.dispatchEvent(new CustomEvent("inbox:changed", { detail: ["handoff"] }));
  },
  state: (name) => state.line(name),
});

place.addEventListener("click", (event) => {
  const link = event.target.closest("[data-open]");
  const row = event.target.closest("[data-row]");
  if (row && event.target.closest(".ib-face")) return; // Its checkbox.
  if (!row || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  if (link || !event.target.closest("a, button, input")) {
    event.preventDefault();
    list.go(row.dataset.row);
    actions.open(row.dataset.row);
  }
});

place.querySelector("[data-bulk]").addEventListener("click", (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (act === "none") list.selectAll(false);
  else if (act) actions.run(act);
});

document.addEventListener("queue:available", ({ detail }) => {
  feed.available = detail;
  feed.here();
});

bindKeys({ actions, list, pane, place });
bindFilters(place);
bindKept(server, words, config);
waits.tick();
state.begin();
feed.open();
if (place.dataset.open) actions.open(place.dataset.open, { keep: true });
else pane.fromAddress();
place.dataset.ready = "";
