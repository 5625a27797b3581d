import type { Names } from "./names";

/** Nodes in the order in which they were passed, each a way to it on the canvas. */
export function Path({ nodes, names, onPick }: { nodes: readonly string[]; names: Names; onPick?: ((node: string) => void) | undefined }) {
  return (
    <span className="tb-path">
      {nodes.map((node, index) => (
        // The same node may come twice.
        <button key={`${index}-${node}`} type="button" className="tb-node" onClick={() => onPick?.(node)}>
          {names(node)}
        </button>
      ))}
    </span>
  );
}
