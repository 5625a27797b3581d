"""No sound of a step is kept in which a caller says what nobody may know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from channels_io.entries import EventEntry
from channels_io.live.recorder import LegRecorder
from channels_io.live.sensitive import sensitive_nodes
from channels_io.models import Leg
from inference.nodes import CollectNode, EndNode, FlowSpec, FormNode, SayNode, Slot, VerifyNode
from inference.spec import AgentSpec

FLOW = FlowSpec(
    "hello",
    (
        SayNode("hello", "Hello."),
        CollectNode("card", Slot("card", "digits", "Your card?", masked=True)),
        CollectNode("day", Slot("day", "date", "Which day?")),
        FormNode("form", (Slot("name"), Slot("pin", masked=True))),
        VerifyNode("code", "Which code did you get?"),
        EndNode("end"),
    ),
    (),
)


def test_steps_that_ask_for_something_masked_are_sensitive() -> None:
    spec = AgentSpec(agent="ag", version="vn", workspace="ws", name="A", instructions="", flow=FLOW)
    assert sensitive_nodes(spec) == {"card", "form", "code"}


def test_the_recording_is_silent_while_the_flow_stands_there() -> None:
    recorder = LegRecorder(Leg(), record_sound=True, sensitive={"card"}, node="hello")
    kept: list[Callable[..., Any]] = recorder._sound

    def entered(seq: int, node: str) -> None:
        recorder.put(EventEntry(seq=seq, kind="node", data={"turn": seq, "nodes": ["x", node]}))

    recorder.caller(b"\0" * 640, 0.02)
    assert len(kept) == 1
    entered(1, "card")
    recorder.caller(b"\0" * 640, 0.04)
    recorder.agent(b"\0" * 960, 0.04)
    assert len(kept) == 1
    entered(2, "day")
    recorder.caller(b"\0" * 640, 0.06)
    assert len(kept) == 2


def test_a_leg_that_begins_in_such_a_step_is_silent_from_its_first_sample() -> None:
    recorder = LegRecorder(Leg(), record_sound=True, sensitive={"card"}, node="card")
    recorder.caller(b"\0" * 640, 0.02)
    assert recorder._sound == []
