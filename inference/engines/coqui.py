"""Speech by Coqui TTS: VITS or XTTS, on a GPU or slowly on processors. Its libraries want a venv of their own.

One thread owns the model. Of all clauses that are being made, the one whose listener would fall
silent first goes next: XTTS chunk by chunk, VITS sentence by sentence and several conversations at
once. Nothing is made further ahead than `AHEAD` pieces of what was taken.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from inference.audio import AudioFrame
from inference.engines.base import EngineInfo, Speech
from inference.engines.batching import next_speech
from inference.engines.clause_audio import FRAME_MS, LEAD_MS, Frames, Trim, pause_ms, place_words, sentences
from inference.engines.coqui_models import Floats, GivenUp, Line, Vits, Xtts, read_model
from inference.errors import EngineError, EngineNotReady
from inference.lanes import LANES, Ticket
from inference.spec import VoiceSpec

log = logging.getLogger(__name__)

AHEAD = 3
LETTERS_PER_SECOND = 15.0
"""How fast a voice speaks, until it has been heard: words are placed by it before the whole clause is there."""


@dataclass(slots=True, eq=False)
class Job:
    """One clause. The thread makes it, one conversation takes it."""

    lines: list[Line]
    loop: asyncio.AbstractEventLoop
    deadline: float
    """When its listener falls silent without more of it."""
    ticket: Ticket
    pieces: asyncio.Queue[Floats | Exception | None] = field(default_factory=asyncio.Queue)
    """At most `AHEAD` and the end."""
    untaken: int = 0
    said: int = 0
    """Sentences that are made."""
    running: Iterator[Floats] | None = None
    over: bool = False
    dropped: bool = False

    @property
    def key(self) -> Hashable:
        return self.lines[self.said].speed

    def give(self, piece: Floats | Exception | None) -> None:
        """From the thread, with its lock held."""
        if self.dropped:
            return
        self.over = self.over or not isinstance(piece, np.ndarray)
        self.untaken += 1
        try:
            self.loop.call_soon_threadsafe(self.pieces.put_nowait, piece)
        except RuntimeError:  # the loop is closed: nobody listens any more
            self.dropped = True


class Maker:
    """The thread, and the clauses that it works on."""

    def __init__(self, model: Vits | Xtts, together: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._together = together if isinstance(model, Vits) else 1
        self._clock = clock
        self._jobs: list[Job] = []
        self._calls: list[tuple[Callable[[], None], Future[None]]] = []
        self._working: list[Job] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="coqui", daemon=True)
        self._thread.start()

    def add(self, job: Job) -> None:
        with self._changed:
            if self._closed:
                raise EngineNotReady("The voice is not loaded.")
            self._jobs.append(job)
            self._changed.notify_all()

    def took(self, job: Job) -> None:
        """One piece was taken: there is room for one more."""
        with self._changed:
            job.untaken -= 1
            self._changed.notify_all()

    async def drop(self, job: Job) -> None:
        """When it returns, nothing of this clause is computed any more."""
        with self._changed:
            job.dropped = True
            if job in self._jobs:
                self._jobs.remove(job)
            working = job in self._working
        job.ticket.leave()
        if working:
            await asyncio.to_thread(self._rested, job)
        if job.running is not None:
            close, job.running = getattr(job.running, "close", None), None
            if close is not None:
                close()

    async def run(self, call: Callable[[], None]) -> None:
        """Have the thread do something else, between two pieces."""
        future: Future[None] = Future()
        with self._changed:
            if self._closed:
                raise EngineNotReady("The voice is not loaded.")
            self._calls.append((call, future))
            self._changed.notify_all()
        await asyncio.wrap_future(future)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.give(EngineNotReady("The voice was closed."))
                job.dropped = True
            self._jobs.clear()
            for _, future in self._calls:
                future.cancel()
            self._changed.notify_all()
        self._thread.join()

    def _rested(self, job: Job) -> None:
        with self._changed:
            self._changed.wait_for(lambda: job not in self._working)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._calls or self._ready())
                if self._closed:
                    return
                calls, self._calls = self._calls, []
                self._working = jobs = next_speech(self._ready(), self._together) if self._ready() else []
            for call, future in calls:
                _do(call, future)
            if jobs:
                self._step(jobs)

    def _ready(self) -> list[Job]:
        return [job for job in self._jobs if job.untaken < AHEAD]

    def _step(self, jobs: list[Job]) -> None:
        """One piece of each of them."""
        began = self._clock()
        for job in jobs:
            job.ticket.begin()
        made: list[Floats | Exception | None]
        try:
            made = list(self._made(jobs))
        except GivenUp:
            made = [None] * len(jobs)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever listens
            if not isinstance(error, EngineError):
                log.exception("The voice failed.")
                error = EngineError(f"The voice failed: {error}")
            made = [error] * len(jobs)
        now = self._clock()
        with self._changed:
            self._working = []
            for job, piece in zip(jobs, made, strict=True):
                if isinstance(piece, np.ndarray):
                    job.deadline = max(job.deadline, now) + piece.size / self._model.rate
                job.give(piece)
                if job.said >= len(job.lines) and not job.over:
                    job.give(None)
                if (job.over or job.dropped) and job in self._jobs:
                    self._jobs.remove(job)
            self._changed.notify_all()
        LANES["synthesizer"].worked(now - began)

    def _made(self, jobs: list[Job]) -> Iterator[Floats]:
        if isinstance(self._model, Vits):
            # A cancelled one ends the sentence for the others only when they are cancelled, too.
            lines = [job.lines[job.said] for job in jobs]
            yield from self._model.say(lines, lambda: all(job.dropped for job in jobs))
            for job in jobs:
                job.said += 1
            return
        (job,) = jobs
        if job.running is None:
            job.running = self._model.chunks(job.lines[job.said], lambda: job.dropped)
        piece = next(job.running, None)
        if piece is None:
            job.running = None
            job.said += 1
            piece = np.zeros(0, np.float32)
        yield piece


def _do(call: Callable[[], None], future: Future[None]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        call()
    except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
        future.set_exception(error)
    else:
        future.set_result(None)


class CoquiVoice:
    """`path` is the folder of the checkpoint. `device` empty: a GPU if there is one. `together`: VITS sentences at once.

    `chunk`: tokens of XTTS between two pieces of audio, about 46 ms each: fewer are heard sooner and cost more.
    Each `voices/NAME.wav` in the folder is a voice of XTTS: 3 to 30 s of one person, who consents to it.
    `voice` speaks where an agent asks for one that is not here; `language` where it says none.
    """

    def __init__(
        self,
        *,
        model: str = "coqui",
        capacity: int = 0,
        path: str = "",
        device: str = "",
        threads: int = 0,
        together: int = 4,
        chunk: int = 20,
        voice: str = "",
        language: str = "",
        licence: str = "",
    ) -> None:
        self.info = EngineInfo(kind="coqui", role="synthesizer", model=model, capacity=capacity, licence=licence)
        self._path = path
        self._device = device
        self._threads = threads
        self._together = together
        self._chunk = chunk
        self._voice = voice
        self._language = language
        self._model: Vits | Xtts | None = None
        self._maker: Maker | None = None
        self._pace = LETTERS_PER_SECOND
        self._unknown: set[str] = set()

    async def load(self) -> None:
        """Read the checkpoint and say a word."""
        self._model = model = await asyncio.to_thread(read_model, self._path, self._device, self._threads)
        if isinstance(model, Xtts):
            model.chunk = max(4, self._chunk)
            own = await asyncio.to_thread(_samples, Path(self._path) / "voices")
            for name, sample in own.items():
                await asyncio.to_thread(model.keep, name, sample)
        self._maker = Maker(model, self._together)
        self._language = self._language or next(iter(model.languages), "en")
        self.info = replace(
            self.info,
            languages=model.languages or (self._language,),
            voices=model.voices or ("default",),
            rate=model.rate,
            licence=self.info.licence or model.licence,
            clones=isinstance(model, Xtts),
        )
        if isinstance(model, Vits) or model.voices:
            async with aclosing(self.speak(_one("Ready."), VoiceSpec("coqui", "", 1.0))) as speech:
                async for _ in speech:
                    pass

    async def close(self) -> None:
        maker, self._maker, self._model = self._maker, None, None
        if maker is not None:
            await asyncio.to_thread(maker.close)

    async def learn(self, name: str, sample: bytes) -> None:
        """Make the voice of `sample` (WAV, 2 to 30 s) known as `name`; again is nothing. Raises EngineError."""
        maker, model = self._loaded()
        if not isinstance(model, Xtts):
            raise EngineError("VITS speaks only in the voices that it was trained with.", code="voice_sample")
        if not model.knows(name):
            await maker.run(lambda: model.learn(name, sample))

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        """A voice that is not here is spoken by `voice` of the settings, or the first one."""
        name = self._known(voice.name)
        language = self._spoken(voice.language)
        speed = min(2.0, max(0.5, voice.speed))
        until = 0.0
        async for text in clauses:
            async with aclosing(self._clause(text, name, language, speed, until)) as pieces:
                async for piece in pieces:
                    until = max(until, time.monotonic()) + piece.frame.duration_ms / 1000
                    yield piece

    async def _clause(self, text: str, voice: str, language: str, speed: float, until: float) -> AsyncGenerator[Speech]:
        maker, model = self._loaded()
        rate = model.rate
        lines = [Line(part, voice, language, speed) for part in sentences(text, model.limit(language))]
        if not lines:
            # A clause that says nothing ("...") is one short frame: whoever counts clauses finds it.
            quiet = AudioFrame.from_float(np.zeros(rate * FRAME_MS // 1000, np.float32), rate)
            yield Speech(quiet, text, place_words(text, 0))
            return
        ticket = LANES["synthesizer"].enter("urgent")
        job = Job(lines, asyncio.get_running_loop(), max(until, time.monotonic()), ticket)
        maker.add(job)
        trim, frames, made, first = Trim(rate, pause_ms(text)), Frames(rate), 0, True
        try:
            while (piece := await job.pieces.get()) is not None:
                maker.took(job)
                if isinstance(piece, Exception):
                    raise piece
                for frame in frames.feed(trim.feed(piece)):
                    made += frame.sample_count
                    yield self._first(frame, text, rate, speed) if first else Speech(frame)
                    first = False
            letters = sum(map(len, (line.text for line in lines)))
            if made:
                self._pace += 0.2 * (min(40.0, max(5.0, letters * rate / made / speed)) - self._pace)
            for frame in frames.feed(trim.end(), last=True):
                yield self._first(frame, text, rate, speed) if first else Speech(frame)
                first = False
            if first:
                quiet = AudioFrame.from_float(np.zeros(rate * FRAME_MS // 1000, np.float32), rate)
                yield Speech(quiet, text, place_words(text, 0))
        finally:
            await maker.drop(job)

    def _first(self, frame: AudioFrame, text: str, rate: int, speed: float) -> Speech:
        """The first frame says where the words will be, by how fast this voice has spoken so far."""
        samples = int(len(text) * rate / (self._pace * speed))
        return Speech(frame, text, place_words(text, samples, rate * LEAD_MS // 1000))

    def _known(self, name: str) -> str:
        _, model = self._loaded()
        here = name in model.voices or (isinstance(model, Xtts) and model.knows(name))
        if name and not here and name not in self._unknown:
            self._unknown.add(name)
            log.warning("The voice %r is not here; another one speaks.", name)
        return name if here else self._voice or next(iter(model.voices), "")

    def _spoken(self, language: str) -> str:
        code = language.split("-")[0].lower()
        return code if code in self.info.languages else self._language

    def _loaded(self) -> tuple[Maker, Vits | Xtts]:
        if self._maker is None or self._model is None:
            raise EngineNotReady("The voice is not loaded.")
        return self._maker, self._model


def _samples(folder: Path) -> dict[str, bytes]:
    """Samples of voices that lie beside the model, by their names."""
    return {file.stem: file.read_bytes() for file in sorted(folder.glob("*.wav"))}


async def _one(text: str) -> AsyncGenerator[str]:
    yield text
