"""How one voice leg is listened to: its ear, the recogniser behind it, and what is done when no audio comes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from inference.ear import Ear, Report
from inference.engine_set import Engines
from inference.engines.base import AsrOptions, Transcriber, TranscriberStream
from inference.events import Media, Up
from inference.inbox import Inbox
from inference.languages import to_notice
from inference.reply import Clock
from inference.spec import AgentSpec
from inference.turns import TurnPolicy, TurnTaker

IDLE_SECONDS = 0.2
"""Without a frame for this long, in mid-utterance, the line counts as silent."""


class Listening:
    """The ears of one conversation. `stack` closes what is opened here."""

    def __init__(self, media: Media, engines: Engines, stack: AsyncExitStack) -> None:
        self._media = media
        self._engines = engines
        self._transcriber = engines.transcriber
        self._stack = stack
        self.language = ""
        """The language that the recogniser expects."""

    async def open(self, spec: AgentSpec, tasks: asyncio.TaskGroup, report: Report, clock: Clock) -> Ear:
        """An ear for this leg, as patient as the agent is; what it hears goes to `report`."""
        wanted, engines = spec.turns, self._engines
        policy = TurnPolicy(min_silence_ms=wanted.min_silence_ms, max_silence_ms=wanted.max_silence_ms)
        return Ear(
            rate_in=self._media.rate_in,
            turns=TurnTaker(policy, interruptible=wanted.interruptible),
            voice=engines.voice_detector.stream(),
            recogniser=await self._recogniser(spec),
            detector=engines.turn_detector,
            tasks=tasks,
            report=report,
            clock=clock,
            busy=engines.busy,
        )

    def use(self, transcriber: Transcriber) -> None:
        """This one recognises from the next `follow` on."""
        self._transcriber, self.language = transcriber, ""

    async def follow(self, spec: AgentSpec, ear: Ear) -> None:
        """The conversation goes on in another language."""
        ear.listen_with(await self._recogniser(spec))

    async def _recogniser(self, spec: AgentSpec) -> TranscriberStream:
        self.language = spec.language
        stream = self._transcriber.stream(AsrOptions(spec.language, spec.hints, to_notice(spec)))
        return await self._stack.enter_async_context(stream)


async def next_message(inbox: Inbox, ear: Ear | None) -> Up | None:
    """What the web has sent; None when a speaker's line has fallen silent, which the ear is told."""
    if ear is None or not ear.turns.speaking:
        return await inbox.get()
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await inbox.get()
    except TimeoutError:
        await ear.silence(int(IDLE_SECONDS * 1000))
        return None
