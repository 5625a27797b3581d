/** Home: asks for the speech workers' state beside the page, so that a dead worker delays nothing. */

const place = document.querySelector("[data-home-workers]");

async function refresh() {
  try {
    const response = await fetch(place.dataset.homeWorkers, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    // Announced to screen readers only when it says something new.
    if (place.dataset.shown !== html) {
      place.innerHTML = html;
      place.dataset.shown = html;
    }
  } catch {
    // The server is away for a moment; the next round says so or heals it.
  }
}

if (place) {
  refresh();
  setInterval(() => document.hidden || refresh(), 15000);
}
