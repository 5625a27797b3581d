// "Try it": asks a saved service for real, and says part by part what came of it.

for (const button of document.querySelectorAll("[data-try]")) {
  button.addEventListener("click", () => tryService(button));
}

async function tryService(button) {
  const place = document.getElementById(button.dataset.tryInto);
  place.hidden = false;
  button.disabled = true;
  place.replaceChildren(list([line("progress_activity", "", button.dataset.tryWaiting)], true));
  place.replaceChildren(list(await asked(button), false));
  button.disabled = false;
}

async function asked(button) {
  try {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const response = await fetch(button.dataset.try, { method: "POST", headers: { "X-CSRFToken": token } });
    if (!response.ok) throw new Error(String(response.status));
    const { parts } = await response.json();
    return parts.map((part) =>
      part.ok
        ? line("check_circle", "is-good", part.label, `${part.milliseconds} ms`)
        : line("error", "is-bad", part.label, "", part.reason),
    );
  } catch {
    return [line("error", "is-bad", button.dataset.tryFailed)];
  }
}

function list(lines, busy) {
  const found = document.createElement("ul");
  found.className = "sv-tried";
  if (busy) found.setAttribute("aria-busy", "true");
  found.append(...lines);
  return found;
}

function line(icon, tone, label, time = "", reason = "") {
  const row = document.createElement("li");
  row.className = tone;
  const sign = cell("span", "material-symbols-outlined", icon);
  sign.setAttribute("aria-hidden", "true");
  row.append(sign, cell("strong", "", label), cell("span", "sv-ms", time));
  if (reason) row.append(cell("small", "", reason));
  return row;
}

function cell(name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}
