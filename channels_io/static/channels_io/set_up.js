/** The set-up of a carrier's channel: shows what a choice needs, rows that can be added, shares in percent, opening hours.
 *  Without it every field is there all the same. */

/** Fields with data-when-<name>="<value>" are shown while the radio button of that name has that value. */
function bindChoices(name) {
  const parts = document.querySelectorAll(`[data-when-${name}]`);
  const buttons = document.querySelectorAll(`input[type="radio"][name="${name}"]`);
  if (!parts.length || !buttons.length) return;
  const show = () => {
    const chosen = [...buttons].find((button) => button.checked)?.value;
    for (const part of parts) part.hidden = part.getAttribute(`data-when-${name}`) !== chosen;
  };
  for (const button of buttons) button.addEventListener("change", show);
  show();
}

/** Only the versions of the chosen agent can be chosen. */
function bindVersions(root) {
  const agent = root.querySelector('select[name="agent"]');
  if (!agent) return;
  const fit = (select) => {
    for (const option of select.options) {
      const foreign = Boolean(option.dataset.agent) && option.dataset.agent !== agent.value;
      option.hidden = foreign;
      option.disabled = foreign;
      if (foreign && option.selected) select.value = "";
    }
  };
  const all = () => root.querySelectorAll('select[name="version"], select[name="split_version"]').forEach(fit);
  agent.addEventListener("change", all);
  root.addEventListener("rows", all);
  all();
}

/** Rows in `list`, more of them from a <template>, each with a button that takes it out. */
function bindRows({ list, template, add, remove }) {
  const rows = document.querySelector(list);
  const more = document.querySelector(add);
  if (!rows || !more) return;
  const source = document.querySelector(template);
  const changed = () => rows.dispatchEvent(new CustomEvent("rows", { bubbles: true }));
  const bind = (row) => {
    const button = row.querySelector(remove);
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      changed();
      (next?.querySelector("input, select") ?? more).focus();
    });
  };
  for (const row of rows.children) bind(row);
  more.hidden = false;
  more.addEventListener("click", () => {
    rows.append(source.content.cloneNode(true));
    const row = rows.lastElementChild;
    bind(row);
    changed();
    row.querySelector("input, select").focus();
  });
}

/** What a weight means: its share of all people. */
function bindShares() {
  const rows = document.querySelector("[data-split-rows]");
  if (!rows) return;
  const weight = (row) => {
    const text = row.querySelector('[name="split_weight"]').value.trim();
    return row.querySelector('[name="split_version"]').value && /^\d{1,4}$/.test(text) ? Number(text) : null;
  };
  const show = () => {
    const weights = [...rows.children].map(weight);
    const sum = weights.reduce((total, one) => total + (one ?? 0), 0);
    [...rows.children].forEach((row, number) => {
      const known = weights[number] !== null && sum > 0;
      row.querySelector("[data-share]").textContent = known ? `${Math.round((100 * weights[number]) / sum)} %` : "";
    });
  };
  rows.addEventListener("input", show);
  rows.addEventListener("change", show);
  rows.addEventListener("rows", show);
  show();
}

/** A weekday's second pair of times appears when it is asked for; Monday can be copied; a day can be emptied. */
function bindHours() {
  const days = [...document.querySelectorAll("[data-day]")];
  const fields = (day) => [...day.querySelectorAll('input[type="time"]')];
  const show = (day) => {
    const [begin, end, begin2, end2] = fields(day);
    const open = Boolean(begin.value || end.value);
    const second = day.querySelector(".is-second");
    second.hidden = !(begin2.value || end2.value || day.dataset.second);
    day.querySelector("[data-second]").hidden = !open || !second.hidden;
    day.querySelector("[data-closed]").hidden = open;
    day.querySelector("[data-clear-day]").hidden = !open;
    const copy = day.querySelector("[data-copy-week]");
    if (copy) copy.hidden = !open;
  };
  for (const day of days) {
    day.querySelector("[data-day-tools]").hidden = false;
    day.addEventListener("input", () => show(day));
    day.querySelector("[data-second]").addEventListener("click", () => {
      day.dataset.second = "1";
      show(day);
      fields(day)[2].focus();
    });
    day.querySelector("[data-clear-day]").addEventListener("click", () => {
      for (const field of fields(day)) field.value = "";
      delete day.dataset.second;
      show(day);
      fields(day)[0].focus();
    });
    day.querySelector("[data-copy-week]")?.addEventListener("click", () => {
      const values = fields(day).map((field) => field.value);
      for (const other of days.slice(1, 5)) {
        fields(other).forEach((field, number) => {
          field.value = values[number];
        });
        show(other);
      }
    });
    show(day);
  }
}

bindChoices("runs");
bindChoices("open");
for (const root of document.querySelectorAll("[data-runs]")) bindVersions(root);
bindRows({ list: "[data-split-rows]", template: "[data-split-row]", add: "[data-split-add]", remove: "[data-split-remove]" });
bindRows({ list: "[data-people]", template: "[data-person-row]", add: "[data-person-add]", remove: "[data-person-remove]" });
bindShares();
bindHours();

// A typed number wins over a picked one, so picking empties the field.
document.addEventListener("change", (event) => {
  const typed = document.querySelector('input[name="typed"]');
  if (typed && event.target.matches?.('input[type="radio"][name="address"]')) typed.value = "";
});
