/** The page of one conversation: the same pane as beside the list. */

import { openTalk } from "./talk.js";

const place = document.getElementById("talk");
let leave = openTalk(place);
addEventListener("pagehide", () => leave());
addEventListener("pageshow", (event) => {
  if (event.persisted) leave = openTalk(place);
});

// A link to a turn that is further back than what is shown leads to the record, which has all of them.
const wanted = location.hash.slice(1);
if (/^(tn|lg)_\w+$/.test(wanted)) {
  const found = document.getElementById(wanted);
  if (found) {
    found.scrollIntoView({ block: "center" });
    found.querySelector("details")?.setAttribute("open", "");
  } else location.replace(`?tab=record#${wanted}`);
}
