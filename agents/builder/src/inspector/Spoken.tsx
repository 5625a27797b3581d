// How a text will sound: numbers, dates and abbreviations as words, and a button that says it.

import { useEffect, useRef, useState } from "react";
import { sendForAudio, sendJson } from "../api";
import { Icon } from "../parts/Icon";
import { attempt, flowNow, useBuilder } from "../store/store";
import { t } from "../words";

const PAUSE_MS = 350;
const LONGEST = 300;

interface Answer {
  spoken: string;
  variables: string[];
  unknown: string[];
}

/** Variables are spoken by their first value, or else by their name. */
function samples(): Record<string, string> {
  const { checked } = useBuilder.getState();
  const named = checked.variables.map(({ name }): [string, string] => [name, name.replaceAll("_", " ")]);
  const given = flowNow().variables.filter(({ value }) => value !== "");
  return Object.fromEntries([...named, ...given.map(({ name, value }): [string, string] => [name, value])]);
}

const askSpoken = (text: string): Promise<Answer> =>
  sendJson<Answer>(useBuilder.getState().data.urls["spoken"] as string, { text, values: samples() });

export function Spoken({ text }: { text: string }) {
  const [answer, setAnswer] = useState<{ for: string; answer: Answer } | null>(null);
  const trimmed = text.trim();
  useEffect(() => {
    if (!trimmed) return;
    const timer = setTimeout(() => {
      askSpoken(trimmed).then(
        (given) => setAnswer({ for: trimmed, answer: given }),
        () => setAnswer(null),
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [trimmed]);
  if (!trimmed) return null;
  const fresh = answer?.for === trimmed ? answer.answer : null;
  const differs = fresh && fresh.spoken.trim() !== trimmed;
  return (
    <div className="bd-spoken">
      <Listen text={trimmed} />
      <p aria-live="polite">
        {differs ? (
          <>
            <span className="p-muted">{t("Spoken:")}</span> {fresh.spoken}
          </>
        ) : (
          <span className="p-muted">{fresh ? t("Spoken as it stands.") : ""}</span>
        )}
        {fresh && fresh.unknown.length > 0 && (
          <span className="bd-unknown"> {t("Not known: {names}", { names: fresh.unknown.join(", ") })}</span>
        )}
      </p>
    </div>
  );
}

let playing: { stop: () => void } | null = null;

function Listen({ text }: { text: string }) {
  const [state, setState] = useState<"" | "waiting" | "playing">("");
  const live = useRef(true);
  useEffect(() => {
    live.current = true;
    return () => {
      live.current = false;
    };
  }, []);
  const listen = async (): Promise<void> => {
    const again = state !== "";
    playing?.stop();
    if (again) return;
    const audio = new Audio();
    const mine = {
      stop: () => {
        audio.pause();
        if (audio.src) URL.revokeObjectURL(audio.src);
        if (playing === mine) playing = null;
        if (live.current) setState("");
      },
    };
    playing = mine;
    setState("waiting");
    const sound = await attempt(() => speech(text));
    if (playing !== mine) return;
    if (!sound) return mine.stop();
    audio.src = URL.createObjectURL(sound);
    audio.addEventListener("ended", mine.stop);
    setState("playing");
    await audio.play().catch(mine.stop);
  };
  return (
    <button
      type="button"
      className={`bd-mini${state ? " is-on" : ""}`}
      aria-busy={state === "waiting" || undefined}
      title={t("Hear it")}
      aria-label={state === "playing" ? t("Stop") : t("Hear it")}
      onClick={() => void listen()}
    >
      <Icon name={state === "playing" ? "stop" : "volume_up"} />
    </button>
  );
}

async function speech(text: string): Promise<Blob> {
  const { data, history } = useBuilder.getState();
  const { fields } = history.present;
  const { spoken } = await askSpoken(text.slice(0, LONGEST));
  return await sendForAudio(data.urls["preview"] as string, {
    text: spoken.slice(0, LONGEST),
    voice_engine: fields["voice_engine"],
    voice_name: fields["voice_name"],
    voice_speed: fields["voice_speed"],
  });
}
