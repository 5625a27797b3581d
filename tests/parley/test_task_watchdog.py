from __future__ import annotations

from unittest.mock import patch

from celery import signals

from parley.task_watchdog import Deafness, Watchdog


def test_work_that_waits_while_nothing_is_taken_means_deaf() -> None:
    worker = Deafness(now=0.0, limit=6.0)
    assert not worker.saw(3, now=5.9)
    assert worker.saw(3, now=6.0)


def test_an_empty_queue_or_a_broker_that_is_away_says_nothing() -> None:
    worker = Deafness(now=0.0, limit=6.0)
    assert not worker.saw(0, now=100.0)
    assert not worker.saw(None, now=200.0)
    assert not worker.saw(1, now=205.0)
    assert worker.saw(1, now=206.0)


def test_whoever_takes_tasks_hears() -> None:
    worker = Deafness(now=0.0, limit=6.0)
    for second in range(100):
        worker.took(float(second))
        assert not worker.saw(50, now=second + 1.0)


def test_who_is_at_work_is_left_alone() -> None:
    worker = Deafness(now=0.0, limit=6.0)
    worker.began(1.0)
    assert not worker.saw(9, now=60.0)
    worker.ended(60.0)
    assert not worker.saw(9, now=65.0)
    assert worker.saw(9, now=66.0)


def test_tasks_that_come_too_late_are_heard_all_the_same() -> None:
    watchdog = Watchdog(lambda: 0, lambda: None)
    watchdog.start()
    with patch.object(watchdog, "_deafness") as deafness:
        for signal in (signals.task_received, signals.task_revoked):
            signal.send(sender=None)
        assert deafness.took.call_count == 2
