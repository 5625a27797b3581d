// The builder of one agent. The page gives its data's address and its words; everything else comes from there.

import "@xyflow/react/dist/base.css";
import "./styles/builder.css";

import { createRoot } from "react-dom/client";
import { App } from "./App";
import { ApiError, getJson } from "./api";
import { followAddress } from "./store/address";
import { start } from "./store/store";
import type { BuilderData } from "./types";
import { useWords } from "./words";

interface Config {
  dataUrl: string;
  agentUrl: string;
  words: Record<string, string>;
  failed: string;
}

async function open(): Promise<void> {
  const root = document.getElementById("builder") as HTMLElement;
  const config = JSON.parse((document.getElementById("builder-config") as HTMLElement).textContent) as Config;
  useWords(config.words);
  try {
    const data = await getJson<BuilderData>(config.dataUrl);
    start({ ...data, urls: { ...data.urls, agent: config.agentUrl } });
    followAddress();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const place = document.createElement("p");
    place.className = "p-note is-error bd-failed";
    place.textContent = `${config.failed} ${error.message}`;
    root.replaceChildren(place);
    return;
  }
  createRoot(root).render(<App />);
}

void open();
