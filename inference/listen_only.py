"""A leg that is only transcribed: what a person of the team says to the caller. No agent, no flow, no language model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from inference import metrics
from inference.audio import AudioFrame
from inference.ear import Ear, EarEvent, HearingFailed, Words
from inference.engine_set import Engines
from inference.events import Audio, Close, Down, Failed, Heard, Open, Partial, Ready, SpeechStarted, Up
from inference.inbox import Inbox
from inference.listening import Listening, next_message
from inference.outbox import Outbox
from inference.reply import Clock
from inference.turns import EndOfTurn, NoTurn, SpeechBegan

LAST_SILENCE_MS = 1500
"""That a leg ends with: longer than anybody is waited for."""


class ListenOnly:
    """The same three ends as a `Conversation`: run `run()` as a task, feed `hear`, read `events`."""

    _ear: Ear

    def __init__(self, opening: Open, engines: Engines, *, worker: str = "", clock: Clock = time.monotonic) -> None:
        self._opening = opening
        self._engines = engines
        self._worker = worker
        self._clock = clock
        self._turn = opening.state.turn if opening.state is not None else 0
        self._inbox = Inbox()
        self._outbox = Outbox()

    def hear(self, message: Up) -> None:
        """Take a message from the web. Never waits: a full inbox drops its oldest audio."""
        self._inbox.put(message)

    def events(self) -> AsyncGenerator[Down]:
        """What was heard, in order; ends when the leg has ended."""
        return self._outbox.messages()

    async def run(self) -> None:
        """Until Close, or cancellation."""
        async with AsyncExitStack() as stack:
            stack.callback(self._outbox.close)
            listening = Listening(self._opening.media, self._engines, stack)
            async with asyncio.TaskGroup() as tasks:
                self._ear = await listening.open(self._opening.spec, tasks, self._on_ear, self._clock)
                await self._outbox.put(Ready(self._worker, self._turn))
                await self._listen()
                if self._ear.turns.speaking:
                    await self._ear.silence(LAST_SILENCE_MS)  # What was said last is still understood.

    async def _listen(self) -> None:
        while True:
            match await next_message(self._inbox, self._ear):
                case Audio(pcm=pcm):
                    await self._ear.feed(AudioFrame(pcm, self._opening.media.rate_in).samples)
                case Close():
                    return

    async def _on_ear(self, event: EarEvent) -> None:
        match event:
            case SpeechBegan(sample=sample):
                await self._outbox.put(SpeechStarted(sample, self._turn))
            case Words(text=text):
                await self._outbox.put(Partial(text, self._turn))
            case EndOfTurn(text=text, speech_start=start, speech_end=end, confidence=confidence):
                self._turn += 1
                metrics.turn_taken("voice")
                meter = self._engines.meter
                meter.answered("transcriber")
                used = meter.take("transcriber")
                await self._outbox.put(Heard(self._turn, text, start, end, confidence=confidence, used=used))
            case NoTurn():
                await self._outbox.put(Partial("", self._turn))
            case HearingFailed(code=code):
                await self._outbox.put(Failed(code, "The words could not be recognised.", turn=self._turn))
