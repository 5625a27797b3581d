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
        yield GaugeMetricFamily("parley_workers_wanted", "Inference workers that there should be.", signal.wanted)
        workers = GaugeMetricFamily("parley_workers", "Inference workers that there are.", labels=["state"])
        states = [state_of(card) for card in shelf.fresh]
        for state in STATES:
            workers.add_metric([state], states.count(state))
        yield workers
        yield GaugeMetricFamily("parley_callers_waiting", "Callers in line for a free place.", signal.waiting)
        yield GaugeMetricFamily("parley_places_kept", "Reserved places that nobody has taken.", signal.kept)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())  # Registering asks nobody.


def state_of(card: WorkerCard) -> str:
    """One of `STATES`."""
    if card.draining:
        return "draining"
    return "ready" if card.ready else "failed" if card.problem else "loading"


def register() -> None:
    """Once in a process."""
    REGISTRY.register(FleetCollector())
