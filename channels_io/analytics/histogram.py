"""Times in buckets that grow by a constant ratio, so that percentiles of a month are a sum of counts. Pure.

Bucket n holds times from FIRST * RATIO**n up to FIRST * RATIO**(n + 1); a percentile is off by at most half a bucket,
2.5 %. Times below FIRST are in bucket 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

FIRST: Final = 20.0
"""Milliseconds."""
RATIO: Final = 1.05
ERROR: Final = RATIO**0.5 - 1
LAST: Final = 200
"""Some six minutes: whatever is longer."""

Buckets = Mapping[str, int]
"""As JSON has it: numbers of buckets as texts."""


def bucket_of(ms: float) -> int:
    if ms <= FIRST:
        return 0
    return min(LAST, math.floor(math.log(ms / FIRST) / math.log(RATIO)))


def middle_of(bucket: int) -> float:
    """The time that stands for all in the bucket (their geometric mean)."""
    return float(FIRST * RATIO ** (bucket + 0.5))


def added(many: Iterable[Buckets]) -> dict[str, int]:
    total: dict[str, int] = {}
    for buckets in many:
        for bucket, count in buckets.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def percentile(buckets: Buckets, share: float) -> float | None:
    """The time that `share` (0..1) of all do not exceed, within ERROR; None of nothing."""
    total = sum(buckets.values())
    if not total:
        return None
    wanted = max(1, math.ceil(share * total))
    passed = 0
    for bucket in sorted(buckets, key=int):
        passed += buckets[bucket]
        if passed >= wanted:
            return middle_of(int(bucket))
    raise AssertionError("the counts add up to their sum")
