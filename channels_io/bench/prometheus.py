"""What a worker's /metrics says, as far as the load cell needs it. Pure: text in, numbers out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LAG = "parley_event_loop_lag_seconds_bucket"
_LINE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_WAITING = ("queue", "waiting", "depth", "backlog")
_NO_GAUGE = ("_bucket", "_sum", "_count", "_total", "_created")


@dataclass(frozen=True, slots=True)
class Scrape:
    lag_buckets: Mapping[float, float] = field(default_factory=dict)
    """Upper bound in seconds → timers so late or less, since the worker started."""
    queues: Mapping[str, float] = field(default_factory=dict)
    """Gauges that count what waits, by name and labels."""


def scrape(text: str) -> Scrape:
    """The Prometheus text format; lines that are not understood are passed over."""
    buckets: dict[float, float] = {}
    queues: dict[str, float] = {}
    for match in _LINE.finditer(text):
        name, labels, value = match["name"], dict(_LABEL.findall(match["labels"] or "")), float(match["value"])
        if name == LAG and "le" in labels:
            buckets[float(labels["le"])] = value
        elif any(word in name for word in _WAITING) and not name.endswith(_NO_GAUGE):
            queues[" ".join((name, *labels.values()))] = value
    return Scrape(buckets, queues)


def lag_ms(before: Scrape, after: Scrape, share: float = 0.99) -> float | None:
    """The bucket in which this share of the timers between the two scrapes was run, in milliseconds.

    None when there were none; infinity when it is beyond the last bucket.
    """
    counts = {bound: count - before.lag_buckets.get(bound, 0.0) for bound, count in sorted(after.lag_buckets.items())}
    total = max(counts.values(), default=0.0)
    if not total:
        return None
    return next(bound * 1000 for bound, count in counts.items() if count >= share * total)


def deepest(scrapes: list[Scrape]) -> dict[str, float]:
    """The largest value of each queue; queues that were never in use are left out."""
    found: dict[str, float] = {}
    for each in scrapes:
        for name, value in each.queues.items():
            found[name] = max(value, found.get(name, 0.0))
    return {name: value for name, value in found.items() if value}
