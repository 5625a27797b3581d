// A test case turn by turn: what was said, and where the last run went another way.

import { Icon } from "../parts/Icon";
import type { Names } from "./names";
import { Path } from "./Path";
import { waitInWords } from "./trail";
import type { CaseStep, Difference, StepResult, WholeCase } from "./types";
import { say } from "./words";

interface OutcomeProps {
  shown: WholeCase;
  names: Names;
  onPick?: ((node: string) => void) | undefined;
  conversationUrl: string;
}

export function CaseOutcome({ shown, names, onPick, conversationUrl }: OutcomeProps) {
  const { result } = shown;
  const steps: StepResult[] = result?.steps ?? shown.steps.map((step) => ({ expected: step, got: null, differences: [], ms: null }));
  return (
    <>
      {result?.problem && <p className="p-note is-error">{result.problem}</p>}
      <ol className="tb-steps">
        {steps.map((step, index) => (
          // Steps never move: their place is their name.
          <li key={index} className={step.differences.length ? "is-different" : ""}>
            <Step step={step} ran={result !== null} names={names} onPick={onPick} />
          </li>
        ))}
      </ol>
      {result?.conversation && (
        <p className="p-help">
          <a href={conversationUrl.replace("CONVERSATION", result.conversation)}>{say("Open the conversation of the last run")}</a>
        </p>
      )}
    </>
  );
}

function Step({ step, ran, names, onPick }: { step: StepResult; ran: boolean; names: Names; onPick?: ((node: string) => void) | undefined }) {
  const shown: CaseStep = step.got ?? step.expected;
  return (
    <>
      {step.expected.said && (
        <p className="tb-said">
          <Icon name={step.expected.source === "dtmf" ? "dialpad" : "person"} /> {step.expected.said}
        </p>
      )}
      {shown.answer && (
        <p className="tb-answer">
          <Icon name="smart_toy" /> {shown.answer}
        </p>
      )}
      <div className="tb-note">
        {step.ms !== null && <span className="tb-ms">{waitInWords(step.ms)}</span>}
        <Path nodes={shown.nodes} names={names} onPick={onPick} />
      </div>
      {ran && step.differences.map((difference) => <Deviation key={`${difference.what}-${difference.name}`} difference={difference} names={names} />)}
    </>
  );
}

function Deviation({ difference, names }: { difference: Difference; names: Names }) {
  if (difference.what === "missing") return <p className="tb-deviation">{say("The conversation was over before this.")}</p>;
  const path = difference.what === "path";
  return (
    <dl className="tb-deviation">
      <dt>{title(difference)}</dt>
      <dd className="is-expected">{words(difference.expected, path, names)}</dd>
      <dd className="is-got">{words(difference.got, path, names)}</dd>
    </dl>
  );
}

function title({ what, name }: Difference): string {
  if (what === "variable") return name;
  return what === "path" ? say("Way through the flow") : say("Answer");
}

function words(text: string, path: boolean, names: Names): string {
  if (!text) return say("nothing");
  return path ? text.split(" ").map(names).join(" → ") : text;
}
