// The canvas: React Flow over the document, which stays the only truth.

import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  ConnectionLineType,
  type EdgeChange,
  type FinalConnectionState,
  MarkerType,
  MiniMap,
  type NodeChange,
  ReactFlow,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, type MouseEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { graphOf } from "../graph/flow";
import { addAt, addInto, join, moveTo, takesEdges } from "../store/editing";
import { editable, graphNow, select, useBuilder } from "../store/store";
import { t } from "../words";
import { Adder } from "./Adder";
import { closeAdder, openAdder } from "./adding";
import { Card, openInner } from "./Card";
import { Controls } from "./Controls";
import { DRAGGED } from "./KindPicker";
import { Line } from "./Line";
import { type CardNode, type LineEdge, place, type Placed } from "./placed";
import { setView } from "./view";

const NODE_TYPES = { card: Card };
const EDGE_TYPES = { line: Line };
/** Below this zoom texts cannot be read: cards show their names, large. */
const FAR = 0.5;
const READABLE = 0.55;
const GRID: [number, number] = [8, 8];
const ARROW = { type: MarkerType.ArrowClosed, width: 16, height: 16 };
const LINE_OPTIONS = { type: "line", markerEnd: ARROW };
const HIDDEN = { hideAttribution: false };
const COLOURS: Record<string, string> = {
  blue: "var(--bd-blue)",
  teal: "var(--bd-teal)",
  amber: "var(--bd-amber)",
  violet: "var(--bd-violet)",
  rose: "var(--bd-rose)",
  slate: "var(--bd-slate)",
};

export function Canvas() {
  const open = useBuilder((state) => state.open);
  const graph = useBuilder((state) => graphOf(state.history.present.flow, state.open));
  const kinds = useBuilder((state) => state.kinds);
  const nodes = useBuilder((state) => state.nodes);
  const edges = useBuilder((state) => state.edges);
  const diff = useBuilder((state) => state.diff);
  const may = useBuilder((state) => state.data.may.edit && !state.data.agent.archived && state.diff === null);
  const [placed, setPlaced] = useState<Placed>({ nodes: [], edges: [] });
  useLayoutEffect(() => {
    setPlaced((before) => place(before, { graph, open, kinds, nodes, edges, diff, editable: may }));
  }, [graph, open, kinds, nodes, edges, diff, may]);
  const onNodesChange = useNodeChanges(setPlaced);
  const onEdgesChange = useCallback((changes: EdgeChange<LineEdge>[]) => {
    const picked = changes.filter((change) => change.type === "select");
    if (!picked.length) return;
    const { nodes: nodesNow, edges: edgesNow } = useBuilder.getState();
    const next = new Set(edgesNow);
    for (const { id, selected } of picked) selected ? next.add(id) : next.delete(id);
    select(nodesNow, next);
  }, []);
  useViewOf();
  useSight(placed);
  const handlers = useHandlers();
  const [far, setFar] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  return (
    <div ref={box} className={far ? "bd-canvas is-far" : "bd-canvas"} data-canvas onDragOver={dragOver} onDrop={handlers.drop}>
      <ReactFlow<CardNode, LineEdge>
        nodes={placed.nodes}
        edges={placed.edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        defaultEdgeOptions={LINE_OPTIONS}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={handlers.connect}
        onConnectEnd={handlers.connectEnd}
        onReconnect={handlers.reconnect}
        isValidConnection={handlers.valid}
        onNodeDragStop={handlers.dragStop}
        onSelectionDragStop={handlers.dragStop}
        onNodeDoubleClick={handlers.nodeDoubleClick}
        onPaneClick={handlers.paneClick}
        onMove={(_event, { zoom }) => {
          setFar(zoom < FAR);
          box.current?.style.setProperty("--bd-zoom", String(Math.max(zoom, 0.1)));
        }}
        nodesConnectable={may}
        nodesDraggable={may}
        elementsSelectable
        selectNodesOnDrag={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        selectionKeyCode="Shift"
        zoomOnDoubleClick={false}
        snapToGrid
        snapGrid={GRID}
        minZoom={0.08}
        maxZoom={1.75}
        connectionRadius={28}
        connectionLineType={ConnectionLineType.Bezier}
        proOptions={HIDDEN}
        ariaLabelConfig={useMemo(() => ({ "node.a11yDescription.default": t("Press Enter to edit, arrows to go to the next node.") }), [])}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.4} />
        <MiniMap<CardNode>
          pannable
          zoomable
          ariaLabel={t("Map of the flow")}
          nodeColor={(node) => COLOURS[node.data.kind?.colour ?? "slate"] ?? "var(--bd-slate)"}
          nodeBorderRadius={18}
        />
        <Controls />
      </ReactFlow>
      {graph.nodes.length <= 1 && may && <Hint />}
      <Adder />
    </div>
  );
}

function Hint() {
  return (
    <div className="bd-hint" role="note">
      <strong>{t("Drag a node from the left, or press /")}</strong>
      <p>{t("Pull a line from the dot at a node's right edge to say what comes next.")}</p>
    </div>
  );
}

const dragOver = (event: DragEvent): void => {
  if (!event.dataTransfer.types.includes(DRAGGED) || !editable()) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
};

/** What React Flow says of its nodes: places while they are dragged stay here, the selection goes to the store. */
function useNodeChanges(setPlaced: (change: (before: Placed) => Placed) => void) {
  return useCallback(
    (changes: NodeChange<CardNode>[]) => {
      const picked = changes.filter((change) => change.type === "select");
      const rest = changes.filter((change) => change.type !== "select" && change.type !== "remove");
      if (rest.length) setPlaced((before) => ({ ...before, nodes: applyNodeChanges(rest, before.nodes) }));
      if (!picked.length) return;
      const { nodes, edges } = useBuilder.getState();
      const next = new Set(nodes);
      for (const { id, selected } of picked) selected ? next.add(id) : next.delete(id);
      select(next, next.size ? edges : []);
      if (next.size === 1 && window.matchMedia("(min-width: 1000px)").matches) {
        const { panel } = useBuilder.getState();
        if (panel === null || panel === "problems") useBuilder.setState({ panel: "inspector" });
      }
    },
    [setPlaced],
  );
}

function useHandlers() {
  const { screenToFlowPosition } = useReactFlow();
  return useMemo(
    () => ({
      connect: ({ source, sourceHandle, target }: Connection): void => join(source, sourceHandle ?? "", target),
      reconnect: (old: LineEdge, { source, sourceHandle, target }: Connection): void => {
        if (source === old.source) join(source, old.sourceHandle ?? sourceHandle ?? "", target);
      },
      valid: ({ target }: { target: string }): boolean => takesEdges(graphNow(), target),
      connectEnd: (event: globalThis.MouseEvent | TouchEvent, state: FinalConnectionState): void => {
        if (state.toNode || state.isValid || !state.fromNode || !state.fromHandle || !editable()) return;
        if (state.fromHandle.type !== "source") return;
        const point = "changedTouches" in event ? event.changedTouches[0] : event;
        if (!point) return;
        openAdder({ x: point.clientX, y: point.clientY }, { node: state.fromNode.id, handle: state.fromHandle.id ?? "" });
      },
      dragStop: (_event: unknown, _node: unknown, moved?: CardNode[]): void => {
        const list = moved ?? (Array.isArray(_node) ? (_node as CardNode[]) : []);
        moveTo(new Map(list.map(({ id, position }) => [id, position])));
      },
      nodeDoubleClick: (_event: MouseEvent, node: CardNode): void => {
        openInner(node.data.node);
      },
      paneClick: (event: MouseEvent): void => {
        closeAdder();
        if (event.detail === 2 && editable()) openAdder({ x: event.clientX, y: event.clientY });
      },
      drop: (event: DragEvent): void => {
        const kind = useBuilder.getState().kinds.get(event.dataTransfer.getData(DRAGGED));
        if (!kind) return;
        event.preventDefault();
        const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
        const edge = (event.target as Element).closest?.(".react-flow__edge")?.getAttribute("data-id");
        const at = { x: x - 40, y: y - 24 };
        if (edge) addInto(kind, edge, at);
        else addAt(kind, at, undefined, true);
      },
    }),
    [screenToFlowPosition],
  );
}

/** Lets the rest of the page ask for sizes and views. */
function useViewOf(): void {
  const flow = useReactFlow<CardNode, LineEdge>();
  useEffect(() => {
    setView({
      sizes: () =>
        new Map(
          flow.getNodes().flatMap(({ id, measured }) =>
            measured?.width && measured.height ? [[id, { width: measured.width, height: measured.height }]] : [],
          ),
        ),
      middle: () => {
        const box = document.querySelector("[data-canvas]")?.getBoundingClientRect();
        if (!box) return { x: 0, y: 0 };
        return flow.screenToFlowPosition({ x: box.left + box.width / 2 - 100, y: box.top + box.height / 2 - 40 });
      },
      place: (at) => flow.screenToFlowPosition(at),
      fit: (nodes = []) =>
        void flow.fitView({ duration: 300, padding: 0.16, maxZoom: 1, ...(nodes.length ? { nodes: nodes.map((id) => ({ id })) } : {}) }),
      zoom: (step) => void (step === 1 ? flow.zoomIn({ duration: 150 }) : flow.zoomOut({ duration: 150 })),
    });
    return () => setView(null);
  }, [flow]);
}

/** Brings into view what somebody wished to see, once it is drawn. */
function useSight(placed: Placed): void {
  const flow = useReactFlow<CardNode, LineEdge>();
  const sight = useBuilder((state) => state.sight);
  const done = useRef<object | null>(null);
  useEffect(() => {
    if (!sight || done.current === sight) return;
    const wanted = sight.nodes;
    const drawn = new Map(placed.nodes.map((node) => [node.id, node]));
    const missing = (wanted.length ? wanted : [...drawn.keys()]).some((id) => !drawn.get(id)?.measured?.width);
    if (missing || drawn.size === 0) return;
    done.current = sight;
    if (sight.grab) document.querySelector<HTMLElement>(`.react-flow__node[data-id="${wanted[0]}"]`)?.focus({ preventScroll: true });
    if (!wanted.length) {
      showWhole(flow, placed.nodes);
      return;
    }
    const outside = wanted.some((id) => !isSeen(id, sight.follow ? 0 : 120));
    if (outside && sight.follow) keepIn(flow, drawn.get(wanted[0] as string) as CardNode);
    else if (outside && wanted.length === 1) centre(flow, drawn.get(wanted[0] as string) as CardNode);
    else if (outside) void flow.fitView({ duration: 250, padding: 0.2, maxZoom: 1, nodes: wanted.map((id) => ({ id })) });
  }, [sight, placed, flow]);
}

/** Whether the whole card lies inside the canvas and is so wide, in pixels, that it can be read. */
function isSeen(id: string, width: number): boolean {
  const box = document.querySelector("[data-canvas]")?.getBoundingClientRect();
  const card = document.querySelector(`.react-flow__node[data-id="${id}"]`)?.getBoundingClientRect();
  if (!box || !card || card.width < width) return false;
  return card.left >= box.left && card.top >= box.top && card.right <= box.right && card.bottom <= box.bottom;
}

/** All of a flow where it can be read so, else its beginning. */
function showWhole(flow: ReturnType<typeof useReactFlow<CardNode, LineEdge>>, nodes: CardNode[]): void {
  const box = document.querySelector("[data-canvas]")?.getBoundingClientRect();
  const bounds = flow.getNodesBounds(nodes);
  const fitting = box ? Math.min(box.width / bounds.width, box.height / bounds.height) * 0.8 : 1;
  const first = nodes.find(({ data }) => data.kind?.once);
  if (!box || !first || fitting >= READABLE) {
    void flow.fitView({ duration: 250, padding: 0.16, maxZoom: 1 });
    return;
  }
  const zoom = box.width < 600 ? 0.6 : 0.8;
  const y = box.height / 2 - (first.position.y + 28) * zoom;
  void flow.setViewport({ x: 48 - first.position.x * zoom, y, zoom }, { duration: 250 });
}

/** Moves the canvas, not the zoom. */
function keepIn(flow: ReturnType<typeof useReactFlow<CardNode, LineEdge>>, { position, measured }: CardNode): void {
  const { width = 0, height = 0 } = measured ?? {};
  void flow.setCenter(position.x + width / 2, position.y + height / 2, { zoom: flow.getZoom(), duration: 300 });
}

function centre(flow: ReturnType<typeof useReactFlow<CardNode, LineEdge>>, { position, measured }: CardNode): void {
  const zoom = Math.max(flow.getZoom(), 0.75);
  const x = position.x + (measured?.width ?? 0) / 2;
  const y = position.y + (measured?.height ?? 0) / 2;
  void flow.setCenter(x, y, { zoom, duration: 250 });
}
