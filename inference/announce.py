"""Tells the web that this worker is there: its account of itself, every two seconds and whenever it changes.

The web needs no list of workers then: one that starts joins, one that falls silent is forgotten. Nothing here is in
the way of a conversation, and a web that does not answer costs nothing but its knowledge of us.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from inference.config import WorkerConfig

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
ANSWER_SECONDS = 4.0
"""A web that is busy with calls may take its time."""
GOODBYE_SECONDS = 0.5
PATH = "/workers/announce/"


class Announcer:
    """`status` is what `/status` answers. Run `run()` as a task while the worker lives."""

    def __init__(self, config: WorkerConfig, status: Callable[[], dict[str, Any]]) -> None:
        self._config = config
        self._status = status
        self._changed = asyncio.Event()
        self._heard = True

    def changed(self) -> None:
        """Something that the web should know at once."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled; then the web is told that this worker is gone. Returns at once where no web is named."""
        if not self._config.web_url:
            return
        secure = self._config.web_url.startswith("https:")
        async with httpx.AsyncClient(trust_env=False, verify=secure) as http:
            try:
                while True:
                    self._changed.clear()
                    await self._say(http, gone=False, seconds=ANSWER_SECONDS)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), BEAT_SECONDS)
            finally:
                await self._say(http, gone=True, seconds=GOODBYE_SECONDS)

    async def _say(self, http: httpx.AsyncClient, *, gone: bool, seconds: float) -> None:
        """`url` is how the web reaches this worker; empty: at the address that this request comes from."""
        told = {"url": self._config.url, "port": self._config.port, "gone": gone, "status": self._status()}
        try:
            answer = await http.post(
                self._config.web_url.rstrip("/") + PATH,
                json=told,
                headers={"Authorization": f"Bearer {self._config.token}"},
                timeout=seconds,
            )
            problem = "" if answer.is_success else f"status {answer.status_code}"
        except httpx.HTTPError as error:
            problem = type(error).__name__
        if bool(problem) == self._heard and not gone:
            self._heard = not problem
            if problem:
                log.warning("The web at %s does not take our announcements (%s).", self._config.web_url, problem)
            else:
                log.info("The web takes our announcements again.")
