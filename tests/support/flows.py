"""Talking to a flow in a test: the caller's part and the worker's, with the state through JSON at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from inference.flow import advance, at, begin
from inference.flow.state import FlowState
from inference.flow.steps import (
    Answer,
    Call,
    Called,
    Choose,
    Chosen,
    Done,
    Fill,
    Filled,
    Finish,
    Generate,
    Heard,
    Leave,
    Listen,
    Moment,
    Pause,
    Say,
    Silence,
    Speak,
    Step,
)
from inference.nodes import Edge, FlowSpec, Node

MONDAY = Moment(datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/London")))
"""Ten in the morning on a Monday."""
MOST_STEPS = 500

Chooser = Callable[[tuple[str, ...]], int | None]


def flow_of(*nodes: Node, edges: Sequence[Edge] = (), **rest: object) -> FlowSpec:
    """A flow that starts at its first node; without edges, each node leads to the next."""
    links = edges or tuple(Edge(one.id, other.id) for one, other in zip(nodes, nodes[1:], strict=False))
    return FlowSpec(nodes[0].id, nodes, tuple(links), **rest)  # type: ignore[arg-type]


def round_trip(state: FlowState) -> FlowState:
    return msgspec.json.decode(msgspec.json.encode(state), type=FlowState)


class Talk:
    """One conversation with a flow. `choose`, `fill` and `call` stand for the model and the web side.

    `choose`: the label it finds to hold, in parts ("wants to book"), or nothing; `fill`: words by slot name.
    """

    def __init__(
        self,
        flow: FlowSpec,
        *,
        choose: str | Chooser = "",
        fill: Mapping[str, str] | None = None,
        call: Mapping[str, Called] | None = None,
        facts: Mapping[str, str] | None = None,
        moment: Moment = MONDAY,
    ) -> None:
        self.flow = flow
        self.choose = choose
        self.fill = fill or {}
        self.call = call or {}
        self.moment = moment
        self.state = begin(flow, facts or {})
        self.steps: list[Step] = []
        """All of them, from the beginning."""
        self.said: list[str] = []
        """What was said since the caller was heard; what the model says stands in brackets."""
        self._take(None)

    @property
    def step(self) -> Step:
        return self.steps[-1]

    @property
    def node(self) -> str:
        return at(self.flow, self.state).id

    @property
    def ended(self) -> str:
        return self.step.reason if isinstance(self.step, Finish) else ""

    @property
    def variables(self) -> dict[str, object]:
        return self.state.variables

    def hear(self, text: str) -> str:
        """What the agent says to it."""
        return self._turn(Heard(text))

    def press(self, keys: str) -> str:
        return self._turn(Heard(keys, keypad=True))

    def wait(self) -> str:
        """The caller says nothing."""
        return self._turn(Silence())

    def at_second(self, seconds: float) -> None:
        self.moment = replace(self.moment, seconds=seconds)

    def count(self, kind: type[Step]) -> int:
        return sum(isinstance(step, kind) for step in self.steps)

    def _turn(self, answer: Answer) -> str:
        assert isinstance(self.step, Listen), f"Nobody listens: {self.step}"
        self.said = []
        self._take(answer)
        return " ".join(self.said)

    def _take(self, answer: Answer | None) -> None:
        for _ in range(MOST_STEPS):
            before = self.state
            self.state, step = advance(self.flow, self.state, answer, self.moment)
            assert round_trip(before) == before, "advance changed the state it was given"
            self.state = round_trip(self.state)
            self.steps.append(step)
            if isinstance(step, Listen | Finish | Leave):
                return
            answer = self._answer(step)
        raise AssertionError("It never listens")

    def _answer(self, step: Step) -> Answer:
        match step:
            case Say():
                self.said.append(step.text)
            case Generate():
                self.said.append(f"[aside: {step.aside}]" if step.aside else f"[{step.node.prompt}]")
            case Choose():
                return Chosen(self._choice(step.options))
            case Fill():
                return Filled({slot.name: self.fill[slot.name] for slot in step.slots if slot.name in self.fill})
            case Call():
                if step.saying:
                    self.said.append(step.saying)
                return self.call.get(step.tool, Called(False, ""))
            case Speak() | Pause():
                pass
            case _:
                raise AssertionError(f"Not to be answered: {step}")
        return Done()

    def _choice(self, options: tuple[str, ...]) -> int | None:
        if callable(self.choose):
            return self.choose(options)
        return next((place for place, label in enumerate(options) if self.choose and self.choose in label), None)
