// What is wrong with the draft; each line jumps to where it is.

import { placeOf } from "../graph/flow";
import { Icon } from "../parts/Icon";
import { flowNow, goToProblem, useBuilder } from "../store/store";
import type { Flow, Problem } from "../types";
import { t } from "../words";
import { PanelHead } from "./PanelHead";

export function ProblemList() {
  const problems = useBuilder((state) => state.problems);
  const current = useBuilder((state) => state.problem);
  const can = useBuilder((state) => state.checked.can_publish);
  const flow = useBuilder((state) => state.history.present.flow);
  return (
    <section className="bd-panel" aria-labelledby="bd-problems-title">
      <PanelHead id="bd-problems-title" title={t("Problems")} />
      <p className={can ? "p-note is-good" : "p-note is-error"}>
        {can ? t("Nothing stands in the way. This draft can be published.") : t("The draft is saved. It can be published once the errors are gone.")}
      </p>
      <ul className="bd-problems" data-problems>
        {problems.map((problem, at) => (
          <li key={at}>
            <button type="button" className={`bd-problem is-${problem.severity}`} aria-current={problem === current || undefined} onClick={() => goToProblem(problem)}>
              <Icon name={problem.severity} />
              <span>
                <strong>{whereOf(problem, flow)}</strong>
                {problem.message}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {problems.length > 0 && <p className="p-help">{t("F8 goes to the next one, Shift+F8 back.")}</p>}
    </section>
  );
}

function whereOf({ node, label }: Problem, flow: Flow): string {
  if (!node) return label || t("The agent itself");
  const place = placeOf(flowNow(), node);
  const inner = flow.flows.find(({ id }) => id === place);
  const nodes = inner?.nodes ?? flow.nodes;
  const name = nodes.find(({ id }) => id === node)?.name ?? node;
  return inner ? `${inner.name} › ${name}` : name;
}
