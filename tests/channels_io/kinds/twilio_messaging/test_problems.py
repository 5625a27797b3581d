from __future__ import annotations

import pytest

from channels_io.kinds.twilio_messaging.problems import MEANINGS, send_failed
from channels_io.twilio_rest import TwilioFailed


@pytest.mark.parametrize(
    ("number", "word", "verdict"),
    [
        ("21610", "opted_out", "never"),
        ("63016", "window_closed", "never"),
        ("21211", "bad_number", "never"),
        ("21408", "bad_number", "never"),
        ("21606", "bad_sender", "never"),
        ("21617", "too_long", "never"),
        ("21656", "template_problem", "never"),
        ("20429", "throttled", "later"),
        ("63018", "throttled", "later"),
        ("20003", "sign_in", "later"),
        ("20005", "account_locked", "later"),
    ],
)
def test_numbers(number: str, word: str, verdict: str) -> None:
    error = send_failed(TwilioFailed(f"Twilio refused it (error {number}).", code=number, verdict="never"))
    assert (error.code, error.verdict) == (word, verdict)
    assert number in error.message


def test_what_is_not_known_keeps_its_verdict() -> None:
    for verdict in ("never", "later", "unknown"):
        error = send_failed(TwilioFailed("x", code="29999", verdict=verdict, retry_after=3))
        assert (error.code, error.verdict, error.retry_after) == ("twilio_29999", verdict, 3)
    assert send_failed(TwilioFailed("x", code="no_answer", verdict="unknown")).code == "no_answer"


def test_the_longer_wait_counts() -> None:
    assert send_failed(TwilioFailed("x", code="20429", verdict="later", retry_after=9)).retry_after == 9
    assert send_failed(TwilioFailed("x", code="20429", verdict="later")).retry_after == 1


def test_no_number_has_two_meanings() -> None:
    numbers = [number for _verdict, group in MEANINGS.values() for number in group]
    assert len(numbers) == len(set(numbers))
