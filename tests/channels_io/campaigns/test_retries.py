from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.campaigns.plan import DEFAULT_RETRIES, RETRIED, Breaker, Plan, Retry, Window, as_json, load_plan
from channels_io.campaigns.retries import REACHED, is_broken, retry_at

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_each_outcome_waits_as_the_plan_says() -> None:
    assert retry_at("busy", 1, DEFAULT_RETRIES, NOW) == NOW + timedelta(minutes=15)
    assert retry_at("no-answer", 2, DEFAULT_RETRIES, NOW) == NOW + timedelta(minutes=180)
    assert retry_at("busy", 3, DEFAULT_RETRIES, NOW) is None
    assert retry_at("machine", 2, DEFAULT_RETRIES, NOW) is None


@pytest.mark.parametrize("outcome", [*sorted(REACHED), "canceled", "refused", "", "unheard of"])
def test_what_is_no_failure_is_not_tried_again(outcome: str) -> None:
    assert retry_at(outcome, 1, DEFAULT_RETRIES, NOW) is None


@given(
    outcomes=st.lists(st.sampled_from(RETRIED), max_size=40),
    times=st.dictionaries(st.sampled_from(RETRIED), st.integers(0, 10), min_size=4, max_size=4),
)
def test_attempts_are_never_more_than_the_most_patient_rule_allows(outcomes: list[str], times: dict[str, int]) -> None:
    retries = {outcome: Retry(1, count) for outcome, count in times.items()}
    attempts = 0
    for outcome in outcomes:
        attempts += 1
        if retry_at(outcome, attempts, retries, NOW) is None:  # type: ignore[arg-type]
            break
    assert attempts <= 1 + max(times.values())


@pytest.mark.parametrize(
    ("outcomes", "broken"),
    [
        (["failed"] * 4, False),
        (["failed"] * 5, True),
        (["failed"] * 2 + ["answered"] * 3, False),
        (["failed"] * 3 + ["answered"] * 2, True),
        (["failed", "busy", "failed", "no-answer", "failed"], True),
        (["busy"] * 5, False),
        (["answered"] * 5 + ["failed"] * 50, False),
    ],
)
def test_a_breaker_looks_at_the_last_attempts_only(outcomes: list[str], broken: bool) -> None:
    assert is_broken(outcomes, Breaker(5, 60)) is broken


def test_a_plan_survives_its_json() -> None:
    plan = Plan(windows=(Window((5, 6), 600, 1440),), retries={"busy": Retry(5, 1)}, text="Hello {{name}}")
    assert load_plan(as_json(plan)) == plan
    assert load_plan({}) == Plan()


@pytest.mark.parametrize(
    "stored",
    [
        {"windows": []},
        {"windows": [{"days": [0], "start": 600, "end": 600}]},
        {"windows": [{"days": [7], "start": 0, "end": 60}]},
        {"windows": [{"days": [], "start": 0, "end": 60}]},
        {"at_once": 0},
        {"machine": "shout"},
        {"retries": {"answered": {"after": 1, "times": 1}}},
        {"breaker": {"of": 1, "percent": 10}},
        {"other": 1},
    ],
)
def test_what_is_not_understood_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        load_plan(stored)
