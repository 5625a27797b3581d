"""The waits of a turn: contiguous, named, and the sum is the whole."""

from __future__ import annotations

import pytest

from inference.reply import FILLER, Marks

GUESSED = {"paused": 0.08, "words": 0.15, "begun": 0.15, "first_token": 0.25, "first_clause": 0.35, "first_audio": 0.37}


def waits(at: dict[str, float]) -> dict[str, float]:
    return {span.name: span.ms for span in Marks(0.0, at=at).spans()}


def test_an_answer_begun_early_waits_for_the_decision_only_at_the_gate() -> None:
    spans = waits({**GUESSED, "decided": 0.45})
    assert spans == {
        "silence": 80,
        "recognition": pytest.approx(70),
        "decision": 0,
        "first token": 100,
        "first clause": 100,
        "voice": pytest.approx(20),
        "gate": pytest.approx(80),
    }


def test_a_decision_that_comes_before_the_answer_is_no_wait() -> None:
    spans = waits({**GUESSED, "decided": 0.2})
    assert (spans["decision"], spans["gate"]) == (0, 0)
    assert sum(spans.values()) == pytest.approx(370)


def test_an_answer_begun_at_the_decision_has_waited_for_it() -> None:
    spans = waits({**GUESSED, "begun": 0.22, "decided": 0.22})
    assert spans["decision"] == pytest.approx(70)
    assert sum(spans.values()) == pytest.approx(370)


def test_what_was_there_before_the_caller_had_finished_costs_nothing() -> None:
    early = {
        "paused": 0.08,
        "words": 0.15,
        "begun": -0.2,
        "first_token": -0.1,
        "first_clause": 0.05,
        "first_audio": 0.06,
    }
    spans = waits({**early, "decided": 0.2})
    assert spans["gate"] == pytest.approx(50)
    assert sum(spans.values()) == pytest.approx(200)


def test_a_filler_ends_the_wait() -> None:
    late = {**GUESSED, "first_token": 0.9, "first_clause": 1.0, "first_audio": 1.1, "decided": 0.3, FILLER: 0.6}
    spans = waits(late)
    assert spans["first token"] == pytest.approx(450)
    assert sum(spans.values()) == pytest.approx(600)
    assert list(spans)[-1] == FILLER


def test_nobody_waits_for_the_decision_on_a_typed_turn() -> None:
    assert waits({"begun": 0.1, "first_token": 0.2}) == {"first token": 200}
