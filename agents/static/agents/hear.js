// Hear it: the form's voice says a sentence. One sound at a time; a second press stops it.

export function bindHear(root, config, csrf, read, show) {
  const audio = new Audio();
  let active = null;

  const stop = () => {
    audio.pause();
    if (audio.src) URL.revokeObjectURL(audio.src);
    active?.classList.remove("is-playing");
    active?.removeAttribute("aria-busy");
    active = null;
  };
  audio.addEventListener("ended", stop);

  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-hear]");
    if (!button) return;
    if (active === button) return stop();
    stop();
    const inRow = button.dataset.hear === "row";
    const text = sentence(button, read());
    if (!text) return show(config.words.nothingToHear, inRow);
    show("", inRow);
    active = button;
    button.classList.add("is-playing");
    button.setAttribute("aria-busy", "true");
    const answer = await fetchSpeech(config, csrf, text, read());
    if (active !== button) return;
    button.removeAttribute("aria-busy");
    if (answer.error) {
      stop();
      return show(answer.error, inRow);
    }
    audio.src = URL.createObjectURL(answer.blob);
    audio.play().catch(stop);
  });
}

function sentence(button, values) {
  if (button.dataset.hear === "row") {
    const cells = Object.fromEntries(
      [...button.closest("tr").querySelectorAll("[data-column]")].map((cell) => [cell.dataset.column, cell.value.trim()]),
    );
    return cells.spoken || cells.written;
  }
  return values.greeting?.trim() || values.persona?.trim();
}

async function fetchSpeech(config, csrf, text, values) {
  try {
    const response = await fetch(config.previewUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "audio/wav, application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({
        text: text.slice(0, 300),
        voice_engine: values.voice_engine,
        voice_name: values.voice_name,
        voice_speed: values.voice_speed,
      }),
    });
    if ((response.headers.get("Content-Type") ?? "").startsWith("audio/")) return { blob: await response.blob() };
    const body = await response.json();
    return { error: body.error?.message ?? config.words.noVoice };
  } catch {
    return { error: config.words.noVoice };
  }
}
