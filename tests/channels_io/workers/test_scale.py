from __future__ import annotations

import pytest

from channels_io.workers.scale import Rules, as_json, scale_signal
from parley.lib.workers.card import WorkerCard
from parley.lib.workers.reserved import Reserved
from tests.channels_io.workers.cards import card

RULES = Rules(least=1, most=5, busy=0.5, sleep_seconds=60)
SLEEPY = Rules(least=0, most=5, busy=0.5, sleep_seconds=60)


@pytest.mark.parametrize(
    ("cards", "reserved", "rules", "more", "expected"),
    [
        pytest.param([card("a")], [], RULES, {}, (1, "least"), id="nobody calls"),
        pytest.param([card("a", conversations=5)], [], RULES, {}, (1, "calls"), id="as busy as it should be"),
        pytest.param([card("a", conversations=6)], [], RULES, {}, (2, "calls"), id="busier"),
        pytest.param([card("a", conversations=5)], [], RULES, {"waiting": 6}, (3, "calls"), id="callers wait"),
        pytest.param([card("a", conversations=10), card("b", conversations=10, draining=True)], [], RULES, {}, (4, "calls"), id="those of a worker that stops come too"),
        pytest.param([card("a", conversations=5)], [Reserved("ws", "", 8)], RULES, {}, (2, "reserved"), id="kept"),
        pytest.param([card("a", conversations=5, serving={"ws:x": 5})], [Reserved("ws", "", 5)], RULES, {}, (1, "calls"), id="kept and in use"),
        pytest.param([card("a")], [Reserved("ws", "ag", 0, workers=3)], RULES, {}, (3, "kept ready"), id="warm"),
        pytest.param([card("a", conversations=60)], [], RULES, {}, (5, "most"), id="bounded"),
        pytest.param([], [], RULES, {"waiting": 3}, (2, "calls"), id="no worker yet: four places are assumed"),
        pytest.param([card("a")], [], SLEEPY, {"idle_seconds": 59.0}, (1, "calls"), id="not yet asleep"),
        pytest.param([card("a")], [], SLEEPY, {"idle_seconds": 60.0}, (0, "asleep"), id="asleep"),
        pytest.param([], [], SLEEPY, {"idle_seconds": 1.0}, (1, "calls"), id="woken"),
        pytest.param([card("a")], [Reserved("ws", "ag", 1)], SLEEPY, {"idle_seconds": 99.0}, (1, "reserved"), id="kept awake"),
    ],
)  # fmt: skip
def test_how_many_workers(
    cards: list[WorkerCard], reserved: list[Reserved], rules: Rules, more: dict[str, float], expected: tuple[int, str]
) -> None:
    signal = scale_signal(
        cards, reserved, rules, waiting=int(more.get("waiting", 0)), idle_seconds=more.get("idle_seconds", 1e9)
    )
    assert (signal.wanted, signal.reason) == expected
    assert as_json(signal)["workers_wanted"] == expected[0]


def test_who_is_there() -> None:
    signal = scale_signal([card("a"), card("b", ready=False), card("c", draining=True)], [], RULES)
    assert (signal.there, signal.ready, signal.places_each) == (2, 1, 10)
