from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from agents.cases import CaseStep, Checks, Difference, as_text, compare, read_checks, read_steps, same_words

MONDAY = date(2026, 11, 23)
NEXT_SATURDAY = date(2026, 11, 28)


def step(said: str = "Book.", nodes: str = "a b", answer: str = "Yes.", **variables: str) -> CaseStep:
    return CaseStep(said=said, nodes=tuple(nodes.split()), variables=variables, answer=answer)


def differences(expected: CaseStep, got: CaseStep, *, today: date = MONDAY, **checks: Any) -> list[Difference]:
    opening = CaseStep(variables={"hour": "9"})
    later = CaseStep(variables={"hour": "10"})
    results = compare([opening, expected], [later, got], Checks(**checks), recorded=MONDAY, today=today)
    assert not results[0].differences
    return list(results[1].differences)


def test_the_same_conversation_passes() -> None:
    assert differences(step(day="Monday"), step(day="Monday")) == []


def test_what_is_checked_by_default() -> None:
    found = differences(step(day="Monday"), step(nodes="a c", answer="No.", day="Friday"))
    assert found == [Difference("path", "a b", "a c"), Difference("variable", "Monday", "Friday", "day")]


def test_every_check_can_be_asked_for_or_not() -> None:
    other = step(nodes="a c", answer="No.", day="Friday")
    assert differences(step(day="Monday"), other, path="none", variables=False) == []
    assert [found.what for found in differences(step(), step(nodes="x b"), path="last")] == []
    assert [found.what for found in differences(step(), step(nodes="x c"), path="last")] == ["path"]
    assert differences(step(), step(answer="No."), answers=True) == [Difference("answer", "Yes.", "No.")]
    assert differences(step(), step(answer="yes"), answers=True) == []


def test_values_that_are_missing_or_new_differ() -> None:
    assert differences(step(day="Monday"), step()) == [Difference("variable", "Monday", "", "day")]
    assert differences(step(), step(day="Monday")) == [Difference("variable", "", "Monday", "day")]


def test_what_was_known_from_the_beginning_is_not_compared() -> None:
    """Such as the hour of the call; unless the conversation changed it."""
    assert differences(step(hour="9"), step(hour="10")) == []
    assert differences(step(hour="12"), step(hour="10")) == [Difference("variable", "12", "", "hour")]


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("2026-11-24", "2026-11-29", True),  # tomorrow
        ("2026-11-24", "2026-12-01", True),  # the next Tuesday
        ("2026-11-24", "2026-11-24", True),  # that very day
        ("2026-11-24", "2026-11-30", False),
        ("2026-11-24", "2026-12-08", False),  # the Tuesday after
        ("2026-11-24", "tomorrow", False),
        ("2026-11-24", "2026-13-40", False),
    ],
)
def test_dates_are_counted_from_the_day_of_the_conversation(was: str, now: str, same: bool) -> None:
    found = differences(step(day=was), step(day=now), today=NEXT_SATURDAY)
    assert (found == []) is same


def test_a_conversation_that_ended_early() -> None:
    results = compare([step(), step(), step()], [step()], Checks(), recorded=MONDAY, today=MONDAY, waits=[12.0])
    assert [[found.what for found in result.differences] for result in results] == [[], ["missing"], ["missing"]]
    assert [result.ms for result in results] == [12.0, None, None]


def test_more_than_was_expected_is_left_out() -> None:
    results = compare([step()], [step(), step()], Checks(), recorded=MONDAY, today=MONDAY)
    assert len(results) == 1


def test_rows_are_read_back() -> None:
    assert read_steps([{"said": "Hi", "nodes": ["a"], "variables": {"x": "1"}}]) == [
        CaseStep("Hi", nodes=("a",), variables={"x": "1"})
    ]
    assert read_checks({}) == Checks()
    assert read_checks({"path": "last"}) == Checks("last")


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (1, "1"), (None, "null"), ({"b": [1]}, '{"b":[1]}')])
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_words() -> None:
    assert same_words("On Tuesday, at nine!", "on tuesday at nine")
    assert not same_words("nine", "ten")
