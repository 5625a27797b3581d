/** The Conversation page: one player for each recorded leg, jumps from the overview, refresh while it is live. */

import { Player } from "./conversation_player.js";

const page = document.querySelector("[data-conversation]");
const players = [...document.querySelectorAll("[data-player]")].map((element) => new Player(element));

for (const player of players) {
  player.onPlay = () => players.forEach((other) => other === player || other.pause());
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-jump]");
  const turn = link && document.getElementById(link.hash.slice(1));
  if (turn) turn.querySelector("details")?.setAttribute("open", "");
});

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !players.length) return;
  // Keys belong to whatever has the focus; only on plain page do they drive the sound.
  if (event.target !== document.body && !event.target.closest("[data-wave]")) return;
  const player = players.find((each) => each.owns(event.target)) ?? players.find((each) => each.playing) ?? players[0];
  if (player.key(event.key)) event.preventDefault();
});

/** A live conversation is read again every few seconds, unless somebody is using the page. */
if (page?.hasAttribute("data-live")) {
  setInterval(async () => {
    const busy = players.some((player) => player.playing) || document.querySelector("dialog[open], .cd-waterfall[open]");
    if (document.hidden || busy) return;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) return;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-conversation]");
      if (!fresh) return;
      if (!fresh.hasAttribute("data-live")) return location.reload();
      for (const part of [".cd-facts", ".cd-columns"]) page.querySelector(part).replaceWith(fresh.querySelector(part));
    } catch {
      // The server is away for a moment: what is shown stays.
    }
  }, 4000);
}
