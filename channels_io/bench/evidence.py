"""What the real engines make of each clip, kept as JSON: the ground that turn policies are compared on.

Each clip is heard once, faster than real time, by the worker's own `Ear` with the default weights.
Its turn taker never ends a turn: it notes the voice probability of every hop, and at every pause the
words and the turn model's score. `sweep.py` replays policies over that without a model.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec
import numpy as np

from channels_io.bench.corpus import FOLDERS, Clip, CorpusName, clips_of
from channels_io.bench.room import room_noise
from channels_io.bench.utterances import Kind
from inference import catalogue, ear, level_gate
from inference.audio import Samples
from inference.ear import Ear
from inference.engines import registry
from inference.engines.base import (
    AsrOptions,
    Engine,
    EngineRole,
    Transcriber,
    TranscriberStream,
    Transcript,
    TurnDetector,
    VoiceDetector,
)
from inference.turns import HOP, RATE, Decision, Pause, TurnTaker

ROOM_DBFS = -60.0
"""The caller's room where a clip brings none of its own."""
BEFORE = RATE // 2
AFTER = 2 * RATE
"""Room tone around each clip: longer than any patience."""
ROLES: tuple[EngineRole, ...] = ("transcriber", "voice_detector", "turn_detector")


class PauseHeard(msgspec.Struct, frozen=True):
    """A pause that was asked about. `sample` at 16 kHz, as in `turns.Pause`."""

    sample: int
    text: str
    score: float
    confidence: float


class ClipHeard(msgspec.Struct, frozen=True):
    """One clip. Samples count from the first hop; `speech_end` is the last audible one."""

    id: str
    corpus: CorpusName
    kind: Kind
    text: str
    speech_start: int
    speech_end: int
    hops: tuple[float, ...]
    """Voice probabilities as the turn taker gets them."""
    pauses: tuple[PauseHeard, ...]


class Kept(msgspec.Struct, frozen=True):
    key: str
    clips: tuple[ClipHeard, ...]


class NotingTurns(TurnTaker):
    """A turn taker of endless patience that notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.hops: list[float] = []
        self.pauses: dict[int, PauseHeard] = {}
        self.answered = asyncio.Event()
        """No pause waits for its words or score."""
        self.answered.set()

    def hop(self, probability: float) -> list[Decision]:
        self.hops.append(round(probability, 3))
        decisions = super().hop(probability)
        if any(isinstance(decision, Pause) for decision in decisions):
            self.answered.clear()
        return decisions

    @property
    def wants_score(self) -> bool:
        """Always, also where it would make no difference to the policy of today."""
        return True

    def pause_answer(self, sample: int, text: str, score: float | None, confidence: float = 1.0) -> list[Decision]:
        if score is not None:
            self.pauses[sample] = PauseHeard(sample, text, round(score, 3), round(confidence, 3))
            self.answered.set()
        return []


class _Unhurried:
    """A recogniser's stream that tells when its partial passes are through: one that a pause begins is read to its end.

    As in earnest, where the pass begun at the first quiet hop is the one that says the words of the pause.
    """

    def __init__(self, stream: TranscriberStream) -> None:
        self.feed, self.final, self.reset = stream.feed, stream.final, stream.reset
        self._partial = stream.partial
        self.idle = asyncio.Event()
        self.idle.set()

    async def partial(self) -> Transcript:
        self.idle.clear()
        try:
            return await self._partial()
        finally:
            self.idle.set()


async def heard(clip: Clip, transcriber: Transcriber, voice: VoiceDetector, turn: TurnDetector) -> ClipHeard:
    """One clip through an ear of its own."""
    turns = NotingTurns()
    samples = in_its_room(clip)

    async def ignore(_: object) -> None:
        return None

    async with asyncio.TaskGroup() as tasks, transcriber.stream(AsrOptions()) as stream:
        recogniser = _Unhurried(stream)
        listener = Ear(
            rate_in=RATE,
            turns=turns,
            voice=voice.stream(),
            recogniser=cast(TranscriberStream, recogniser),
            detector=turn,
            tasks=tasks,
            report=ignore,
            clock=lambda: turns.position / RATE,
            busy=lambda: 0.0,
        )
        for start in range(0, samples.size - HOP + 1, HOP):
            await listener.feed(samples[start : start + HOP])
            await asyncio.sleep(0)  # What the hop began shows itself.
            await recogniser.idle.wait()
            await turns.answered.wait()
        listener.forget()
    return ClipHeard(
        id=clip.id,
        corpus=clip.corpus,
        kind=clip.kind,
        text=clip.text,
        speech_start=BEFORE + clip.speech_start,
        speech_end=BEFORE + clip.speech_end,
        hops=tuple(turns.hops),
        pauses=tuple(turns.pauses.values()),
    )


def in_its_room(clip: Clip) -> Samples:
    """The clip's speech with room tone before and after it."""
    level = ROOM_DBFS if clip.noise_dbfs is None else clip.noise_dbfs
    samples = clip.samples()
    before = room_noise(BEFORE, level, seed=1)
    # Until the last audible sample, as the driver plays it: room tone, not the file's digital zero, follows.
    spoken = samples[: clip.speech_end + 1]
    return np.concatenate([before, spoken, room_noise(AFTER, level, seed=2)])


async def collect(corpus: CorpusName, say: Callable[[str], None], kinds: tuple[Kind, ...]) -> tuple[ClipHeard, ...]:
    """All clips of these kinds through the default engines; loads and closes them."""
    engines: dict[EngineRole, Engine] = {}
    try:
        for role in ROLES:
            chosen = catalogue.resolve(role, "default")
            path = str(await asyncio.to_thread(catalogue.ensure, chosen.name))
            engines[role] = registry.create(role, chosen.engine, {"model": chosen.name, "path": path})
            await engines[role].load()
        clips = []
        for clip in clips_of(*kinds, corpora=(corpus,)):
            clips.append(
                await heard(
                    clip,
                    cast(Transcriber, engines["transcriber"]),
                    cast(VoiceDetector, engines["voice_detector"]),
                    cast(TurnDetector, engines["turn_detector"]),
                )
            )
            said = " | ".join(f"{pause.text} {pause.score:.2f}" for pause in clips[-1].pauses)
            say(f"{clip.id}: {said}")
        return tuple(clips)
    finally:
        for engine in engines.values():
            await engine.close()


def evidence(
    corpus: CorpusName, folder: Path, say: Callable[[str], None], kinds: tuple[Kind, ...] = ("question", "pause")
) -> tuple[ClipHeard, ...]:
    """The corpus as it was heard: from `folder` while clips, models and the ear are the same, else anew."""
    path = folder / f"turn-evidence-{corpus}.json"
    key = _key(corpus, kinds)
    if path.exists():
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        except msgspec.DecodeError:
            kept = Kept("", ())
        if kept.key == key:
            return kept.clips
    clips = asyncio.run(collect(corpus, say, kinds))
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(Kept(key, clips)))
    return clips


def _key(corpus: CorpusName, kinds: tuple[Kind, ...]) -> str:
    digest = hashlib.sha256((FOLDERS[corpus] / "corpus.json").read_bytes())
    for module in (ear, level_gate, sys.modules[__name__]):
        digest.update(Path(str(module.__file__)).read_bytes())
    models = [catalogue.resolve(role, "default").name for role in ROLES]
    digest.update(repr((models, kinds)).encode())
    return digest.hexdigest()
