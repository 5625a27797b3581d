// One edge: a curve; selected, it offers to go or to take a node in between.

import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath, getSmoothStepPath } from "@xyflow/react";
import { memo } from "react";
import { Icon } from "../parts/Icon";
import { removeEdge } from "../store/editing";
import { editable, useBuilder } from "../store/store";
import { t } from "../words";
import { openAdder } from "./adding";
import type { LineEdge } from "./placed";

export const Line = memo(function Line(props: EdgeProps<LineEdge>) {
  const { id, data, selected, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd } = props;
  const walked = useBuilder((state) => passes(state.live?.path, props.source, props.target));
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  const [path, x, y] = data?.back ? getSmoothStepPath({ ...ends, borderRadius: 18, offset: 28 }) : getBezierPath(ends);
  const classes = ["bd-line", `is-${data?.edge.kind ?? "else"}`];
  if (selected) classes.push("is-selected");
  if (walked) classes.push("is-walked");
  if (data?.change) classes.push(`is-${data.change}`);
  return (
    <>
      <BaseEdge id={id} path={path} className={classes.join(" ")} interactionWidth={18} {...(markerEnd ? { markerEnd } : {})} />
      {selected && editable() && (
        <EdgeLabelRenderer>
          <div className="bd-line-tools nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            <button
              type="button"
              title={t("Put a node in between")}
              aria-label={t("Put a node in between")}
              onClick={(event) => openAdder({ x: event.clientX, y: event.clientY }, { edge: id })}
            >
              <Icon name="add" />
            </button>
            <button type="button" title={t("Remove this connection")} aria-label={t("Remove this connection")} onClick={() => removeEdge(id)}>
              <Icon name="close" />
            </button>
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

/** Whether the test went from one to the other. */
function passes(path: readonly string[] | undefined, source: string, target: string): boolean {
  return path?.some((node, at) => node === source && path[at + 1] === target) ?? false;
}
