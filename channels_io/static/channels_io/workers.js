/** Workers: the part that changes by itself is fetched again every few seconds, unless somebody is at a button in it. */

const place = document.querySelector("[data-workers-live]");
const SECONDS = 3;

async function refresh() {
  if (document.hidden || place.contains(document.activeElement) || document.querySelector("dialog[open]")) return;
  try {
    const response = await fetch(place.dataset.workersLive, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    const open = place.querySelector("details[open]");
    if (!open) place.innerHTML = html;
  } catch {
    // The server is away for a moment; the next round says so or heals it.
  }
}

if (place) setInterval(refresh, SECONDS * 1000);
