"""What speed may not cost: words recognised and answers given, measured on the models alone, without a call."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from channels_io.bench.answers import ANSWERS, Asked
from channels_io.bench.corpus import CORPORA, Clip, clips_of, write_wav
from channels_io.bench.errors import MeasureError
from channels_io.bench.figures import Share, is_right
from channels_io.bench.records import CutRecord
from channels_io.bench.words import Cut, WordErrors, cut_of, word_errors
from inference.audio import resample
from parley.stack.pipes import communicate

ROOT = Path(__file__).resolve().parents[2]
TRIAL_SECONDS = 1800
PCM_RATE = 24_000
RATE = 16_000


class WindowErrors(Struct, frozen=True):
    """Of one kind of clip of one corpus."""

    clips: int
    short: WordErrors
    """The product's window, as long as the clip."""
    full: WordErrors
    """The same weights on the 30 s they were trained on."""


class Answer(Struct, frozen=True):
    agent: str
    question: str
    expect: tuple[str, ...]
    said: str
    right: bool


class AccuracyFigures(Struct, frozen=True):
    windows: dict[str, WindowErrors]
    short: WordErrors
    full: WordErrors
    answers: tuple[Answer, ...]
    right: Share
    chat: str
    """What answered."""
    cell: str = "accuracy"
    void: bool = False

    @property
    def points_lost(self) -> float | None:
        """Word error rate of the short window above that of the whole one, in points."""
        if self.short.percent is None or self.full.percent is None:
            return None
        return self.short.percent - self.full.percent


class _Recognised(Struct, frozen=True):
    short: str
    full: str


class _Result(Struct, frozen=True):
    recognised: tuple[_Recognised, ...] = ()
    answers: tuple[str, ...] = ()
    chat: str = ""


def questions() -> tuple[Asked, ...]:
    """The answer set and every question of the corpora that has one right answer."""
    asked = [(clip.agent, clip.text, clip.expect) for clip in clips_of("question", corpora=CORPORA) if clip.expect]
    return (*ANSWERS, *asked)


def accuracy(agents: Mapping[str, Any], limit: int | None, say: Callable[[str], None]) -> AccuracyFigures:
    """`agents`: slug → compiled spec as JSON data. `limit`: so many clips of each kind and questions."""
    clips = [
        clip
        for corpus in CORPORA
        for kind in ("question", "pause")
        for clip in clips_of(kind, corpora=(corpus,))[:limit]
    ]
    asked = questions()[:limit]
    order = sorted(agents)
    missing = {agent for agent, _, _ in asked} - set(order)
    if missing:
        raise MeasureError(f"No published agent {', '.join(sorted(missing))}: run `manage.py up` once, it seeds them.")
    say(f"{len(clips)} clips through the short and the whole window, {len(asked)} questions; no line comes meanwhile")
    result = asyncio.run(
        _trial(
            {
                "clips": [str(clip.path) for clip in clips],
                "agents": [agents[name] for name in order],
                "questions": [{"spec": order.index(agent), "text": text} for agent, text, _ in asked],
            }
        )
    )
    return figures(clips, [(each.short, each.full) for each in result.recognised], asked, result.answers, result.chat)


def figures(
    clips: Sequence[Clip],
    recognised: Sequence[tuple[str, str]],
    asked: Sequence[Asked],
    said: Sequence[str],
    chat: str,
) -> AccuracyFigures:
    """`recognised`: (short window, whole window) of each clip; `said`: the answer to each question."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for clip, (short, full) in zip(clips, recognised, strict=True):
        groups.setdefault(f"{clip.corpus} {clip.kind}", []).append((clip.text, short, full))
    everything = [item for items in groups.values() for item in items]
    answers = tuple(
        Answer(agent, question, expect, text, is_right(text, expect))
        for (agent, question, expect), text in zip(asked, said, strict=True)
    )
    return AccuracyFigures(
        windows={
            name: WindowErrors(len(items), *(_errors(items, column) for column in (1, 2)))
            for name, items in groups.items()
        },
        short=_errors(everything, 1),
        full=_errors(everything, 2),
        answers=answers,
        right=Share(sum(answer.right for answer in answers), len(answers)),
        chat=chat,
    )


def _errors(items: Sequence[tuple[str, str, str]], column: int) -> WordErrors:
    return word_errors((item[0], item[column]) for item in items)


def cuts_heard(cuts: Sequence[CutRecord], texts: Mapping[tuple[str, int], tuple[str, str]]) -> tuple[Cut, ...]:
    """What sounded of interrupted replies against what the transcript kept of them.

    `texts`: (conversation, turn) → (the whole reply, what was kept). A recogniser, not the server, says
    what sounded: it reads the audio that the caller's player played. Replies without a record are left out.
    """
    known = [cut for cut in cuts if (cut.conversation, cut.turn) in texts and cut.pcm]
    if not known:
        return ()
    with tempfile.TemporaryDirectory(prefix="parley-cuts-") as folder:
        paths = []
        for index, cut in enumerate(known):
            path = Path(folder) / f"{index}.wav"
            write_wav(path, resample(np.frombuffer(cut.pcm, dtype="<i2"), PCM_RATE, RATE))
            paths.append(str(path))
        result = asyncio.run(_trial({"clips": paths}))
    return tuple(
        cut_of(cut.clip, texts[cut.conversation, cut.turn][0], heard.full, texts[cut.conversation, cut.turn][1])
        for cut, heard in zip(known, result.recognised, strict=True)
    )


async def _trial(job: Mapping[str, Any]) -> _Result:
    """The worker's models in a process of their own: the web side does not import engines."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "inference.trials",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PARLEY_PROFILE": "default"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            out, err = await communicate(process, msgspec.json.encode(job))
    except TimeoutError as error:
        raise MeasureError(
            "The models did not answer in half an hour: is something else using the processor?"
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise MeasureError(
            "The models could not be tried; `manage.py models pull` fetches missing weights.\n"
            + err.decode(errors="replace").strip()[-800:]
        )
    # Native libraries may have written to standard output before: the result is the last line.
    return msgspec.json.decode(out.rsplit(b"\n", 1)[-1], type=_Result)
