from __future__ import annotations

from parley.lib.workers.placement import placement
from parley.lib.workers.reserved import Reserved, held_for_others

AGENTS = [f"ag_{number}" for number in range(12)]
WORKERS = ["http://a", "http://b", "http://c", "http://d"]


def holders(held: dict[str, list[str]], agent: str) -> set[str]:
    return {worker for worker, agents in held.items() if agent in agents}


def test_with_room_all_are_everywhere() -> None:
    assert placement(AGENTS, WORKERS, 12) == dict.fromkeys(WORKERS, AGENTS)


def test_each_has_two_workers_of_its_own() -> None:
    held = placement(AGENTS, WORKERS, 8)
    assert all(len(holders(held, agent)) == 2 for agent in AGENTS)
    assert all(len(agents) <= 8 for agents in held.values())


def test_with_too_little_room_each_is_somewhere_before_any_is_twice() -> None:
    held = placement(AGENTS, WORKERS, 3)
    assert all(len(holders(held, agent)) == 1 for agent in AGENTS)


def test_who_is_wanted_on_more_workers_is() -> None:
    held = placement(AGENTS, WORKERS, 8, {"ag_5": 4})
    assert holders(held, "ag_5") == set(WORKERS)


def test_what_does_not_fit_stays_away_and_the_wanted_come_first() -> None:
    held = placement(AGENTS, WORKERS[:1], 2, {"ag_9": 1, "ag_11": 1})
    assert held == {"http://a": ["ag_9", "ag_11"]}


def test_a_new_worker_moves_few_agents() -> None:
    agents = [f"ag_{number}" for number in range(60)]
    before, after = placement(agents, WORKERS[:3], 59), placement(agents, WORKERS, 59)
    moved = sum(len(holders(before, agent) - holders(after, agent)) for agent in agents)
    assert moved <= 0.6 * 60  # two copies each, of which about a quarter goes to the new one


def test_no_worker_holds_nothing() -> None:
    assert placement(AGENTS, [], 3) == {}


def test_reserved_places_of_several_add_up() -> None:
    reserved = [Reserved("ws_1", "", 2), Reserved("ws_2", "ag_2", 3), Reserved("ws_2", "ag_3", 1)]
    assert held_for_others(reserved, {"ws_2:ag_2": 1}, "ws_9", "ag_9") == 5
    assert held_for_others(reserved, {"ws_2:ag_2": 3}, "ws_2", "ag_2") == 3
    assert held_for_others(reserved, {}, "ws_1", "any") == 0
