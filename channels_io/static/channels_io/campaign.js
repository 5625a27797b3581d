/** A campaign: what moves is fetched anew; when the campaign comes into another state, the whole page is. */

const place = document.querySelector("[data-live]");
const MOVING = ["reading", "running", "paused", "stopped", "done"];

async function refresh() {
  try {
    const response = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    const now = new DOMParser().parseFromString(html, "text/html").querySelector("[data-now]")?.dataset.now;
    if (now && now !== place.dataset.phase) {
      location.reload();
      return;
    }
    const shown = html.replaceAll(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
    // Left alone while somebody is in it, so that no button moves from under a finger.
    if (place.dataset.shown !== shown && !place.contains(document.activeElement)) {
      const open = place.querySelector("details")?.open;
      place.innerHTML = html;
      if (open) place.querySelector("details")?.setAttribute("open", "");
      place.dataset.shown = shown;
    }
  } catch {
    // The server is away for a moment; the next round heals it.
  }
}

if (place && MOVING.includes(place.dataset.phase)) {
  setInterval(() => document.hidden || document.querySelector("dialog[open]") || refresh(), 3000);
}
