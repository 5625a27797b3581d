/** Dialogs for what is kept: saved views and tags. A view that was saved is gone to; after changes the page is read anew. */

import { Refused } from "./server.js";

export function bindKept(server, words, config) {
  let touched = false;

  const trying = async (dialog, work) => {
    const error = dialog.querySelector("[data-error]");
    error.hidden = true;
    try {
      return await work();
    } catch (problem) {
      error.textContent = problem instanceof Refused ? problem.message : words.failed;
      error.hidden = false;
      return undefined;
    }
  };

  const save = document.querySelector("[data-save-view]");
  save?.addEventListener("submit", (event) => {
    event.preventDefault();
    trying(save.closest("dialog"), async () => {
      const view = await server.post(save.action, Object.fromEntries(new FormData(save)));
      location.assign(`?${view.query}`);
    });
  });

  for (const form of document.querySelectorAll("form[data-kept]")) {
    const send = () =>
      trying(form.closest("dialog"), async () => {
        touched = true;
        await server.post(form.action, Object.fromEntries(new FormData(form)));
      });
    form.addEventListener("change", send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    form.querySelector("[data-remove]").addEventListener("click", (event) =>
      trying(form.closest("dialog"), async () => {
        touched = true;
        await server.post(event.currentTarget?.dataset.remove ?? form.querySelector("[data-remove]").dataset.remove, {});
        form.closest("li").remove();
      }),
    );
  }

  const views = document.querySelector("[data-kept-views]");
  views?.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (event.target.closest("[data-up]")) item.previousElementSibling?.before(item);
    else if (event.target.closest("[data-down]")) item.nextElementSibling?.after(item);
    else return;
    event.target.closest("button").focus();
    touched = true;
    const ids = [...views.children].map((each) => each.dataset.view);
    trying(views.closest("dialog"), () => server.post(config.viewOrder, { ids }));
  });

  const added = document.querySelector("[data-new-tag]");
  added?.addEventListener("submit", (event) => {
    event.preventDefault();
    trying(added.closest("dialog"), async () => {
      await server.post(added.action, Object.fromEntries(new FormData(added)));
      location.reload();
    });
  });

  for (const dialog of document.querySelectorAll("dialog[data-reload]")) {
    dialog.addEventListener("close", () => touched && location.reload());
  }
}
