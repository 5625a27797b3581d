from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from channels_io.workers.routing import Wanted, holds, route
from parley.lib.workers.card import WorkerCard, card_of
from parley.lib.workers.reserved import Reserved
from tests.channels_io.workers.cards import card

WARM = {"ag_1": "d1"}
CALL = Wanted("ws_1", "ag_1", "d1")


def names(urls: tuple[str, ...]) -> list[str]:
    return [url.removeprefix("http://") for url in urls]


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        pytest.param([card("a"), card("b", resident=WARM)], "ba", id="who holds the prompt"),
        pytest.param([card("a", resident={"ag_1": "old"}), card("b", resident=WARM)], "ba", id="this very prompt"),
        pytest.param([card("a", resident=WARM, conversations=8, load=0.8), card("b")], "ab", id="while there is room"),
        pytest.param([card("a", resident=WARM, conversations=10), card("b")], "ba", id="full"),
        pytest.param([card("a", resident=WARM, conversations=9, load=0.95), card("b")], "ba", id="strained"),
        pytest.param(
            [card("a", resident=WARM, conversations=5), card("b", resident=WARM, conversations=2)],
            "ba",
            id="less taken",
        ),
        pytest.param(
            [card("a", resident=WARM, conversations=5), card("b", resident=WARM, capacity=50, conversations=10)],
            "ba",
            id="by share, not by number",
        ),
        pytest.param([card("a", conversations=2, load=0.7), card("b", conversations=3, load=0.3)], "ba", id="load"),
        pytest.param([card("a", ready=False, resident=WARM), card("b")], "b", id="loading"),
        pytest.param([card("a", draining=True, resident=WARM), card("b")], "b", id="draining"),
    ],
)
def test_the_order(cards: list[WorkerCard], expected: str) -> None:
    assert names(route(cards, CALL).urls) == list(expected)


def test_a_suspect_is_tried_last() -> None:
    cards = [card("a", resident=WARM), card("b", conversations=10), card("c", conversations=9)]
    assert names(route(cards, CALL, suspects={"http://a"}).urls) == ["c", "b", "a"]


def test_calls_that_no_card_tells_of_count() -> None:
    cards = [card("a", resident=WARM), card("b", resident=WARM)]
    assert names(route(cards, CALL, begun={"http://a": ["ws_2:x"] * 3, "http://b": ["ws_2:x"]}).urls)[0] == "b"
    assert names(route(cards, CALL, begun={"http://a": ["ws_2:x"] * 10}).urls) == ["b", "a"]


def test_a_worker_with_the_agents_model_is_better() -> None:
    wanted = Wanted("ws_1", "ag_1", "d1", models={"chat": "big", "transcriber": "default"})
    cards = [card("a", models={"chat": ("small",)}, resident=WARM), card("b", models={"chat": ("small", "big")})]
    assert names(route(cards, wanted).urls) == ["b", "a"]


def test_fewest_of_its_models_are_missing_and_writing_needs_no_voice() -> None:
    models = {"chat": "big", "synthesizer": "joe", "transcriber": "tiny"}
    cards = [
        card("a", models={"chat": ("small",), "synthesizer": ("amy",), "transcriber": ("tiny",)}, resident=WARM),
        card("b", models={"chat": ("big",), "synthesizer": ("amy",), "transcriber": ("tiny",)}),
        card("c", models={"chat": ("big",), "synthesizer": ("joe",), "transcriber": ("tiny",)}),
    ]
    assert names(route(cards, Wanted("ws_1", "ag_1", "d1", models=models)).urls) == ["c", "b", "a"]
    written = Wanted("ws_1", "ag_1", "d1", "text", models)
    assert names(route(cards, written).urls)[2] == "a"
    assert names(route(cards[:2], written).urls) == ["b", "a"]


def test_full_workers_are_tried_all_the_same() -> None:
    cards = [card("a", conversations=10), card("b", conversations=10)]
    assert sorted(names(route(cards, CALL).urls)) == ["a", "b"]


def test_nobody_takes_anybody() -> None:
    assert route([card("a", ready=False), card("b", draining=True)], CALL).refused == "nobody"


RESERVED = [Reserved("ws_2", "", places=3)]


@pytest.mark.parametrize(
    ("free", "serving", "wanted", "refused"),
    [
        pytest.param(4, {}, CALL, "", id="one more than is kept"),
        pytest.param(3, {}, CALL, "reserved", id="what is left is kept"),
        pytest.param(3, {"ws_2:ag_9": 1}, CALL, "", id="one of the kept places is in use"),
        pytest.param(1, {"ws_2:ag_9": 3}, CALL, "", id="all of them are"),
        pytest.param(3, {}, Wanted("ws_2", "ag_9", "d"), "", id="it is kept for this one"),
        pytest.param(3, {}, Wanted("ws_1", "ag_1", "d1", "text"), "", id="messages take none of them"),
        pytest.param(0, {}, CALL, "reserved", id="nothing is left"),
    ],
)
def test_places_that_are_kept(free: int, serving: dict[str, int], wanted: Wanted, refused: str) -> None:
    cards = [card("a", conversations=10 - free, serving=serving)]
    assert route(cards, wanted, reserved=RESERVED).refused == refused


def test_more_than_its_own_kept_places_count_as_anybodys() -> None:
    kept = [Reserved("ws_1", "ag_1", places=2), Reserved("ws_2", "", places=3)]
    cards = [card("a", conversations=7, serving={"ws_1:ag_1": 2})]
    assert route(cards, CALL, reserved=kept).refused == "reserved"


def test_calls_that_come_at_once_do_not_take_the_same_kept_place() -> None:
    cards = [card("a", conversations=6)]
    assert not route(cards, CALL, reserved=RESERVED).refused
    assert route(cards, CALL, reserved=RESERVED, begun={"http://a": ["ws_1:ag_1"]}).refused == "reserved"


@pytest.mark.parametrize("seed", range(5))
def test_nine_of_ten_calls_find_their_prompt(seed: int) -> None:
    """20 agents on 4 workers, each held by 2; calls come and go at two thirds of what there is room for."""
    dice = random.Random(seed)
    agents = [f"ag_{number}" for number in range(20)]
    held = {
        f"w{number}": {a: "d" for i, a in enumerate(agents) if number in (i % 4, (i + 1) % 4)} for number in range(4)
    }
    calls: dict[str, Counter[str]] = {name: Counter() for name in held}
    met: Counter[bool] = Counter()
    for _ in range(600):
        cards = [
            card(name, resident=held[name], conversations=open_.total(), load=open_.total() / 10)
            for name, open_ in calls.items()
        ]
        if sum(open_.total() for open_ in calls.values()) >= 27:
            name = dice.choice([name for name, open_ in calls.items() if open_.total()])
            calls[name][dice.choice(list(calls[name].elements()))] -= 1
            continue
        wanted = Wanted("ws", dice.choice(agents), "d")
        first = route(cards, wanted).urls[0]
        chosen = next(each for each in cards if each.url == first)
        assert chosen.free() > 0
        met[holds(chosen, wanted)] += 1
        calls[chosen.name][wanted.agent] += 1
    assert met[True] / met.total() >= 0.9


def test_a_card_of_another_version_is_read_as_far_as_it_goes() -> None:
    status: dict[str, Any] = {"name": "w", "ready": True, "capacity": 3, "new": [1], "engines": [{"role": "chat"}, 4]}
    read = card_of("http://w", status, announced=True, seen_at=1.0)
    assert (read.ready, read.capacity, read.models) == (True, 3, {})
    assert not card_of("http://w", {"capacity": "many"}, announced=True, seen_at=1.0).ready
