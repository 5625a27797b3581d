from __future__ import annotations

import logging

import pytest
from prometheus_client import REGISTRY

from channels_io.live.observer import TurnObserver
from channels_io.live.waterfall import Measured
from inference.events import Span
from parley.tracing import TurnTrace
from tests.channels_io.live.script import FACTS

SPANS = (Span("silence", 100.0), Span("voice", 550.0), Span("what is this", 50.0))
LATE = Measured(3, 700.0, SPANS, 90, 80, 7, guesses_wasted=2, filler=True, ended_at=40.0)


class Traces(list[TurnTrace]):
    """A tracer in memory."""

    def trace(self, turn: TurnTrace) -> None:
        self.append(turn)


def observer(traces: Traces | None = None, kind: str = "browser_voice") -> TurnObserver:
    return TurnObserver(
        kind,
        FACTS,
        budget_ms=600,
        tracer=traces,  # type: ignore[arg-type]  # as much of it as is used
        clock=lambda: 40.25,
        wall=lambda: 1000.0,
    )


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_what_is_counted() -> None:
    def counts() -> dict[str, float]:
        kind = {"kind": "loopback"}
        return {
            "v2v": value("parley_v2v_seconds_count", **kind),
            "sum": value("parley_v2v_seconds_sum", **kind),
            "missed": value("parley_budget_missed_total", **kind),
            "fillers": value("parley_fillers_total", **kind),
            "guesses": value("parley_guesses_wasted_total", **kind),
            "silence": value("parley_wait_seconds_count", wait="silence"),
            "other": value("parley_wait_seconds_count", wait="other"),
        }

    before = counts()
    observer(kind="loopback")(LATE)
    observer(kind="loopback")(Measured(4, 300.0, SPANS[:1]))
    observer(kind="loopback")(Measured(5, None, SPANS[:1]))
    after = counts()
    more = {name: round(after[name] - before[name], 6) for name in before}
    assert more == {"v2v": 2, "sum": 1.0, "missed": 1, "fillers": 1, "guesses": 2, "silence": 3, "other": 1}
    assert REGISTRY.get_sample_value("parley_wait_seconds_count", {"wait": "what is this"}) is None


def test_a_late_answer_is_logged_without_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        observer()(LATE)
        observer()(Measured(4, 600.0, SPANS))
    assert caplog.messages == [
        "Leg lg_1, turn 3: answered after 700 ms, the budget is 600. Longest wait: voice, 550 ms."
        " A filler was said first."
    ]


def test_the_trace_of_a_spoken_turn() -> None:
    traces = Traces()
    observer(traces)(LATE)
    (trace,) = traces
    assert (list(trace.waits), trace.ended, trace.missed) == (
        [("silence", 100.0), ("voice", 550.0), ("what is this", 50.0)],
        999.75,
        True,
    )
    assert trace.attributes == {
        "parley.agent": "ag_1",
        "parley.version": "vn_1",
        "parley.channel.kind": "browser_voice",
        "parley.conversation": "cv_1",
        "parley.leg": "lg_1",
        "parley.turn": 3,
        "parley.spoken": True,
        "parley.wait_ms": 700.0,
        "parley.tokens.prompt": 90,
        "parley.tokens.cached": 80,
        "parley.tokens.reply": 7,
        "parley.filler": True,
        "parley.guesses_wasted": 2,
    }


def test_a_typed_turn_ends_when_its_waits_are_known() -> None:
    traces = Traces()
    observer(traces)(Measured(4, None, SPANS[:1]))
    assert (traces[0].ended, traces[0].missed, traces[0].attributes["parley.wait_ms"]) == (1000.0, False, 100.0)
