from __future__ import annotations

from inference.breaker import FAILURES, LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, Breaker


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def failed_often(breaker: Breaker, name: str = "chat a") -> None:
    for _ in range(FAILURES):
        breaker.failed(name)


def test_a_service_is_left_alone_after_it_failed_several_times_in_a_row() -> None:
    breaker = Breaker(Time())
    for _ in range(FAILURES - 1):
        breaker.failed("chat a")
    assert breaker.lets("chat a")
    breaker.failed("chat a")
    assert not breaker.lets("chat a")
    assert breaker.lets("transcriber a")
    assert breaker.open_names() == ("chat a",)


def test_one_success_forgets_the_failures() -> None:
    breaker = Breaker(Time())
    breaker.failed("chat a")
    breaker.failed("chat a")
    breaker.worked("chat a")
    breaker.failed("chat a")
    assert breaker.lets("chat a")
    assert breaker.standing("chat a") == "closed"


def test_a_key_that_is_refused_is_not_tried_three_times() -> None:
    breaker = Breaker(Time())
    breaker.failed("chat a", permanent=True)
    assert breaker.standing("chat a") == "open"
    assert not breaker.lets("chat a")


def test_after_the_pause_one_request_decides() -> None:
    time = Time()
    breaker = Breaker(time)
    failed_often(breaker)
    time.now = PAUSE_SECONDS
    assert breaker.lets("chat a")
    assert not breaker.lets("chat a")
    assert breaker.standing("chat a") == "trying"
    breaker.worked("chat a")
    assert breaker.lets("chat a")


def test_each_failed_try_doubles_the_pause_up_to_a_limit() -> None:
    time = Time()
    breaker = Breaker(time)
    failed_often(breaker)
    pauses = []
    for _ in range(6):
        waited = 0.0
        while not breaker.lets("chat a"):
            time.now += 1.0
            waited += 1.0
        pauses.append(waited)
        breaker.failed("chat a")
    assert pauses == [10.0, 20.0, 40.0, 80.0, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]


def test_a_try_that_nobody_reports_on_does_not_block_the_service_for_good() -> None:
    time = Time()
    breaker = Breaker(time)
    failed_often(breaker)
    time.now = PAUSE_SECONDS
    assert breaker.lets("chat a")
    time.now += PAUSE_SECONDS
    assert breaker.lets("chat a")
