from __future__ import annotations

import pytest

from parley.lib.ratelimit import Limit

SLOW = Limit("test", burst=3, per_second=0.001)


def test_the_burst_passes_then_the_wait_is_named() -> None:
    assert [SLOW.wait("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 900 < SLOW.wait("a") <= 1000


def test_keys_are_counted_apart() -> None:
    assert SLOW.wait("a", cost=3) == 0.0
    assert SLOW.wait("b", cost=3) == 0.0
    assert SLOW.wait("a") > 0


def test_a_refusal_costs_nothing() -> None:
    assert SLOW.wait("a", cost=2) == 0.0
    assert SLOW.wait("a", cost=2) > 0
    assert SLOW.wait("a", cost=1) == 0.0


async def test_async_counts_in_the_same_bucket() -> None:
    assert SLOW.wait("a", cost=3) == 0.0
    assert await SLOW.await_turn("a") > 0


@pytest.mark.parametrize("cost", [0, 4])
def test_a_cost_that_can_never_pass_is_a_mistake(cost: int) -> None:
    with pytest.raises(ValueError, match="between 1 and the burst"):
        SLOW.wait("a", cost=cost)
