// Versions: compare with the draft in words and on the canvas, restore; the draft as a file, out and in.

import { useEffect, useRef, useState } from "react";
import { getJson, sendJson } from "../api";
import { Icon } from "../parts/Icon";
import { attempt, flush, revision, say, takeOver, useBuilder } from "../store/store";
import type { BuilderData, Diff, Version } from "../types";
import { t } from "../words";
import { DiffView } from "./DiffView";
import { PanelHead } from "./PanelHead";

const query = (url: string, values: Record<string, string>): string => `${url}?${new URLSearchParams(values).toString()}`;

export async function loadVersions(): Promise<void> {
  const { data } = useBuilder.getState();
  const answer = await attempt(() => getJson<{ versions: Version[] }>(data.urls["versions"] as string));
  if (answer) useBuilder.setState({ data: { ...useBuilder.getState().data, versions: answer.versions } });
}

export async function compare(version: string): Promise<void> {
  await flush();
  const url = useBuilder.getState().data.urls["diff"] as string;
  const diff = await attempt(() => getJson<Diff>(query(url, { before: version, after: "draft" })));
  if (!diff) return;
  const changed = diff.nodes.filter((node) => node.flow === useBuilder.getState().open && node.change !== "moved");
  const sight = { nodes: changed.map(({ id }) => id) };
  useBuilder.setState({ diff, nodes: new Set(), edges: new Set(), panel: "versions", writing: "", sight });
}

async function restore(version: Version): Promise<void> {
  await flush();
  const url = useBuilder.getState().data.urls["restore"] as string;
  const data = await attempt(() => sendJson<BuilderData>(url, { version: version.id, revision: revision() }));
  if (!data) return;
  takeOver(data);
  say(t("The draft now says what version {number} said. Publish it when you are ready.", { number: version.number }));
}

async function importFile(file: File): Promise<void> {
  let content: unknown;
  try {
    content = JSON.parse(await file.text());
  } catch {
    return say(t("This file is not an exported agent."), "bad");
  }
  await flush();
  const url = useBuilder.getState().data.urls["import"] as string;
  const data = await attempt(() => sendJson<BuilderData>(url, { revision: revision(), file: content }));
  if (!data) return;
  takeOver(data);
  say(data.notices?.length ? data.notices.map(({ message }) => message).join(" ") : t("Imported. Restore a version to take it back."));
}

export function Versions() {
  const diff = useBuilder((state) => state.diff);
  useEffect(() => void loadVersions(), []);
  return (
    <section className="bd-panel" aria-labelledby="bd-versions-title">
      <PanelHead id="bd-versions-title" title={t("Versions")} />
      {diff ? <Comparison diff={diff} /> : <List />}
    </section>
  );
}

function Comparison({ diff }: { diff: Diff }) {
  return (
    <>
      <div className="bd-compare-head">
        <p>
          <strong>{diff.before.label}</strong> <Icon name="arrow_forward" /> <strong>{diff.after.label}</strong>
        </p>
        <button type="button" className="p-button is-small" onClick={() => useBuilder.setState({ diff: null })} data-close-diff>
          {t("Done")}
        </button>
      </div>
      <p className="bd-legend">
        <span className="is-added">{t("new")}</span> <span className="is-changed">{t("changed")}</span> <span className="is-removed">{t("removed")}</span>
      </p>
      <DiffView diff={diff} jump />
    </>
  );
}

function List() {
  const { versions, urls, may, agent } = useBuilder((state) => state.data);
  const [sure, setSure] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const editable = may.edit && !agent.archived;
  return (
    <>
      <ol className="bd-versions" data-versions>
        {versions.map((version) => (
          <li key={version.id} className="bd-version" data-version={version.number}>
            <h3>
              {t("Version {number}", { number: version.number })} {version.live && <span className="p-badge is-good">{t("Live")}</span>}
              {version.pinned_by.map((channel) => (
                <span key={channel} className="p-badge" title={t("This channel stays with this version")}>
                  <Icon name="push_pin" /> {channel}
                </span>
              ))}
            </h3>
            {version.note && <p>{version.note}</p>}
            <p className="p-muted">
              {version.by || t("System")} · <time dateTime={version.at}>{when(version.at)}</time>
            </p>
            <div className="p-row">
              <button type="button" className="p-button is-small" onClick={() => void compare(version.id)}>
                {t("Compare with draft")}
              </button>
              {editable &&
                (sure === version.id ? (
                  <button type="button" className="p-button is-small is-danger" autoFocus onBlur={() => setSure("")} onClick={() => void restore(version)}>
                    {t("Replace the draft?")}
                  </button>
                ) : (
                  <button type="button" className="p-button is-small is-quiet" onClick={() => setSure(version.id)}>
                    {t("Restore")}
                  </button>
                ))}
              <a className="p-button is-small is-quiet" href={query(urls["export"] as string, { version: version.id })} download>
                {t("Export")}
              </a>
            </div>
          </li>
        ))}
      </ol>
      {versions.length === 0 && <p className="p-muted">{t("No version yet. Publishing keeps the draft as it is at that moment; calls run a version, never the draft.")}</p>}
      <div className="p-row bd-files">
        <a className="p-button is-small" href={query(urls["export"] as string, { version: "draft" })} download>
          <Icon name="download" /> {t("Export the draft")}
        </a>
        {editable && (
          <>
            <button type="button" className="p-button is-small" onClick={() => file.current?.click()}>
              <Icon name="upload" /> {t("Import a file…")}
            </button>
            <input
              ref={file}
              type="file"
              accept="application/json,.json"
              hidden
              aria-label={t("Import a file…")}
              onChange={(event) => {
                const [chosen] = event.target.files ?? [];
                event.target.value = "";
                if (chosen) void importFile(chosen);
              }}
            />
          </>
        )}
      </div>
    </>
  );
}

function when(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.valueOf()) ? at : date.toLocaleString(document.documentElement.lang || undefined, { dateStyle: "medium", timeStyle: "short" });
}
