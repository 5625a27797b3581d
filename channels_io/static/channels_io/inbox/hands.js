/** What the buttons, dialogs and keys of an open conversation do. */

import { bindChoices, chosen } from "./choices.js";
import { bindTalkKeys } from "./talk_keys.js";

/** talk: the open conversation. Returns how to let go of all that lies outside its own element. */
export function bindHands(talk) {
  const stop = new AbortController();
  const dialog = (name) => talk.root.querySelector(`[data-dialog="${name}"]`);
  const acts = {
    listen: () => talk.listen(!talk.sound.listening),
    take: () => talk.take(),
    give: () => dialog("give").showModal(),
    mute: () => talk.toggleMute(),
    hold: () => talk.steer("hold", { on: !talk.state.held }),
    transfer: () => dialog("transfer").showModal(),
    end: () => dialog("end").showModal(),
    status: (button) => talk.setStatus(button.dataset.act),
  };
  talk.root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-do]");
    if (button) acts[button.dataset.do]?.(button);
  });
  talk.lines.older.addEventListener("click", () => talk.older());
  talk.place.addEventListener("talk:changed", () => talk.soon(), { signal: stop.signal });
  talk.sound.addEventListener("frame", ({ detail }) => talk.ownership.mine && talk.socket?.speak(detail));
  talk.sound.addEventListener("level", ({ detail }) => talk.levels.level("operator", talk.sound.muted ? 0 : detail));
  talk.sound.addEventListener("gone", () => talk.socket?.mute(true));
  if (dialog("give")) bindForms(talk, dialog);
  const unbindKeys = bindTalkKeys(keysOf(talk));
  return () => {
    stop.abort();
    unbindKeys();
  };
}

function bindForms(talk, dialog) {
  const form = (name) => dialog(name).querySelector("form");
  bindChoices(dialog("give"));
  form("give").addEventListener("submit", () => talk.giveBack(chosen(dialog("give"))));
  form("end").addEventListener("submit", () => talk.steer("end"));
  form("transfer").addEventListener("submit", ({ target }) => {
    talk.steer("transfer", { target: new FormData(target).get("target") ?? "" });
  });
}

function keysOf(talk) {
  const press = (name) => () => talk.head.press(name);
  return {
    l: press("listen"),
    o: press("take"),
    g: press("give"),
    m: press("mute"),
    r: () => talk.composer.focus(),
    Escape: () => talk.side.hide() || talk.notices.dismiss(),
  };
}
