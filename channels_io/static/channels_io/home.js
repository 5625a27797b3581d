/** Home: asks for the speech workers' state beside the page, so that a dead worker delays nothing. */

const place = document.querySelector("[data-home-workers]");

/** What the workers can hold, told beside the calls that they hold. */
function showCapacity(told) {
  const note = document.querySelector("[data-home-capacity-note]");
  if (note) note.textContent = told ? ` ${told.textContent.trim()}` : "";
}

async function refresh() {
  try {
    const response = await fetch(place.dataset.homeWorkers, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    // Announced to screen readers only when it says something new.
    if (place.dataset.shown !== html) {
      place.innerHTML = html;
      place.dataset.shown = html;
      showCapacity(place.querySelector("[data-home-capacity]"));
    }
  } catch {
    // The server is away for a moment; the next round says so or heals it.
  }
}

if (place) {
  refresh();
  setInterval(() => document.hidden || refresh(), 15000);
}
