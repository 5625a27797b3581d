"""The first spoken call after a start: proof that every part works, heard from outside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

WORKSPACE = "demo"
AGENT = "reception"
QUESTION = Path("channels_io/bench/corpus/q01.wav")
"""Says "What time do you open on Saturday?"; relative to the root of the repository."""
RIGHT_WORDS = ("nine", "9")
SPANS_MAY_DIFFER_MS = 30.0
BAR = 32
"""Width of the longest bar of the waterfall, in characters."""


class Manages(Protocol):
    """What runs manage.py commands: a Stack."""

    @property
    def web_url(self) -> str: ...

    async def manage(self, *arguments: str, timeout: float = ...) -> tuple[int, str, str]: ...


@dataclass(frozen=True, slots=True)
class FirstCall:
    heard: str = ""
    said: str = ""
    v2v_ms: float | None = None
    spans: tuple[tuple[str, float], ...] = ()
    problem: str = ""
    """Not empty: why the call counts as failed, and what to look at."""

    @property
    def right(self) -> bool:
        return not self.problem

    def lines(self) -> list[str]:
        """What was heard, what was said, and the waterfall: bars that begin where the one before ended."""
        lines = [f"heard  {self.heard or '(nothing)'}", f"said   {self.said or '(nothing)'}"]
        if self.v2v_ms is None:
            return lines
        total = sum(ms for _, ms in self.spans)
        scale = BAR / max(total, 1.0)
        start = 0.0
        for name, ms in self.spans:
            bar = " " * round(start * scale) + "█" * max(1, round(ms * scale))
            lines.append(f"  {name:<14}{ms:7.0f} ms  {bar}")
            start += ms
        lines.append(
            f"  {'sum of spans':<14}{total:7.0f} ms; measured by the caller: {self.v2v_ms:.0f} ms "
            f"from the last sound of the question to the first sound of the answer"
        )
        return lines


async def place_first_call(stack: Manages) -> FirstCall:
    """Speak the question over the real socket, from a process of its own."""
    code, out, err = await stack.manage(
        "call", "--workspace", WORKSPACE, "--agent", AGENT, "--wav", str(QUESTION), "--json",
        "--url", stack.web_url.replace("http", "ws", 1), timeout=120,
    )  # fmt: skip
    if code != 0:
        last = "; ".join((err or out).strip().splitlines()[-3:])
        return FirstCall(problem=f"The call failed: {last or f'exit code {code}'}")
    return judge(json.loads(out))


def judge(result: dict[str, Any]) -> FirstCall:
    """Read the JSON of `manage.py call`; the last turn is the answer to the question."""
    turns = [turn for turn in result.get("turns", []) if turn.get("heard")]
    if not turns:
        return FirstCall(problem="The agent heard nothing. See var/log/worker.log.")
    turn = turns[-1]
    call = FirstCall(
        heard=turn["heard"],
        said=turn.get("said", ""),
        v2v_ms=turn.get("v2v_ms"),
        spans=tuple((span["name"], float(span["ms"])) for span in turn.get("spans", [])),
    )
    problem = ""
    if call.v2v_ms is None:
        problem = "No answer was audible. See var/log/worker.log."
    elif not any(word in call.said.lower() for word in RIGHT_WORDS):
        problem = "The answer should name nine o'clock. Look at the agent's facts, or at the model (PARLEY_PROFILE=\"default\")."
    elif abs(sum(ms for _, ms in call.spans) - call.v2v_ms) > SPANS_MAY_DIFFER_MS:
        problem = f"The waterfall does not add up to what the caller measured ({call.v2v_ms:.0f} ms)."
    return FirstCall(call.heard, call.said, call.v2v_ms, call.spans, problem)
