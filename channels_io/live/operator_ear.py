"""What a person says to the caller, written down: their microphone goes to a worker that only listens.

The talk never waits for it. While no worker can, nothing is written, and that is said once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from channels_io.live.caller_clock import CallerClock
from channels_io.live.operator_voice import RATE
from channels_io.live.worker import WorkerLink, Workers
from inference.errors import ParleyError
from inference.events import Audio, Close, Failed, Heard, Media, Open
from inference.spec import AgentSpec
from inference.used import Use

logger = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 5.0
FRAMES: Final = 250
"""That wait for the worker: 5 s."""

Told = Callable[[str, float, float], Awaitable[None]]
"""(words, when they began and ended on the session's clock)"""


class OperatorEar:
    """`run()` is a task of a voice leg. It has a line to a worker only while a person talks."""

    def __init__(
        self,
        spec: AgentSpec,
        conversation: str,
        workers: Workers,
        told: Told,
        failed: Callable[[str], Awaitable[None]],
        clock: Callable[[], float],
        used: Callable[[tuple[Use, ...]], None] = lambda uses: None,
    ) -> None:
        """`failed(code)` is called when what a person says is not written down from now on, `used` after their words."""
        self._opening = Open(spec, conversation, Media("voice", RATE, RATE), listen_only=True)
        self._workers = workers
        self._told = told
        self._failed = failed
        self._clock = clock
        self._used = used
        self._on = asyncio.Event()
        self._off = asyncio.Event()
        self._frames: deque[tuple[bytes, float]] = deque(maxlen=FRAMES)
        self._arrived = asyncio.Event()
        self._sent = CallerClock(RATE)

    def listen(self, *, on: bool) -> None:
        if on:
            self._off.clear()
            self._on.set()
        else:
            self._on.clear()
            self._off.set()
            self._frames.clear()

    def feed(self, pcm: bytes) -> None:
        if self._on.is_set():
            self._frames.append((pcm, self._clock()))
            self._arrived.set()

    async def run(self) -> None:
        """Until cancelled."""
        silent = False
        while True:
            await self._on.wait()
            try:
                async with self._workers.connect(self._opening) as link:
                    silent = False
                    await self._serve(link)
            except ParleyError as error:
                if not silent and self._on.is_set():
                    logger.warning("What a person says is not written down: %s", error.code)
                    await self._failed("person_not_heard")
                silent = True
                await asyncio.sleep(AGAIN_SECONDS)

    async def _serve(self, link: WorkerLink) -> None:
        """Until the person gives back. Raises WorkerError."""
        self._sent.restart()
        tasks = [asyncio.create_task(work) for work in (self._send(link), self._read(link))]
        off = asyncio.create_task(self._off.wait())
        try:
            done, _ = await asyncio.wait({*tasks, off}, return_when=asyncio.FIRST_COMPLETED)
            if off in done:  # The last words are still understood, if the worker is quick.
                await link.send(Close("given_back"))
                await asyncio.wait({tasks[1]}, timeout=2.0)
        finally:
            for task in (*tasks, off):
                task.cancel()
            await asyncio.gather(*tasks, off, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None and not self._off.is_set():
                raise error

    async def _send(self, link: WorkerLink) -> None:
        while True:
            while self._frames:
                pcm, arrived = self._frames.popleft()
                await link.send(Audio(pcm))
                self._sent.sent(len(pcm) // 2, arrived)
            self._arrived.clear()
            await self._arrived.wait()

    async def _read(self, link: WorkerLink) -> None:
        async for event in link:
            match event:
                case Heard(text=text, speech_start=start, speech_end=end, used=used) if text.strip():
                    now = self._clock()
                    began = self._sent.spoken_at(start)
                    ended = self._sent.spoken_at(max(0, end - 1))
                    await self._told(text.strip(), began or now, ended or now)
                    self._used(used)
                case Failed(code=code):
                    logger.info("A sentence of a person was not understood: %s", code)
