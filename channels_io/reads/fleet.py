"""The workers as a workspace may see them: what is its own by name, what is others' as a number."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import redis
from asgiref.sync import async_to_sync
from django.conf import settings

from agents.models import Agent
from channels_io.workers.exposition import state_of
from channels_io.workers.fleet import Everywhere
from channels_io.workers.scale import Signal, signal_of
from parley.accounts.models import Workspace
from parley.lib.workers import store
from parley.lib.workers.card import WorkerCard
from parley.lib.workers.store import FRESH_SECONDS, Shelf


@dataclass(frozen=True, slots=True)
class WorkerView:
    """`state`: "ready", "draining", "loading", "failed", "silent" (no sign of life) or "unreachable"."""

    card: WorkerCard
    state: str
    agents: tuple[str, ...] = ()
    """Names of the workspace's agents whose prompts it holds ready."""
    foreign: int = 0
    """How many of other workspaces."""
    own_calls: int = 0
    silent_seconds: int = 0

    @property
    def percent(self) -> int:
        """Of its places that are taken."""
        return round(100 * self.card.conversations / self.card.capacity) if self.card.capacity else 0

    @property
    def load_percent(self) -> int:
        return round(100 * self.card.load)

    @property
    def models(self) -> list[str]:
        roles = ("chat", "transcriber", "synthesizer")
        return [model for role in roles for model in self.card.models.get(role, ())]


@dataclass(frozen=True, slots=True)
class FleetView:
    workers: tuple[WorkerView, ...]
    signal: Signal
    shared: bool
    """What workers say of themselves can be read; otherwise only the configured ones are shown."""


def fleet_view(workspace: Workspace) -> FleetView:
    try:
        shelf, shared = store.read(), True
    except redis.RedisError:
        shelf, shared = Shelf(), False
    announced = {card.url for card in shelf.fresh}
    urls = [url for url in settings.PARLEY_WORKERS if url not in announced]
    asked = async_to_sync(_ask)(urls)
    names = dict(Agent.objects.of(workspace).values_list("public_id", "name"))
    known = {url for url, card in zip(urls, asked, strict=True) if card is not None}
    views = [
        *(_announced(card, shelf.now, workspace, names) for card in shelf.cards if card.url not in known),
        *(
            _view(card, state_of(card), workspace, names) if card is not None else _unreachable(url)
            for url, card in zip(urls, asked, strict=True)
            if card is not None or url not in {silent.url for silent in shelf.cards}
        ),
    ]
    there = [*shelf.fresh, *(card for card in asked if card is not None)]
    order = ("failed", "unreachable", "silent", "draining", "loading", "ready")
    views.sort(key=lambda view: (order.index(view.state), view.card.name, view.card.url))
    return FleetView(tuple(views), signal_of(shelf, there), shared)


async def _ask(urls: Sequence[str]) -> list[WorkerCard | None]:
    return list(await asyncio.gather(*map(Everywhere().ask, urls)))


def _announced(card: WorkerCard, now: float, workspace: Workspace, names: dict[str, str]) -> WorkerView:
    silent = now - card.seen_at
    return _view(card, "silent" if silent > FRESH_SECONDS else state_of(card), workspace, names, round(silent))


def _view(card: WorkerCard, state: str, workspace: Workspace, names: dict[str, str], silent: int = 0) -> WorkerView:
    own = sorted(names[agent] for agent in card.resident if agent in names)
    calls = sum(count for served, count in card.serving.items() if served.startswith(f"{workspace.public_id}:"))
    return WorkerView(card, state, tuple(own), len(card.resident) - len(own), calls, silent)


def _unreachable(url: str) -> WorkerView:
    return WorkerView(WorkerCard(url=url), "unreachable")
