// The page: bar, palette, canvas, panel.

import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useState } from "react";
import { TestBench } from "./bench";
import { Canvas } from "./canvas/Canvas";
import { bindKeys } from "./canvas/keys";
import { Outline } from "./canvas/Outline";
import { Palette } from "./canvas/Palette";
import { Inspector } from "./inspector/Inspector";
import { Icon } from "./parts/Icon";
import { ClashDialog } from "./panels/ClashDialog";
import { FlowPath } from "./panels/FlowPath";
import { Help } from "./panels/Help";
import { PanelHead } from "./panels/PanelHead";
import { ProblemList } from "./panels/ProblemList";
import { Publish } from "./panels/Publish";
import { ToastLine } from "./panels/ToastLine";
import { TopBar } from "./panels/TopBar";
import { Versions } from "./panels/Versions";
import { flush, follow, isDirty, lookAt, useBuilder } from "./store/store";
import { t } from "./words";

export function App() {
  const dialog = useBuilder((state) => state.dialog);
  const clash = useBuilder((state) => state.clash);
  const panel = useBuilder((state) => state.panel);
  const palette = useBuilder((state) => state.palette);
  const outline = useBuilder((state) => state.outline);
  const comparing = useBuilder((state) => state.diff !== null);
  const may = useBuilder((state) => state.data.may.edit && !state.data.agent.archived);
  useEffect(bindKeys, []);
  useEffect(warnBeforeLeaving, []);
  const classes = ["bd-main"];
  if (may && palette) classes.push("has-palette");
  if (panel) classes.push("has-panel");
  if (comparing) classes.push("is-comparing");
  return (
    <ReactFlowProvider>
      <TopBar />
      <Notices />
      <div className={classes.join(" ")}>
        {may && palette && <Palette />}
        <main className="bd-stage" id="content">
          <FlowPath />
          <Canvas />
          {outline && <Outline />}
        </main>
        <SidePanel />
      </div>
      <PhoneBar />
      {dialog === "publish" && <Publish />}
      {dialog === "help" && <Help />}
      {clash && <ClashDialog clash={clash} />}
      <ToastLine />
    </ReactFlowProvider>
  );
}

function SidePanel() {
  const panel = useBuilder((state) => state.panel);
  return (
    <aside className="bd-side" hidden={panel === null} data-panel={panel ?? ""}>
      {panel === "inspector" && <Inspector />}
      {panel === "problems" && <ProblemList />}
      {panel === "versions" && <Versions />}
      <Bench shown={panel === "test"} />
    </aside>
  );
}

/** Stays when another panel is shown, so that a conversation goes on while its flow is mended. */
function Bench({ shown }: { shown: boolean }) {
  const agent = useBuilder((state) => state.data.agent);
  const may = useBuilder((state) => state.data.may.talk);
  const flow = useBuilder((state) => state.history.present.flow);
  const [used, setUsed] = useState(false);
  if (shown && !used) setUsed(true);
  if (!may || !used) return null;
  return (
    <section className="bd-bench" hidden={!shown} aria-labelledby="bd-test-title">
      <PanelHead id="bd-test-title" title={t("Test the draft")} />
      <TestBench agent={agent} flow={flow} onPath={follow} beforeStart={flush} onPick={lookAt} />
    </section>
  );
}

function Notices() {
  const { agent, may } = useBuilder((state) => state.data);
  if (agent.archived) return <p className="p-note is-warn bd-notice">{t("This agent is archived: it takes no calls and cannot be changed.")}</p>;
  if (!may.edit) return <p className="p-note bd-notice">{t("You may look at this agent. Changing it takes the role of a builder.")}</p>;
  return null;
}

/** On a phone: what opens as a sheet over the canvas. */
function PhoneBar() {
  const panel = useBuilder((state) => state.panel);
  const palette = useBuilder((state) => state.palette);
  const outline = useBuilder((state) => state.outline);
  const may = useBuilder((state) => state.data.may.edit && !state.data.agent.archived);
  return (
    <nav className="bd-phonebar" aria-label={t("Parts of the builder")}>
      {may && (
        <button type="button" aria-pressed={palette} onClick={() => useBuilder.setState({ palette: !palette, panel: null, outline: false })}>
          <Icon name="add_circle" /> {t("Add")}
        </button>
      )}
      <button type="button" aria-pressed={outline} onClick={() => useBuilder.setState({ outline: !outline, panel: null, palette: false })}>
        <Icon name="format_list_bulleted" /> {t("List")}
      </button>
      <button type="button" aria-pressed={panel === "inspector"} onClick={() => useBuilder.setState({ panel: panel === "inspector" ? null : "inspector", palette: false })}>
        <Icon name="edit" /> {t("Edit")}
      </button>
    </nav>
  );
}

function warnBeforeLeaving(): () => void {
  const leaving = (event: BeforeUnloadEvent): void => {
    if (!isDirty()) return;
    void flush();
    event.preventDefault();
  };
  window.addEventListener("beforeunload", leaving);
  return () => window.removeEventListener("beforeunload", leaving);
}
