"""People who are on the telephone: each asks one question after the other until told to stop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from channels_io.live import messages
from channels_io.live.lines import line_text
from channels_io.simulators.browser_caller import RATE_IN, BrowserCaller, CallFailed
from channels_io.simulators.microphone import Speech, speech_of

APOLOGY = line_text("apology", "en")
RESUMED = line_text("resumed", "en")
PATIENCE = 8.0
"""Seconds that an answer, or being spoken to again, is waited for."""
THINKS = (0.5, 2.5)
"""Seconds between an answer and the next question."""


@dataclass(slots=True)
class Asked:
    """A question and what came of it. Times of the monotonic clock; `v2v_ms` None: nothing did."""

    began: float
    v2v_ms: float | None = None
    lost: bool = False
    """The worker was lost while it was asked or answered."""


@dataclass(slots=True)
class Talk:
    """One call, as its caller lived it."""

    number: int
    caller: BrowserCaller | None = None
    asked: list[Asked] = field(default_factory=list)
    dropped: str = ""
    """Why it ended before its caller wanted it to; empty when it did not."""

    def failures(self, code: str) -> list[float]:
        return [at for at, event in self._events() if isinstance(event, messages.Failed) and event.code == code]

    def said(self, words: str) -> list[float]:
        """When the web told that these words are said."""
        return [at for at, event in self._events() if isinstance(event, messages.ReplyText) and event.text == words]

    def sounded(self, words: str) -> list[float]:
        """When the first audible sample of these words came."""
        if self.caller is None:
            return []
        return sorted(at for text, at in self.caller.sounds() if text == words)

    def _events(self) -> list[tuple[float, messages.ChannelEvent]]:
        return [] if self.caller is None else self.caller.events


def question(seed: int) -> Speech:
    """About a second of loud noise: what the fake recogniser calls speaking."""
    samples = np.random.default_rng(seed).normal(0, 3000, int(RATE_IN * 0.9)).astype(np.int16)
    return speech_of(samples)


async def talk(talk: Talk, url: str, ticket: str, stopped: asyncio.Event, clock: Callable[[], float]) -> None:
    """Until `stopped`, or until the call is dropped, which `talk` then says."""
    dice = random.Random(talk.number)  # noqa: S311 -- people's pauses
    speech = question(talk.number)
    try:
        async with BrowserCaller.connect(url, ticket) as caller:
            talk.caller = caller
            await caller.wait_until_quiet()
            while not stopped.is_set() and not caller.closed:
                await _ask(talk, caller, speech, clock)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), dice.uniform(*THINKS))
            if caller.closed:
                talk.dropped = f"closed with {caller.close_code}"
    except CallFailed as error:
        talk.dropped = error.code
    except TimeoutError:
        talk.dropped = "silence"


async def _ask(talk: Talk, caller: BrowserCaller, speech: Speech, clock: Callable[[], float]) -> None:
    lost, asked = len(caller.failures), Asked(clock())
    talk.asked.append(asked)
    before = len(caller.turns)
    await caller.speak(speech)
    with suppress(TimeoutError):
        await caller.wait(lambda: caller.answered or len(caller.failures) > lost or caller.closed, PATIENCE)
    if len(caller.failures) > lost:
        asked.lost = True
        resumed = len(talk.said(RESUMED))
        with suppress(TimeoutError):
            await caller.wait(lambda: len(talk.said(RESUMED)) > resumed or caller.closed, PATIENCE)
        await caller.wait_until_quiet()
    elif len(caller.turns) > before:
        await caller.wait_until_quiet()
        asked.v2v_ms = caller.turns[max(caller.turns)].v2v_ms
