"""Celery: which published agents each worker keeps ready, and that it does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import redis
from celery import shared_task
from django.conf import settings

from agents.reads import published_specs
from inference.client import put_agents, worker_status
from inference.errors import ParleyError
from inference.spec import AgentSpec, prefix_digest
from parley.lib.workers import store
from parley.lib.workers.placement import placement
from parley.lib.workers.reserved import Reserved

logger = logging.getLogger(__name__)

PUT_SECONDS = 30
ASK_SECONDS = 2


@shared_task(ignore_result=True)
def warm_workers() -> int:
    """Tell every worker which agents it shall keep ready, so that no first turn reads a cold prompt.

    Idempotent. A worker that does not answer is logged and left: it is told when it is there again,
    and a conversation opens with its own spec anyway. Returns how many workers took their list.
    """
    return place_agents(always=True)


def place_agents(*, always: bool) -> int:
    """`always`: also where nothing is missing. A prompt's head may be there while greetings of a new version are not."""
    specs = published_specs()
    try:
        reserved = store.read().reserved
    except redis.RedisError:
        reserved = ()
    return asyncio.run(_place(specs, store.known_urls(), reserved, always=always))


async def _place(specs: Sequence[AgentSpec], urls: Sequence[str], reserved: Sequence[Reserved], *, always: bool) -> int:
    statuses = await asyncio.gather(*map(_status, urls))
    taking = {
        url: status
        for url, status in zip(urls, statuses, strict=True)
        if status is not None and status.get("ready") and not status.get("draining")
    }
    by_agent = {spec.agent: spec for spec in specs}
    placed = placement(list(by_agent), list(taking), settings.PARLEY_RESIDENT_AGENTS, _least(specs, reserved))
    wanted = {url: [by_agent[agent] for agent in agents] for url, agents in placed.items()}
    return sum(
        await asyncio.gather(
            *(_put(url, specs) for url, specs in wanted.items() if always or is_missing(taking[url], specs))
        )
    )


def is_missing(status: Mapping[str, Any], specs: Sequence[AgentSpec]) -> bool:
    """Whether the worker keeps other agents than these, or older heads of them. Pure."""
    resident = status.get("resident") or {}
    if set(status.get("agents") or ()) != {spec.agent for spec in specs}:
        return True
    return any(resident.get(spec.agent) != prefix_digest(spec) for spec in specs)


def _least(specs: Sequence[AgentSpec], reserved: Sequence[Reserved]) -> dict[str, int]:
    return {
        spec.agent: max((one.workers for one in reserved if one.covers(spec.workspace, spec.agent)), default=0)
        for spec in specs
    }


async def _status(url: str) -> dict[str, Any] | None:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await worker_status(url, settings.PARLEY_WORKER_TOKEN)
    except (ParleyError, OSError, TimeoutError) as error:
        logger.warning("Worker %s cannot be told the published agents: %s", url, error)
        return None


async def _put(url: str, specs: Sequence[AgentSpec]) -> bool:
    try:
        async with asyncio.timeout(PUT_SECONDS):
            await put_agents(url, settings.PARLEY_WORKER_TOKEN, specs)
    except (ParleyError, OSError, TimeoutError) as error:
        logger.warning("Worker %s did not take the published agents: %s", url, error)
        return False
    return True
