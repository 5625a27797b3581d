"""Speech by hibari: a clause in, audio at 24 kHz out, sentence by sentence.

The voice begins every sentence with a third of a second of near-silence, which the caller would
wait for: it is trimmed. What follows a sentence is kept to the pause a speaker would make there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from inference.audio import AUDIBLE_DBFS, AudioFrame
from inference.engines.base import EngineInfo, Speech
from inference.errors import EngineNotReady, UnknownEngine
from inference.lanes import LANES, Ticket
from inference.spec import VoiceSpec

RATE = 24_000
FRAME = RATE * 50 // 1000
LEAD = RATE * 10 // 1000
"""Kept before the first audible window, so that no consonant is clipped."""
WINDOW = RATE * 10 // 1000
PAUSES = {".": 200, "!": 200, "?": 200, "…": 260, ":": 150, ";": 150, ",": 110, "-": 90}
"""Milliseconds of near-silence kept after a clause that ends so."""
RUNNING_ON = 30
"""The same after a clause cut inside a phrase: the next one follows at once."""
WHOLE_CHARACTERS = 300
"""A clause up to this length is synthesised whole, so that its word positions are measured."""

Result = TypeVar("Result")
Floats = npt.NDArray[np.float32]


def trim(audio: Floats, keep: int) -> Floats:
    """Cut the near-silence at both ends: `LEAD` samples stay in front, `keep` behind."""
    windows = audio[: audio.size // WINDOW * WINDOW].reshape(-1, WINDOW)
    loud = np.flatnonzero(np.sqrt(np.mean(np.square(windows), axis=1)) >= 10 ** (AUDIBLE_DBFS / 20))
    if loud.size == 0:
        return audio[:0]
    start = max(0, int(loud[0]) * WINDOW - LEAD)
    end = (int(loud[-1]) + 1) * WINDOW + keep
    return np.pad(audio[start:end], (0, max(0, end - audio.size)))


def pause_after(text: str) -> int:
    """Samples of near-silence to keep behind a clause."""
    last = text.rstrip("\"')]}”’ ")[-1:]
    return RATE * PAUSES.get(last, RUNNING_ON) // 1000


def place_words(text: str, samples: int, pause: int) -> tuple[tuple[str, int], ...]:
    """(word, first sample): each word takes its share of the audio by its letters, punctuation counting double."""
    words = text.split()
    weights = [sum(1 if letter.isalnum() else 2 for letter in word) for word in words]
    spoken = max(0, samples - pause - LEAD)
    total = sum(weights) or 1
    placed, before = [], 0
    for word, weight in zip(words, weights, strict=True):
        placed.append((word, LEAD + spoken * before // total))
        before += weight
    return tuple(placed)


class HibariVoice:
    """`path` is the default voice's ONNX file; the other voices are those already on this machine."""

    def __init__(
        self, *, model: str = "hibari-heart", capacity: int = 0, path: str = "", voice: str = "heart", threads: int = 1
    ) -> None:
        self.info = EngineInfo(
            kind="hibari",
            role="synthesizer",
            model=model,
            languages=("en",),
            voices=(voice,),
            rate=RATE,
            licence="Apache-2.0",
            capacity=capacity,
        )
        self._path = path
        self._voice = voice
        self._threads = threads
        self._loaded: dict[str, Any] = {}
        self._workers: ThreadPoolExecutor | None = None

    async def load(self) -> None:
        """Read the default voice, say a word, find which other voices are here."""
        # One thread speaks: a clause takes some 15 ms, and two would only take the cores from each other.
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="voice")
        voices = await self._run(self._open)
        self.info = replace(self.info, voices=voices)

    async def close(self) -> None:
        workers, self._workers = self._workers, None
        if workers is not None:
            await asyncio.to_thread(workers.shutdown, wait=True, cancel_futures=True)
        self._loaded.clear()

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        """Raises UnknownEngine for a voice that is not on this machine."""
        speaker = await self._speaker(voice.name)
        speed = min(2.0, max(0.5, voice.speed))
        async for text in clauses:
            async with aclosing(self._clause(speaker, text, speed)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _clause(self, speaker: Any, text: str, speed: float) -> AsyncGenerator[Speech]:
        """The frames of one clause; a long one is spoken while its later sentences are still to come."""
        sentences = speaker.split_sentences(text) or [""]
        head = 1
        while head < len(sentences) and sum(map(len, sentences[: head + 1])) <= WHOLE_CHARACTERS:
            head += 1
        spoken = [await self._run(_synthesise, speaker, sentence, speed) for sentence in sentences[:head]]
        words = _placed(sentences, [audio.size for audio in spoken])
        audio = np.concatenate(spoken)
        # A clause that says nothing ("...") is one short frame: whoever counts clauses finds it.
        first = audio if audio.size else np.zeros(FRAME, np.float32)
        for index, frame in enumerate(_frames(first)):
            yield Speech(frame, text, words) if index == 0 else Speech(frame)
        for sentence in sentences[head:]:
            for frame in _frames(await self._run(_synthesise, speaker, sentence, speed)):
                yield Speech(frame)

    def _open(self) -> tuple[str, ...]:
        from hibari import Hibari
        from hibari.voices import VOICES, voice_path

        self._loaded[self._voice] = Hibari(voice=self._voice, model=self._path or None, threads=self._threads)
        self._loaded[self._voice]("Ready.")
        here = [self._voice]
        for name in VOICES:
            try:
                voice_path(name, download_missing=False)
            except FileNotFoundError:
                continue
            here.append(name)
        return tuple(dict.fromkeys(here))

    async def _speaker(self, name: str) -> Any:
        wanted = name or self._voice
        if wanted not in self.info.voices:
            raise UnknownEngine(
                f"The voice {wanted!r} is not on this machine. Choose one of: {', '.join(self.info.voices)}."
            )
        if wanted not in self._loaded:
            self._loaded[wanted] = await self._run(self._open_voice, wanted)
        return self._loaded[wanted]

    def _open_voice(self, name: str) -> Any:
        from hibari import Hibari

        return Hibari(voice=name, threads=self._threads)

    async def _run(self, call: Callable[..., Result], *arguments: Any) -> Result:
        if self._workers is None:
            raise EngineNotReady("The voice is not loaded.")
        ticket = LANES["synthesizer"].enter("urgent")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, _counted, ticket, call, arguments)
        finally:
            ticket.leave()


def _counted(ticket: Ticket, call: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
    """Run `call` on the voice's thread and tell its lane how long it waited and took."""
    ticket.begin()
    began = time.monotonic()
    try:
        return call(*arguments)
    finally:
        ticket.lane.worked(time.monotonic() - began)


def _synthesise(speaker: Any, sentence: str, speed: float) -> Floats:
    """One sentence, trimmed. The noise in the voice is seeded: the same words are the same audio."""
    if not any(letter.isalnum() for letter in sentence):
        return np.zeros(0, np.float32)  # the network would make a noise of bare punctuation
    return trim(speaker(sentence, speed=speed, seed=0), pause_after(sentence))


def _placed(sentences: Sequence[str], samples: Sequence[int]) -> tuple[tuple[str, int], ...]:
    """Words of all sentences; those not synthesised yet are placed at the pace of the others."""
    pace = sum(samples) / (sum(map(len, sentences[: len(samples)])) or 1)
    placed: list[tuple[str, int]] = []
    offset = 0
    for index, sentence in enumerate(sentences):
        size = samples[index] if index < len(samples) else int(pace * len(sentence))
        placed += [(word, offset + at) for word, at in place_words(sentence, size, pause_after(sentence))]
        offset += size
    return tuple(placed)


def _frames(audio: Floats) -> Iterator[AudioFrame]:
    for start in range(0, audio.size, FRAME):
        yield AudioFrame.from_float(audio[start : start + FRAME], RATE)
