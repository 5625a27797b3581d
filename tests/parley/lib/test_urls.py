from __future__ import annotations

import pytest

from parley.lib.env import EnvironmentProblem
from parley.lib.urls import broker_url, database_of


def test_a_database_on_a_host() -> None:
    found = database_of("postgresql://anna:p%40ss@db.example:5433/parley?sslmode=require")
    assert (found["HOST"], found["PORT"], found["USER"], found["PASSWORD"], found["NAME"]) == (
        "db.example",
        "5433",
        "anna",
        "p@ss",
        "parley",
    )
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_a_database_on_a_socket() -> None:
    found = database_of("postgresql://parley@/parley?host=/var/run/parley")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/var/run/parley", "", {})


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host", "parley", "sqlite:///x.db"])
def test_another_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(EnvironmentProblem, match=r"postgresql://user:password@host:5432/name"):
        database_of(url)


def test_the_queue() -> None:
    assert broker_url("redis://queue:6379/2") == "redis://queue:6379/2"
    assert broker_url("unix:///run/valkey.sock") == "redis+socket:///run/valkey.sock?virtual_host=0"
    assert broker_url("unix:///run/valkey.sock?db=3") == "redis+socket:///run/valkey.sock?virtual_host=3"
    with pytest.raises(EnvironmentProblem, match="REDIS_URL"):
        broker_url("http://queue")
