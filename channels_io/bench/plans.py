"""Which calls a cell makes: clips grouped into calls, without tickets yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from channels_io.bench.corpus import Clip, clips_of

Cell = Literal["real", "fake-segment", "fake-stream", "load"]
CELLS: tuple[Cell, ...] = ("real", "fake-segment", "fake-stream", "load")

TURNS_PER_CALL = 5
LEADS = {"reception": "q16", "pizza": "q39"}
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
    """A call to be made."""

    agent: str
    clips: tuple[str, ...]
    lead: str = ""


def drafts(cell: Cell, limit: int | None = None) -> list[Draft]:
    """The calls of a cell; `limit` keeps the first so many clips of each kind."""
    questions = _talks(_first(clips_of("question"), limit))
    if cell != "real":
        # The fake detectors know no mid-sentence pause and no "mm-hm": these cells time the orchestration alone.
        return questions
    return [
        *questions,
        *_talks(_first(clips_of("pause"), limit)),
        *_into_speech(_first(clips_of("barge_in"), limit)),
        *_leads(_first(clips_of("back_channel"), limit)),
    ]


def load_drafts(calls: int) -> list[Draft]:
    """`calls` calls of one agent each with its own five questions, so that they do not speak in chorus."""
    clips = [clip.id for clip in clips_of("question") if clip.agent == "reception"]
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
        Draft(agent, tuple(names[start : start + TURNS_PER_CALL]))
        for agent, names in by_agent.items()
        for start in range(0, len(names), TURNS_PER_CALL)
    ]


def _into_speech(clips: Sequence[Clip]) -> list[Draft]:
    """Every second barge-in falls into the greeting, the others into a long answer."""
    return [Draft(clip.agent, (clip.id,), LEADS[clip.agent] if number % 2 else "") for number, clip in enumerate(clips)]


def _leads(clips: Sequence[Clip]) -> list[Draft]:
    return [Draft(clip.agent, (clip.id,), LEADS[clip.agent]) for clip in clips]
