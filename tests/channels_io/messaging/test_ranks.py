"""Check 18: whatever order reports come in, the same message comes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from channels_io.messaging.provider import DeliveryReport
from channels_io.messaging.ranks import RANKS, after
from channels_io.messaging.reports import set_report
from channels_io.models import OutboundMessage

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REPORTED = ("sent", "delivered", "read", "failed")

reports = st.builds(
    DeliveryReport,
    provider_id=st.just("SM1"),
    status=st.sampled_from(REPORTED),
    at=st.one_of(st.none(), st.integers(0, 9).map(lambda seconds: NOW + timedelta(seconds=seconds))),
    error_code=st.just("30007"),
    error=st.just("Filtered"),
)


def settled(order: list[DeliveryReport], state: str) -> tuple[object, ...]:
    row = OutboundMessage(state=state)
    states = [state]
    for report in order:
        set_report(row, report, NOW)
        states.append(row.state)
    assert [RANKS[OutboundMessage.State(each)] for each in states] == sorted(
        RANKS[OutboundMessage.State(each)] for each in states
    ), "it went backwards"
    return (row.state, row.sent_at, row.delivered_at, row.read_at, row.error_code, row.error, row.provider_id)


@settings(max_examples=60, deadline=None)
@given(st.lists(reports, max_size=5), st.sampled_from(["waiting", "sent", "dead"]))
def test_any_order_of_reports_gives_the_same_message(told: list[DeliveryReport], state: str) -> None:
    assert len({settled(list(order), state) for order in permutations(told)}) == 1


@given(st.permutations(["sent", "sent", "delivered", "read", "failed", "delivered"]))
def test_who_has_read_it_has_it(order: list[str]) -> None:
    state = "waiting"
    for reported in order:
        state = after(state, reported)
    assert state == "read"


def test_a_failure_stays_unless_the_person_has_it() -> None:
    assert after(after("waiting", "failed"), "sent") == "failed"
    assert after(after("sent", "failed"), "delivered") == "delivered"
    assert after("delivered", "failed") == "delivered"


def test_what_was_given_up_was_perhaps_delivered_and_what_was_refused_never_left() -> None:
    assert after("dead", "delivered") == "delivered"
    assert after("refused", "delivered") == "refused"
    assert after("canceled", "read") == "canceled"
