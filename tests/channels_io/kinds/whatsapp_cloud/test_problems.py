from __future__ import annotations

from typing import Any

import pytest

from channels_io.kinds.whatsapp_cloud.problems import refusal


@pytest.mark.parametrize(
    ("code", "word", "verdict"),
    [
        (190, "sign_in", "later"),
        (4, "throttled", "later"),
        (80007, "throttled", "later"),
        (130429, "throttled", "later"),
        (131056, "pair_throttled", "later"),
        (131048, "spam_limit", "later"),
        (131047, "window_closed", "never"),
        (131026, "bad_number", "never"),
        (131030, "bad_number", "never"),
        (131008, "bad_message", "never"),
        (131009, "bad_message", "never"),
        (131051, "bad_message", "never"),
        (131052, "media_refused", "later"),
        (131053, "media_refused", "later"),
        (132000, "template_problem", "never"),
        (132001, "template_problem", "never"),
        (132016, "template_problem", "never"),
        (131049, "not_wanted_now", "never"),
        (131050, "opted_out", "never"),
        (131031, "account_locked", "later"),
        (368, "account_locked", "later"),
        (131016, "provider_down", "later"),
        (131000, "provider_down", "later"),
        (135000, "provider_down", "later"),
        (999999, "meta_999999", "never"),
    ],
)
def test_codes(code: int, word: str, verdict: str) -> None:
    error = refusal(400, {"error": {"code": code, "message": "A title that changes", "error_data": {"details": "Why"}}})
    assert (error.code, error.verdict) == (word, verdict)
    assert error.message == f"Meta refused it ({code}): Why"


def test_retry_after_is_kept_where_it_is_longer() -> None:
    throttled = {"error": {"code": 130429}}
    assert refusal(429, throttled, "30").retry_after == 30
    assert refusal(429, throttled, "0").retry_after == 2
    assert refusal(429, throttled, "soon").retry_after == 2
    assert refusal(429, throttled, "9" * 30).retry_after == 2


@pytest.mark.parametrize("answer", [None, [], {}, {"error": None}, {"error": {"code": "x"}}, {"error": {"code": True}}])
def test_an_answer_without_a_code(answer: Any) -> None:
    """A 5xx from in front of the Graph may have come after it had taken the message."""
    assert refusal(502, answer).verdict == "unknown"
    assert refusal(429, answer).verdict == "later"
    assert refusal(403, answer).verdict == "never"
