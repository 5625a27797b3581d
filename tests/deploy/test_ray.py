"""What of deploy/ray needs no Ray: the board that replicas share, and what the environment makes of replicas.

The rest is tried on a Ray of its own by `make test-ray`.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from deploy.ray.board import SILENT_SECONDS, Board, summed
from deploy.ray.settings import BESIDE, Settings
from inference.errors import ParleyError
from parley.embedded import ROOT


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def account(**facts: Any) -> dict[str, Any]:
    return {"ready": True, "capacity": 4, "conversations": 1, "load": 0.2, "resident": {"ag": "d1"}, **facts}


def test_agents_are_told_once_to_each_replica_and_to_those_that_start_later() -> None:
    board = Board(Clock())
    assert board.tell("a", {}, 0).agents is None
    board.publish(b"[1]")
    first = board.tell("a", {}, 0)
    assert (first.number, first.agents) == (1, b"[1]")
    assert board.tell("a", {}, 1).agents is None
    assert board.tell("later", {}, 0).agents == b"[1]"
    board.publish(b"[2]")
    assert board.tell("a", {}, 1).agents == b"[2]"


def test_a_replica_that_falls_silent_is_not_counted() -> None:
    clock = Clock()
    board = Board(clock)
    board.tell("a", account(), 0)
    clock.now += SILENT_SECONDS / 2
    board.tell("b", account(), 0)
    clock.now += SILENT_SECONDS / 2 + 0.1
    assert board.statuses().keys() == {"b"}


def test_the_room_of_all_replicas_is_added_up() -> None:
    status = summed({"a": account(serving={"w:ag": 1}), "b": account(conversations=3, load=0.7, serving={"w:ag": 3})})
    assert (status["capacity"], status["conversations"], status["load"], status["replicas"]) == (8, 4, 0.7, 2)
    assert (status["name"], status["ready"], status["serving"]) == ("ray", True, {"w:ag": 4})


def test_what_is_resident_is_resident_everywhere() -> None:
    both = summed({"a": account(resident={"x": "1", "y": "1"}), "b": account(resident={"x": "1", "y": "2", "z": "1"})})
    assert both["resident"] == {"x": "1"}


def test_a_replica_that_loads_brings_no_room() -> None:
    status = summed({"a": account(), "b": account(ready=False, capacity=9)})
    assert (status["capacity"], status["replicas"], status["ready"]) == (4, 1, True)
    assert summed({"b": account(ready=False, problem="no weights")})["problem"] == "no weights"
    assert summed({})["ready"] is False


def test_serve_counts_conversations() -> None:
    settings = Settings.from_environment(
        {
            "PARLEY_RAY_REPLICAS": "2",
            "PARLEY_RAY_MOST_REPLICAS": "6",
            "PARLEY_RAY_CONVERSATIONS": "12",
            "PARLEY_RAY_GPUS": "1",
        }
    )
    scaling = settings.autoscaling()
    assert (scaling["min_replicas"], scaling["max_replicas"], scaling["target_ongoing_requests"]) == (2, 6, 12)
    assert settings.gpus == 1
    # The worker refuses by what it measures; Serve must not make a caller wait in line before that.
    assert settings.most >= 9 * 12 + BESIDE


@pytest.mark.parametrize(
    ("name", "value"),
    [("PARLEY_RAY_REPLICAS", "0"), ("PARLEY_RAY_CONVERSATIONS", "-1"), ("PARLEY_RAY_CPUS", "many")],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ParleyError, match=name):
        Settings.from_environment({name: value})


def test_the_file_for_clusters_says_what_the_application_reads() -> None:
    (found,) = yaml.safe_load((ROOT / "deploy" / "ray" / "serve.yaml").read_text())["applications"]
    settings = Settings.from_environment(found["runtime_env"]["env_vars"])
    assert (settings.least, settings.most_replicas, settings.gpus, settings.drain_seconds) == (2, 8, 1, 900)
    assert not [name for name in found["runtime_env"]["env_vars"] if "TOKEN" in name or "KEY" in name]
