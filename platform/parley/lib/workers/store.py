"""Cards of workers and what else all processes must know of them, in Valkey. Losing it loses nothing that lasts.

Keys carry a digest of the worker token: web processes and workers with another token do not see each other.
Every call may raise redis.RedisError; none takes longer than a second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

import msgspec
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from parley.lib.workers.card import WorkerCard, card_of
from parley.lib.workers.reserved import Reserved

FRESH_SECONDS = 7.0
"""A worker announces itself every 2 s. One that has not for this long is counted as gone."""
KEPT_SECONDS = 600.0
"""How long one that fell silent without a goodbye is still shown to people."""
DEMAND_SECONDS = 15.0
"""A web process says this often enough how many callers wait in it."""
_PROCESS: Final = uuid4().hex


@dataclass(frozen=True, slots=True)
class Shelf:
    """All of it at one moment; `now` is the clock of `seen_at`, in seconds."""

    cards: tuple[WorkerCard, ...] = ()
    """Of workers that announced themselves, silent ones included."""
    reserved: tuple[Reserved, ...] = ()
    waiting: int = 0
    """Callers who wait in line, in all web processes."""
    wanted_at: float = 0.0
    """When somebody last wanted a conversation; 0: not known."""
    now: float = 0.0

    @property
    def fresh(self) -> tuple[WorkerCard, ...]:
        return tuple(card for card in self.cards if self.now - card.seen_at <= FRESH_SECONDS)


def announce(url: str, status: Mapping[str, Any]) -> WorkerCard:
    """Keep what the worker at `url` says of itself. Returns its card."""
    client = _client()
    card = card_of(url, status, announced=True, seen_at=_clock(client))
    client.hset(_key("cards"), url, msgspec.json.encode(card))
    return card


def forget(url: str) -> None:
    """This worker has said goodbye."""
    _client().hdel(_key("cards"), url)


def reserve(reserved: Iterable[Reserved]) -> None:
    """What holds now."""
    _client().set(_key("reserved"), msgspec.json.encode(list(reserved)))


def tell_demand(*, waiting: int, wanted: bool) -> None:
    """Of this process: callers in line, and whether anybody has wanted a conversation since it was told last."""
    client = _client()
    now = _clock(client)
    client.hset(_key("demand"), _PROCESS, json.dumps({"waiting": waiting, "at": now}))
    if wanted:
        client.set(_key("wanted"), str(now))


def read() -> Shelf:
    """Everything, in one exchange. What cannot be read counts as not there."""
    with _client().pipeline(transaction=False) as pipe:
        pipe.hgetall(_key("cards"))
        pipe.get(_key("reserved"))
        pipe.hgetall(_key("demand"))
        pipe.get(_key("wanted"))
        pipe.time()
        cards, reserved, demand, wanted, clock = pipe.execute()
    now = clock[0] + clock[1] / 1e6
    told = {process: json.loads(data) for process, data in demand.items()}
    shelf = Shelf(
        cards=tuple(sorted(_cards(cards), key=lambda card: (card.name, card.url))),
        reserved=_reserved(reserved),
        waiting=sum(int(each["waiting"]) for each in told.values() if now - each["at"] <= DEMAND_SECONDS),
        wanted_at=float(wanted or 0),
        now=now,
    )
    _tidy("cards", [card.url for card in shelf.cards if now - card.seen_at > KEPT_SECONDS])
    _tidy("demand", [process for process, each in told.items() if now - each["at"] > KEPT_SECONDS])
    return shelf


def known_urls() -> list[str]:
    """Addresses of all workers that may be there: the configured ones, and those that announced themselves lately.

    Never raises: without Valkey the configured ones are known.
    """
    configured: list[str] = list(settings.PARLEY_WORKERS)
    with suppress(redis.RedisError):
        configured += [card.url for card in read().fresh]
    return list(dict.fromkeys(configured))


def _tidy(name: str, gone: Sequence[str | bytes]) -> None:
    if gone:
        _client().hdel(_key(name), *gone)


def _cards(stored: Mapping[bytes, bytes]) -> Iterable[WorkerCard]:
    for data in stored.values():
        with suppress(msgspec.MsgspecError):  # of another version of Parley, in the middle of an upgrade
            yield msgspec.json.decode(data, type=WorkerCard)


def _reserved(stored: bytes | None) -> tuple[Reserved, ...]:
    with suppress(msgspec.MsgspecError):
        return msgspec.json.decode(stored or b"[]", type=tuple[Reserved, ...])
    return ()


def _clock(client: redis.Redis) -> float:
    seconds, micro = client.time()
    return seconds + micro / 1e6


def _key(name: str) -> str:
    token = hashlib.sha256(settings.PARLEY_WORKER_TOKEN.encode()).hexdigest()[:12]
    return f"parley:workers:{token}:{name}"


def _client() -> redis.Redis:
    return _connected(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _connected(url: str) -> redis.Redis:
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=once)
