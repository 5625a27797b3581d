from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from channels_io.messaging.backoff import LONGEST_SECONDS, wait_after


@given(st.integers(0, 10_000), st.floats(0, 10_000))
def test_waits_grow_to_a_bound(attempts: int, at_least: float) -> None:
    wait = wait_after(attempts, at_least=at_least).total_seconds()
    assert wait >= at_least - 1e-5
    assert wait <= max(at_least, LONGEST_SECONDS) + 1e-5
    whole = min(LONGEST_SECONDS, 2.0 * 2 ** max(0, min(attempts, 16) - 1))
    assert wait >= whole / 2 - 1e-5


def test_not_everybody_comes_back_at_once() -> None:
    assert len({wait_after(5) for _ in range(20)}) > 10
