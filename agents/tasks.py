"""Celery: tell the workers which agents are published."""

from __future__ import annotations

import asyncio
import logging

from celery import shared_task
from django.conf import settings

from agents.reads import published_specs
from inference.client import put_agents
from inference.errors import ParleyError
from inference.spec import AgentSpec

logger = logging.getLogger(__name__)

PUT_SECONDS = 30


@shared_task(ignore_result=True)
def warm_workers() -> int:
    """Send every published spec to every worker, so that no first turn reads a cold prompt.

    Idempotent. A worker that does not answer is logged and left: it gets the list when it starts,
    and a conversation opens with its own spec anyway. Returns how many workers took the list.
    """
    return asyncio.run(_put_everywhere(published_specs()))


async def _put_everywhere(specs: list[AgentSpec]) -> int:
    async def put(url: str) -> bool:
        try:
            async with asyncio.timeout(PUT_SECONDS):
                await put_agents(url, settings.PARLEY_WORKER_TOKEN, specs)
        except (ParleyError, OSError, TimeoutError) as error:
            logger.warning("Worker %s did not take the published agents: %s", url, error)
            return False
        return True

    return sum(await asyncio.gather(*(put(url) for url in settings.PARLEY_WORKERS)))
