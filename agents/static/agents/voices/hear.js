// Hear it: a cloned voice says a sentence. One sound at a time; a second press stops it.

const audio = new Audio();
let active = null;

audio.addEventListener("ended", stop);

for (const button of document.querySelectorAll("[data-hear-voice]")) {
  button.addEventListener("click", () => (active === button ? stop() : hear(button)));
}

async function hear(button) {
  stop();
  active = button;
  const said = button.parentElement.querySelector(".vc-said");
  said.textContent = "";
  button.setAttribute("aria-busy", "true");
  const answer = await fetched(button);
  if (active !== button) return;
  button.removeAttribute("aria-busy");
  if (answer.error) {
    stop();
    said.textContent = answer.error;
    return;
  }
  button.classList.add("is-playing");
  audio.src = URL.createObjectURL(answer.sound);
  audio.play().catch(stop);
}

async function fetched(button) {
  try {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const response = await fetch(button.dataset.hearVoice, { method: "POST", headers: { "X-CSRFToken": token } });
    if ((response.headers.get("Content-Type") ?? "").startsWith("audio/")) return { sound: await response.blob() };
    const { error } = await response.json();
    return { error: error.message };
  } catch {
    return { error: button.dataset.hearFailed };
  }
}

function stop() {
  audio.pause();
  if (audio.src) URL.revokeObjectURL(audio.src);
  active?.classList.remove("is-playing");
  active?.removeAttribute("aria-busy");
  active = null;
}
