"""The agent's side of one call: clauses in, paced audio and captions out.

The mouth synthesises ahead of the caller's ear by at most `AHEAD_SECONDS`: playback reports are
the credit. Closing `say` (cancelling the reply) closes the synthesis and the clauses behind it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

import numpy as np

from inference.audio import AudioFrame, Resampler, Samples, resample
from inference.ear import AUDIBLE
from inference.engines.base import Speech, Synthesizer
from inference.events import Media, ReplyAudio, ReplyText
from inference.gate import Gate
from inference.reply import Clock, Marks, Reply
from inference.spec import VoiceSpec
from inference.text import Clause, SpokenClause

AHEAD_SECONDS = 4.0
STALL_SECONDS = 10.0
"""A player that reports nothing for this long is taken to play in real time."""

Synthesis = Callable[[AsyncIterator[str]], AsyncGenerator[Speech]]


class Mouth:
    """Speaks one conversation's replies on a voice leg, or writes them on a text leg."""

    def __init__(self, *, synthesizer: Synthesizer, voice: VoiceSpec, media: Media, clock: Clock) -> None:
        self._synthesizer = synthesizer
        self._voice = voice
        self._media = media
        self._clock = clock
        self._played = asyncio.Event()

    def on_playback(self) -> None:
        """Somebody's playback moved: there may be room to go on."""
        self._played.set()

    async def say(
        self,
        reply: Reply,
        clauses: AsyncIterator[Clause],
        marks: Marks,
        gate: Gate,
        synthesis: Synthesis | None = None,
    ) -> None:
        """Speak (or write) `clauses` as `reply`, through `gate`. `synthesis` replaces the voice by ready-made audio."""
        if self._media.kind == "text":
            await self._write(reply, clauses, marks, gate)
            return
        said: deque[Clause] = deque()
        speak = synthesis or (lambda texts: self._synthesizer.speak(texts, self._voice))
        resampler: Resampler | None = None
        async with aclosing(_spoken(clauses, said, marks, self._clock)) as texts, aclosing(speak(texts)) as speech:
            async for piece in speech:
                if piece.text:
                    await self._begin_clause(reply, said, piece, gate)
                if resampler is None or resampler.source_rate != piece.frame.rate:
                    resampler = Resampler(piece.frame.rate, self._media.rate_out)
                await self._send(reply, resampler.feed(piece.frame.samples), marks, gate)
            if resampler is not None:
                await self._send(reply, resampler.feed(np.zeros(0, np.int16), last=True), marks, gate)
        while said:
            await _caption(reply, said.popleft(), gate)

    def fill(self, reply: Reply, pieces: Sequence[Speech], gate: Gate) -> None:
        """Send ready-made audio in front of a reply that is late, all of it at once. It is no part of the text."""
        for piece in pieces:
            samples = resample(piece.frame.samples, piece.frame.rate, self._media.rate_out)
            gate.put_now(ReplyAudio(reply.turn, AudioFrame.from_samples(samples, self._media.rate_out).pcm))
            reply.sent += samples.size
        reply.clauses.append(SpokenClause("", reply.sent, ()))

    async def _begin_clause(self, reply: Reply, said: deque[Clause], piece: Speech, gate: Gate) -> None:
        while said:
            clause = said.popleft()
            await _caption(reply, clause, gate)
            if clause.spoken:
                scale = self._media.rate_out / piece.frame.rate
                words = tuple((word, int(sample * scale)) for word, sample in piece.words)
                reply.clauses.append(SpokenClause(clause.written, 0, words))
                return

    async def _send(self, reply: Reply, samples: Samples, marks: Marks, gate: Gate) -> None:
        if samples.size == 0:
            return
        await self._room(reply)
        await gate.put(ReplyAudio(reply.turn, AudioFrame.from_samples(samples, self._media.rate_out).pcm))
        reply.sent += samples.size
        if reply.clauses:
            last = reply.clauses[-1]
            reply.clauses[-1] = SpokenClause(last.written, last.samples + samples.size, last.words)
        if "first_audio" not in marks.at and int(np.abs(samples.astype(np.int32)).max()) >= AUDIBLE:
            marks.mark("first_audio", self._clock())

    async def _room(self, reply: Reply) -> None:
        limit = int(AHEAD_SECONDS * self._media.rate_out)
        while reply.sent - reply.played > limit:
            self._played.clear()
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    await self._played.wait()
            except TimeoutError:
                reply.played += int(STALL_SECONDS * self._media.rate_out)

    async def _write(self, reply: Reply, clauses: AsyncIterator[Clause], marks: Marks, gate: Gate) -> None:
        async for clause in clauses:
            marks.mark("first_clause", self._clock())
            await _caption(reply, clause, gate)


async def _caption(reply: Reply, clause: Clause, gate: Gate) -> None:
    reply.written.append(clause.written)
    await gate.put(ReplyText(reply.turn, clause.written))


async def _spoken(
    clauses: AsyncIterator[Clause], said: deque[Clause], marks: Marks, clock: Callable[[], float]
) -> AsyncGenerator[str]:
    """The clauses' speakable text; each is remembered in `said` until its audio begins."""
    async for clause in clauses:
        said.append(clause)
        marks.mark("first_clause", clock())
        if clause.spoken:
            yield clause.spoken
