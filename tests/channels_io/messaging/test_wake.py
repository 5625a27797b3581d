from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from channels_io.messaging import wake as module
from channels_io.messaging.wake import WAITING, Waker


def waited_for(condition: Any, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return bool(condition())


def test_a_wake_reaches_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(module.current_app, "send_task", lambda name, **facts: sent.append((name, facts["args"])))
    Waker().wake("task", 7)
    assert waited_for(lambda: sent)
    assert sent == [("task", (7,))]


def test_a_frozen_broker_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """F6: whoever wakes goes on at once, and what does not fit is the sweeper's."""
    thawed = threading.Event()
    sent: list[int] = []

    def frozen(name: str, **facts: Any) -> None:
        thawed.wait(10)
        sent.append(facts["args"][0])

    monkeypatch.setattr(module.current_app, "send_task", frozen)
    waker = Waker()
    began = time.monotonic()
    for number in range(WAITING * 2):
        waker.wake("task", number)
    assert time.monotonic() - began < 5
    thawed.set()
    assert waited_for(lambda: len(sent) >= WAITING)
    assert len(sent) <= WAITING + 1
    assert sent == sorted(sent)


def test_a_broker_that_refuses_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def refuses(name: str, **facts: Any) -> None:
        told.append(facts["args"][0])
        if len(told) == 1:
            raise ConnectionError

    monkeypatch.setattr(module.current_app, "send_task", refuses)
    waker = Waker()
    waker.wake("task", 1)
    waker.wake("task", 2)
    assert waited_for(lambda: len(told) == 2)
