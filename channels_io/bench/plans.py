"""Which calls a cell makes: clips grouped into calls, without tickets yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

from channels_io.bench.corpus import CORPORA, Clip, CorpusName, clips_of

CorpusChoice = Literal["main", "fresh", "all"]
CHOICES: tuple[CorpusChoice, ...] = ("main", "fresh", "all")
Cell = Literal["real", "barge-in", "flow", "fake-segment", "fake-stream", "load", "accuracy"]
CELLS: tuple[Cell, ...] = ("real", "barge-in", "flow", "fake-segment", "fake-stream", "load", "accuracy")
REAL_CELLS: tuple[Cell, ...] = ("real", "barge-in", "flow")
"""Played against the default models; the accuracy cell loads these by itself and needs no server of them."""

Wire = Literal["browser", "twilio"]
WIRES: tuple[Wire, ...] = ("browser", "twilio")
"""How the caller is connected: a page of ours, or a telephone whose carrier is simulated."""

QUESTIONS = 105
"""Asked in a cell of the main set, the clips in a circle: with the pauses, 100 turns beside the first ones of calls."""
AT_ONCE: dict[Cell, int] = {"fake-segment": 4, "fake-stream": 4}
"""Callers at a time: fake engines wait, they do not compute, so that several fit without a queue."""
TURNS_PER_CALL = 5
FLOW_ROUNDS = 2
"""How often the calls of the drawn flow are made: a hundred turns."""
INTO_SPEECH_PER_CALL = 2
"""Barge-ins or back-channels a call."""
LEAD = "q16"
"""The question with a long answer, into which barge-ins and back-channels fall."""
CALLS_PER_DRIVER = 16
"""A driver process with more of them would be late by itself."""
LOAD_LEVELS = (1, 4, 8, 16, 24, 32, 40, 48, 56, 64)
CALLS_PER_LEVEL = 4
"""At least: the first levels call several times, or their percentiles would be those of a handful of turns."""

_FAKE_CHAT = "first_ms=60 token_ms=10"
# It answers to the name that the demo agents ask for.
_FAKE_VOICE = "model=hibari first_ms=50"
# Whole questions: what is timed is what the policy does with a caller who is understood to have finished.
_QUESTIONS_HEARD = "|".join(
    ("What_time_do_you_open_on_Saturday?", "How_much_does_a_cleaning_cost?", "Is_there_parking_near_the_practice?")
)


def _fakes(transcriber: str) -> dict[str, str]:
    return {
        "PARLEY_ENGINE_TRANSCRIBER": f"{transcriber} script={_QUESTIONS_HEARD}",
        "PARLEY_ENGINE_CHAT": _FAKE_CHAT,
        "PARLEY_ENGINE_SYNTHESIZER": _FAKE_VOICE,
        # The caller's voice is found by the real network, in every call, as in earnest.
        "PARLEY_MODEL_VOICE_DETECTOR": "silero-v6",
    }


FAKE_ENGINES: dict[Cell, dict[str, str]] = {
    "fake-segment": _fakes("mode=segment delay_ms=100"),
    "fake-stream": _fakes("mode=stream delay_ms=30"),
    # A call that finds no place is refused at once: in the spoken queue it would count as one without answers.
    "load": {**_fakes("mode=stream delay_ms=30"), "PARLEY_QUEUE_SECONDS": "0"},
}
"""How long the fake engines of a cell take, and what they say; `PARLEY_ENGINE_<ROLE>` gives an engine its settings."""


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
    """The calls of a cell; `limit` keeps the first so many clips of each kind in each corpus.

    Without it the questions of the main set are asked again and again up to `QUESTIONS`.
    """
    if cell == "flow":
        return _booking_calls(limit)
    return [draft for name in corpora_of(choice) for draft in _drafts(cell, limit, name)]


def _booking_calls(limit: int | None) -> list[Draft]:
    """Whole calls: each sentence answers what the one before it led to."""
    calls = _talks(clips_of("question", corpora=("booking",)))
    return calls * FLOW_ROUNDS if limit is None else calls[: -(-limit // TURNS_PER_CALL)]


def _drafts(cell: Cell, limit: int | None, corpus: CorpusName) -> list[Draft]:
    if cell == "barge-in":
        return [
            *_into_speech(_first(clips_of("barge_in", corpora=(corpus,)), limit), greeting=True),
            *_into_speech(_first(clips_of("back_channel", corpora=(corpus,)), limit), greeting=False),
        ]
    all_questions = clips_of("question", corpora=(corpus,))
    if limit is None and corpus == "main":
        questions = _in_a_circle(all_questions, QUESTIONS)
    else:
        questions = _talks(_first(all_questions, limit))
    if cell != "real":
        # The fake detectors know no mid-sentence pause and no "mm-hm": these cells time the orchestration alone.
        return questions
    return [*questions, *_talks(_first(clips_of("pause", corpora=(corpus,)), limit))]


def _in_a_circle(clips: Sequence[Clip], count: int) -> list[Draft]:
    """`count` turns, whole calls, every clip about equally often; each round begins its calls with other clips."""
    calls: list[Draft] = []
    by_agent = _by_agent(clips)
    for agent, names in by_agent.items():
        turns = round(count * len(names) / len(clips) / TURNS_PER_CALL) * TURNS_PER_CALL
        # One more than a whole round would begin every round's calls with the same clips.
        circle = cycle(names if len(names) % TURNS_PER_CALL else (*names, names[0]))
        calls += [Draft(agent, group) for group in _in_groups(list(islice(circle, turns)), TURNS_PER_CALL)]
    return calls


def load_drafts(calls: int, choice: CorpusChoice = "main") -> list[Draft]:
    """At least `calls` calls of one agent, each with its own five questions, so that they do not speak in chorus."""
    clips = [clip.id for clip in clips_of("question", corpora=corpora_of(choice)) if clip.agent == "reception"]
    return [
        Draft("reception", tuple(clips[(start * 3 + step) % len(clips)] for step in range(TURNS_PER_CALL)))
        for start in range(max(calls, CALLS_PER_LEVEL))
    ]


def _first(clips: Sequence[Clip], limit: int | None) -> list[Clip]:
    return list(islice(clips, limit))


def _by_agent(clips: Iterable[Clip]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for clip in clips:
        found.setdefault(clip.agent, []).append(clip.id)
    return found


def _talks(clips: Iterable[Clip]) -> list[Draft]:
    """Several turns a call, one agent a call."""
    return [
        Draft(agent, names)
        for agent, all_names in _by_agent(clips).items()
        for names in _in_groups(all_names, TURNS_PER_CALL)
    ]


def _into_speech(clips: Sequence[Clip], *, greeting: bool) -> list[Draft]:
    """Two a call. With `greeting` the first falls into it; everything else falls into a long answer."""
    groups = _in_groups([clip.id for clip in clips], INTO_SPEECH_PER_CALL)
    return [Draft("reception", names, LEAD, greeting) for names in groups]


def _in_groups(names: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(names[start : start + size]) for start in range(0, len(names), size)]


def shares(drafts: Sequence[Draft], at_once: int, most: int = CALLS_PER_DRIVER) -> list[tuple[list[Draft], int]]:
    """The calls dealt out to driver processes of at most `most` calls at once each: (calls, calls at once)."""
    drivers = max(1, -(-at_once // most))
    return [
        (list(drafts[index::drivers]), len(range(index, at_once, drivers)))
        for index in range(drivers)
        if drafts[index::drivers]
    ]
