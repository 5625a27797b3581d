"""Turn policies compared on what the real engines heard: dead air against false cut-offs. Pure.

A policy is replayed hop by hop through the worker's own `TurnTaker`; words and score arrive a fixed
time after each pause is asked about. Nothing is measured here, so the same evidence gives the same
figures on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from channels_io.bench.evidence import ClipHeard, PauseHeard
from inference.patience import RANGES
from inference.turns import HOP, RATE, EndOfTurn, Pause, PauseOver, TurnPolicy, TurnTaker

ANSWER_MS = 120.0
"""From the question at a pause to its words and score, about what two CPU cores need."""
SAME_END_MS = 150.0
"""A turn that ends this little before the clip's last audible sample has lost no word."""

Judge = Callable[[PauseHeard], PauseHeard]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy to compare. `judge` changes the evidence that it may see."""

    family: str
    setting: float
    policy: TurnPolicy
    judge: Judge = lambda pause: pause
    chosen: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """One clip under one policy. `dead_air_ms` is None when it was cut off, or never answered."""

    clip: str
    cut_off: bool
    dead_air_ms: float | None


class Point(msgspec.Struct, frozen=True):
    """One policy over one corpus. Dead air: last audible sample → end of turn, of clips not cut off."""

    family: str
    setting: float
    chosen: bool
    p50_ms: float
    p95_ms: float
    questions_p50_ms: float
    questions_p95_ms: float
    pause_clips: int
    cut_offs: tuple[str, ...]
    """Pause clips that were cut off."""
    question_cut_offs: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def cut_off_rate(self) -> float:
        return len(self.cut_offs) / self.pause_clips if self.pause_clips else 0.0


def candidates() -> list[Candidate]:
    """The families that are drawn; `setting` is what runs along each line."""
    found = [Candidate("silence only", ms, _flat(ms), _deaf) for ms in range(200, 1001, 100)]
    found += [
        Candidate("turn model only", ms, TurnPolicy(max_silence_ms=ms, ranges=dict.fromkeys(RANGES, (0.0, 1.0))), _mute)
        for ms in range(300, 1501, 200)
    ]
    found += [Candidate("words only", scale, _scaled(scale), _unscored) for scale in (0.5, 0.75, 1.0, 1.25, 1.5)]
    found += [
        Candidate("words and turn model", scale, _scaled(scale), chosen=scale == 1.0)
        for scale in (0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4)
    ]
    found += [Candidate("longer floor", ms, TurnPolicy(min_silence_ms=ms)) for ms in (100, 150, 250, 300, 400)]
    return found


def _flat(milliseconds: float) -> TurnPolicy:
    return TurnPolicy(min_silence_ms=milliseconds, max_silence_ms=milliseconds, dictation_ms=milliseconds)


def _scaled(scale: float) -> TurnPolicy:
    """Every wait beyond the shortest, times `scale`."""
    usual = TurnPolicy()
    longest = usual.min_silence_ms + scale * (usual.max_silence_ms - usual.min_silence_ms)
    dictation = usual.min_silence_ms + scale * (usual.dictation_ms - usual.min_silence_ms)
    return TurnPolicy(max_silence_ms=longest, dictation_ms=dictation)


def _deaf(pause: PauseHeard) -> PauseHeard:
    return msgspec.structs.replace(pause, score=0.0)


def _mute(pause: PauseHeard) -> PauseHeard:
    """The words are there, but say nothing about an end."""
    return msgspec.structs.replace(pause, text="words" if pause.text else "")


def _unscored(pause: PauseHeard) -> PauseHeard:
    return msgspec.structs.replace(pause, score=0.5)


def replay(clip: ClipHeard, candidate: Candidate, answer_ms: float = ANSWER_MS) -> Outcome:
    """The first end of a turn that the policy finds in the clip."""
    turns = TurnTaker(candidate.policy)
    heard = {pause.sample: candidate.judge(pause) for pause in clip.pauses}
    wait = round(answer_ms * RATE / 1000)
    due: tuple[int, PauseHeard] | None = None
    for probability in clip.hops:
        while due is not None and due[0] < turns.position + HOP:
            (at, pause), due = due, None
            for decision in turns.pause_answer(pause.sample, pause.text, pause.score, pause.confidence):
                if isinstance(decision, EndOfTurn):
                    return _outcome(clip, decision, max(at, turns.position))
        for decision in turns.hop(probability):
            match decision:
                case Pause(sample=sample):
                    due = (turns.position + wait, heard[sample])
                case PauseOver():
                    due = None
                case EndOfTurn():
                    return _outcome(clip, decision, turns.position)
    return Outcome(clip.id, cut_off=False, dead_air_ms=None)


def _outcome(clip: ClipHeard, end: EndOfTurn, at: int) -> Outcome:
    if end.speech_end < clip.speech_end - SAME_END_MS * RATE / 1000:
        return Outcome(clip.id, cut_off=True, dead_air_ms=None)
    return Outcome(clip.id, cut_off=False, dead_air_ms=round((at - clip.speech_end) * 1000 / RATE, 1))


def point(candidate: Candidate, clips: Sequence[ClipHeard]) -> Point:
    """One policy over these clips."""
    pairs = [(clip, replay(clip, candidate)) for clip in clips]
    return Point(
        family=candidate.family,
        setting=candidate.setting,
        chosen=candidate.chosen,
        p50_ms=_percentile([outcome.dead_air_ms for _, outcome in pairs], 50),
        p95_ms=_percentile([outcome.dead_air_ms for _, outcome in pairs], 95),
        questions_p50_ms=_percentile([each.dead_air_ms for clip, each in pairs if clip.kind == "question"], 50),
        questions_p95_ms=_percentile([each.dead_air_ms for clip, each in pairs if clip.kind == "question"], 95),
        pause_clips=sum(clip.kind == "pause" for clip in clips),
        cut_offs=tuple(clip.id for clip, outcome in pairs if outcome.cut_off and clip.kind == "pause"),
        question_cut_offs=tuple(clip.id for clip, outcome in pairs if outcome.cut_off and clip.kind != "pause"),
        missed=tuple(clip.id for clip, outcome in pairs if not outcome.cut_off and outcome.dead_air_ms is None),
    )


def sweep(clips: Sequence[ClipHeard]) -> list[Point]:
    return [point(candidate, clips) for candidate in candidates()]


def _percentile(values: Iterable[float | None], percent: float) -> float:
    """NaN-free: 0 where nothing was answered."""
    known = [value for value in values if value is not None]
    return round(float(np.percentile(known, percent)), 1) if known else 0.0


def sweep_table(points: Sequence[Point]) -> str:
    """For the terminal; dead air in milliseconds."""
    lines = [f"{'policy':<24}{'setting':>8}{'p50':>7}{'p95':>7}{'questions p50/p95':>20}{'cut-offs':>10}  which"]
    for each in points:
        mark = " <- chosen" if each.chosen else ""
        questions = f"{each.questions_p50_ms:.0f} / {each.questions_p95_ms:.0f}"
        cut = f"{len(each.cut_offs)}/{each.pause_clips}"
        which = " ".join((*each.cut_offs, *each.question_cut_offs, *(f"missed:{clip}" for clip in each.missed)))
        lines.append(
            f"{each.family:<24}{each.setting:>8g}{each.p50_ms:>7.0f}{each.p95_ms:>7.0f}{questions:>20}{cut:>10}  "
            f"{which if len(which) < 60 else ''}{mark}"
        )
    return "\n".join(lines)
