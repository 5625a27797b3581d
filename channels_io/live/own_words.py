"""The sentences that the web says by itself on one leg, each as a turn of its own, after what it said before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from channels_io.base import Channel
from channels_io.live import messages as out
from channels_io.live.facts import LegFacts
from channels_io.live.lines import Line, SpeechCache, line_text
from channels_io.live.speaker import Speaker
from channels_io.live.transcript import Transcript
from channels_io.live.worker import Workers
from inference.languages import spoken_in
from inference.spec import VoiceSpec

MOMENT: Final = 1.0
"""Seconds that a sentence is waited for where nothing sounds yet."""
SHORT: Final = 0.4
"""The same where a caller has waited already: then a signal stands in."""
TICK_SECONDS: Final = 0.05


class OwnWords:
    def __init__(
        self,
        facts: LegFacts,
        channel: Channel,
        workers: Workers,
        speech: SpeechCache,
        speaker: Speaker,
        transcript: Transcript,
        next_turn: Callable[[], int],
    ) -> None:
        self._facts = facts
        self._channel = channel
        self._workers = workers
        self._speech = speech
        self._speaker = speaker
        self._transcript = transcript
        self._next_turn = next_turn
        self._voice = channel.media.kind == "voice"
        spec, state = facts.spec, facts.state
        if state is not None and state.agent in ("", spec.agent):
            spec = spoken_in(spec, state.language, state.voice)
        self._language, self._speaker_voice = spec.language, spec.voice
        self._changed = asyncio.Event()

    def speak(self, language: str, voice: VoiceSpec) -> None:
        """The agent goes on in another language: so do we."""
        self._language, self._speaker_voice = language, voice
        self._changed.set()

    async def keep_at_hand(self) -> None:
        """Have our sentences ready in the language and voice that are spoken at the time. Runs until it is cancelled."""
        while True:
            self._changed.clear()
            rate = self._channel.media.rate_out
            await self._speech.prepare(
                self._workers, self._speaker_voice, self._language, rate, workspace=self._facts.spec.workspace
            )
            await self._changed.wait()

    def text(self, line: Line) -> str:
        """In the channel's own words, if it has some; "" when it wants none."""
        own = self._facts.lines.get(line)
        return line_text(line, self._language) if own is None else own

    async def at_hand(self, line: Line, within: float = MOMENT) -> bool:
        """Whether it can be said in the agent's voice, at once or after a moment of asking for it."""
        rate, workspace = self._channel.media.rate_out, self._facts.spec.workspace
        return await self._speech.at_hand(
            self._workers, self._speaker_voice, self.text(line), rate, within=within, workspace=workspace
        )

    async def prepare(self, lines: tuple[Line, ...]) -> None:
        """Ask for what is missing, one after the other."""
        for line in lines:
            if self._voice and self.text(line):
                await self.at_hand(line, 10.0)

    async def say(self, line: Line) -> None:
        text = self.text(line)
        if not text:
            return
        turn, samples = self._next_turn(), 0
        self._transcript.line_said(turn, text)
        if self._voice:
            pcm = self._speech.audio(self._speaker_voice, text, self._channel.media.rate_out)
            samples = len(pcm) // 2
            self._speaker.push(turn, pcm)
            self._speaker.finish(turn)
        await self._channel.send(out.ReplyText(turn, text))
        await self._channel.send(out.ReplyDone(turn, text, samples))

    async def say_soon(self, line: Line) -> None:
        """In the agent's voice if that can be had in a moment."""
        if self._voice and self.text(line):
            await self.at_hand(line, SHORT)
        await self.say(line)

    async def say_to_its_end(self, line: Line, seconds: float) -> None:
        """And wait until it was heard, `seconds` at most."""
        await self.say(line)
        try:
            async with asyncio.timeout(seconds):
                while not self._speaker.silent():  # noqa: ASYNC110 -- time is what makes it silent
                    await asyncio.sleep(TICK_SECONDS)
        except TimeoutError:
            return
