"""Has a kept conversation again: says each turn when the one before is answered, and gathers what comes of it.

It is the session that every channel has, on a line inside this process; only the words come from a list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.cases import CaseStep, as_text
from channels_io.kinds.loopback.channel import LoopbackChannel
from channels_io.live import messages
from channels_io.live.limits import TEXT_LIMITS
from channels_io.live.messages import Dtmf, Text
from channels_io.live.opening import OpenedLeg
from channels_io.live.runner import run_leg
from channels_io.live.worker import Workers

ANSWER_SECONDS = 60.0
OPENING_SECONDS = 20.0
KEYS = frozenset("0123456789*#ABCD")


@dataclass(slots=True)
class _Gathered:
    """What is known of one step so far."""

    answer: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    ms: float | None = None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    steps: tuple[CaseStep, ...]
    waits: tuple[float | None, ...]
    """ms until each answer; None where none was measured."""
    problem: str = ""
    """Why it stopped before its end, in words."""


async def rehearse(opened: OpenedLeg, script: Sequence[CaseStep], *, workers: Workers | None = None) -> Rehearsed:
    """`script` as a test case has it: its first step is the agent's own."""
    channel = LoopbackChannel()
    leg = asyncio.create_task(run_leg(channel, opened, workers=workers, limits=TEXT_LIMITS))
    rehearsal = _Rehearsal(channel, script, speaks_first=bool(opened.facts.spec.greeting))
    try:
        await rehearsal.run()
    finally:
        await rehearsal.settle()
        await leg
    return rehearsal.result()


class _Rehearsal:
    def __init__(self, channel: LoopbackChannel, script: Sequence[CaseStep], *, speaks_first: bool) -> None:
        self._channel = channel
        self._script = script
        self._speaks_first = speaks_first or bool(script and script[0].answer)
        self._steps = [_Gathered()]
        self._said: list[CaseStep] = [CaseStep()]
        self._first_turn = [0]
        """The worker's number of each step's turn."""
        self._problem = ""
        self._closed = False

    async def run(self) -> None:
        """Until all was said and answered, or the agent hung up, or nothing came in time."""
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(OPENING_SECONDS) as patience:
                async for event in self._channel.events():
                    if self._take(event) and not self._say_next():
                        return
                    patience.reschedule(clock() + ANSWER_SECONDS)
                self._closed = True
        except TimeoutError:
            self._problem = "There was no answer in time."

    async def settle(self) -> None:
        """The path of the last turn may come after its last word: hang up and read to the end."""
        self._channel.hang_up()
        if self._closed:
            return
        async for event in self._channel.events():
            self._take(event)

    def result(self) -> Rehearsed:
        return Rehearsed(
            tuple(
                CaseStep(
                    said=said.said,
                    source=said.source,
                    nodes=tuple(step.nodes),
                    variables=step.variables,
                    answer=" ".join(step.answer),
                )
                for said, step in zip(self._said, self._steps, strict=True)
            ),
            tuple(step.ms for step in self._steps),
            self._problem,
        )

    def _take(self, event: messages.ChannelEvent) -> bool:
        """Whether it is the caller's turn now."""
        match event:
            case messages.Ready():
                return not self._speaks_first
            case messages.Heard(turn=turn):
                self._first_turn[-1] = turn
            case messages.ReplyDone(turn=turn, text=text, end=end):
                step = self._of(turn)
                if text:
                    step.answer.append(text)
                return not end and step is self._steps[-1]
            case messages.Entered(turn=turn, nodes=nodes, variables=variables):
                step = self._of(turn)
                step.nodes += nodes
                step.variables = {name: as_text(value) for name, value in variables.items()}
            case messages.Timing(turn=turn, spans=spans):
                self._of(turn).ms = sum(span.ms for span in spans)
            case messages.Failed(message=message, fatal=fatal):
                if fatal or not self._problem:
                    self._problem = message
        return False

    def _of(self, turn: int) -> _Gathered:
        """The step that turn belongs to."""
        for number in reversed(range(len(self._steps))):
            if turn >= self._first_turn[number]:
                return self._steps[number]
        return self._steps[0]

    def _say_next(self) -> bool:
        """False when all was said."""
        number = len(self._steps)
        if number >= len(self._script):
            return False
        step = self._script[number]
        self._steps.append(_Gathered(variables=dict(self._steps[-1].variables)))
        self._said.append(step)
        self._first_turn.append(self._first_turn[-1] + 1)
        if step.source == "dtmf":
            for digit in step.said:
                if digit in KEYS:
                    self._channel.put(Dtmf(digit))  # type: ignore[arg-type]
        else:
            self._channel.put(Text(step.said, f"step-{number}"))
        return True
