"""Percentiles of counts in buckets are those of the times, within what is promised."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.analytics.histogram import ERROR, FIRST, LAST, added, bucket_of, middle_of, percentile

TIMES = st.lists(st.floats(FIRST, 60_000), min_size=1, max_size=40)


def buckets(times: list[float]) -> dict[str, int]:
    return added({str(bucket_of(ms)): 1} for ms in times)


@given(TIMES, st.floats(0.01, 1.0))
def test_a_percentile_is_off_by_no_more_than_half_a_bucket(times: list[float], share: float) -> None:
    exact = sorted(times)[max(1, math.ceil(share * len(times))) - 1]
    found = percentile(buckets(times), share)
    assert found is not None
    assert abs(found / exact - 1) <= ERROR + 1e-6


@given(TIMES, TIMES)
def test_parts_add_up(one: list[float], other: list[float]) -> None:
    assert added([buckets(one), buckets(other)]) == buckets([*one, *other])


def test_the_ends() -> None:
    assert percentile({}, 0.5) is None
    assert bucket_of(0.0) == bucket_of(FIRST) == 0
    assert bucket_of(1e9) == LAST
    assert middle_of(0) == pytest.approx(FIRST, rel=0.03)
