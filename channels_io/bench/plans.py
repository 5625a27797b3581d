"""Which calls a cell makes: clips grouped into calls, without tickets yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from channels_io.bench.corpus import CORPORA, Clip, CorpusName, clips_of

CorpusChoice = Literal["main", "fresh", "all"]
CHOICES: tuple[CorpusChoice, ...] = (*CORPORA, "all")
Cell = Literal["real", "fake-segment", "fake-stream", "load"]
CELLS: tuple[Cell, ...] = ("real", "fake-segment", "fake-stream", "load")

TURNS_PER_CALL = 5
INTO_SPEECH_PER_CALL = 2
"""Barge-ins or back-channels a call."""
LEAD = "q16"
"""The question with a long answer, into which barge-ins and back-channels fall."""
LOAD_LEVELS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
ADDED_LIMIT_MS = 20.0
"""Goal of the load cell: p95 of what the other calls add."""

_FAKE_CHAT = "first_ms=60 token_ms=10"
# It answers to the name that the demo agents ask for.
_FAKE_VOICE = "model=hibari first_ms=50"
FAKE_ENGINES: dict[Cell, dict[str, str]] = {
    "fake-segment": {
        "PARLEY_ENGINE_TRANSCRIBER": "mode=segment delay_ms=100",
        "PARLEY_ENGINE_CHAT": _FAKE_CHAT,
        "PARLEY_ENGINE_SYNTHESIZER": _FAKE_VOICE,
    },
    "fake-stream": {
        "PARLEY_ENGINE_TRANSCRIBER": "mode=stream delay_ms=30",
        "PARLEY_ENGINE_CHAT": _FAKE_CHAT,
        "PARLEY_ENGINE_SYNTHESIZER": _FAKE_VOICE,
    },
}
"""How long the fake engines of a cell take; `PARLEY_ENGINE_<ROLE>` gives an engine its settings."""
FAKE_ENGINES["load"] = FAKE_ENGINES["fake-stream"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A call to be made; see `driver.CallPlan`."""

    agent: str
    clips: tuple[str, ...]
    lead: str = ""
    greeting: bool = False


def corpora_of(choice: CorpusChoice) -> tuple[CorpusName, ...]:
    return CORPORA if choice == "all" else (choice,)


def drafts(cell: Cell, limit: int | None = None, choice: CorpusChoice = "main") -> list[Draft]:
    """The calls of a cell; `limit` keeps the first so many clips of each kind in each corpus."""
    return [draft for name in corpora_of(choice) for draft in _drafts(cell, limit, (name,))]


def _drafts(cell: Cell, limit: int | None, corpora: tuple[CorpusName, ...]) -> list[Draft]:
    questions = _talks(_first(clips_of("question", corpora=corpora), limit))
    if cell != "real":
        # The fake detectors know no mid-sentence pause and no "mm-hm": these cells time the orchestration alone.
        return questions
    return [
        *questions,
        *_talks(_first(clips_of("pause", corpora=corpora), limit)),
        *_into_speech(_first(clips_of("barge_in", corpora=corpora), limit), greeting=True),
        *_into_speech(_first(clips_of("back_channel", corpora=corpora), limit), greeting=False),
    ]


def load_drafts(calls: int, choice: CorpusChoice = "main") -> list[Draft]:
    """`calls` calls of one agent each with its own five questions, so that they do not speak in chorus."""
    clips = [clip.id for clip in clips_of("question", corpora=corpora_of(choice)) if clip.agent == "reception"]
    return [
        Draft("reception", tuple(clips[(start * 3 + step) % len(clips)] for step in range(TURNS_PER_CALL)))
        for start in range(calls)
    ]


def _first(clips: Sequence[Clip], limit: int | None) -> list[Clip]:
    return list(islice(clips, limit))


def _talks(clips: Iterable[Clip]) -> list[Draft]:
    """Several turns a call, one agent a call."""
    by_agent: dict[str, list[str]] = {}
    for clip in clips:
        by_agent.setdefault(clip.agent, []).append(clip.id)
    return [
        Draft(agent, names) for agent, all_names in by_agent.items() for names in _in_groups(all_names, TURNS_PER_CALL)
    ]


def _into_speech(clips: Sequence[Clip], *, greeting: bool) -> list[Draft]:
    """Two a call. With `greeting` the first falls into it; everything else falls into a long answer."""
    groups = _in_groups([clip.id for clip in clips], INTO_SPEECH_PER_CALL)
    return [Draft("reception", names, LEAD, greeting) for names in groups]


def _in_groups(names: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(names[start : start + size]) for start in range(0, len(names), size)]
