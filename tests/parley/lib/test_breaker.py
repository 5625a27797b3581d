from __future__ import annotations

from parley.lib.breaker import FAILURES, KEPT, PAUSE_SECONDS, Breaker


def test_it_opens_after_failures_in_a_row_and_lets_one_try_through_after_the_pause() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(FAILURES - 1):
        breaker.failed("a")
    assert breaker.lets("a")
    breaker.failed("a")
    assert not breaker.lets("a")
    assert breaker.lets("b")
    now += PAUSE_SECONDS
    assert breaker.lets("a")
    assert not breaker.lets("a")
    breaker.worked("a")
    assert breaker.lets("a")


def test_a_success_in_between_begins_anew() -> None:
    breaker = Breaker(lambda: 0.0)
    for _ in range(FAILURES - 1):
        breaker.failed("a")
    breaker.worked("a")
    breaker.failed("a")
    assert breaker.lets("a")


def test_it_forgets_the_oldest() -> None:
    breaker = Breaker(lambda: 0.0)
    for number in range(FAILURES * (KEPT + 1)):
        breaker.failed(str(number // FAILURES))
    assert breaker.lets("0")
    assert not breaker.lets(str(KEPT))
