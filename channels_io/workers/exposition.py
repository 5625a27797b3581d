"""The fleet's figures in the web's /metrics, looked up when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import redis
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from channels_io.workers.scale import signal_of
from parley.lib.workers import store
from parley.lib.workers.card import WorkerCard

STATES = ("ready", "draining", "loading", "failed")


class FleetCollector(Collector):
    """Without Valkey there are no figures: whoever scales by them keeps what there is."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            shelf = store.read()
        except redis.RedisError:
            return
        signal = signal_of(shelf)
        wanted, workers, waiting, kept = _families()
        wanted.add_metric([], signal.wanted)
        states = [state_of(card) for card in shelf.fresh]
        for state in STATES:
            workers.add_metric([state], states.count(state))
        waiting.add_metric([], signal.waiting)
        kept.add_metric([], signal.kept)
        yield from (wanted, workers, waiting, kept)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Without figures: registering asks nobody."""
        yield from _families()


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily("parley_workers_wanted", "Inference workers that there should be.", labels=[]),
        GaugeMetricFamily("parley_workers", "Inference workers that there are.", labels=["state"]),
        GaugeMetricFamily("parley_callers_waiting", "Callers in line for a free place.", labels=[]),
        GaugeMetricFamily("parley_places_kept", "Reserved places that nobody has taken.", labels=[]),
    )


def state_of(card: WorkerCard) -> str:
    """One of `STATES`."""
    if card.draining:
        return "draining"
    return "ready" if card.ready else "failed" if card.problem else "loading"


def register() -> None:
    """Once in a process."""
    REGISTRY.register(FleetCollector())
