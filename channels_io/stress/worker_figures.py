"""How calls came through the loss of a worker and the stop of another: figures and a table. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct

from channels_io.stress.talkers import APOLOGY, RESUMED, Talk

FIRST_SOUND = 1.5
BACK = 2.0
AFFINITY = 0.9
"""What is promised: seconds, seconds, share of answers."""


class Killed(Struct, frozen=True):
    """Seconds from SIGKILL, of the calls that the worker had."""

    calls: int
    first_sound: tuple[float, ...]
    """Until the caller heard something."""
    back: tuple[float, ...]
    """Until another worker had the conversation and the caller was asked to go on."""
    answer_ms: tuple[float, ...]
    """From the end of the next question to the first sound of its answer."""


class Drained(Struct, frozen=True):
    calls_lost: int
    """That heard an apology though the worker had time to stop."""
    moved: int
    """Conversations that went to another worker between two turns."""
    stopped_after: float
    """Seconds from SIGTERM to the end of the process."""
    answer_ms: tuple[float, ...]
    """Voice to voice of all turns from SIGTERM on."""


class Figures(Struct, frozen=True):
    calls: int
    dropped: tuple[str, ...]
    questions: int
    unanswered: int
    """Asked while no worker was lost, and nothing came."""
    resident: int
    cold: int
    """Answers by workers that held the agent's prompt ready, and that had to read it."""
    steady_affinity: float
    """Share of answers where it was held ready, as long as both workers were there."""
    steady_ms: tuple[float, ...]
    killed: Killed
    drained: Drained

    @property
    def affinity(self) -> float:
        return self.resident / max(1, self.resident + self.cold)

    @property
    def kept(self) -> bool:
        killed = self.killed
        return (
            not self.dropped
            and len(killed.first_sound) == len(killed.back) == killed.calls > 0
            and percentile(killed.first_sound, 0.95) <= FIRST_SOUND
            and percentile(killed.back, 0.95) <= BACK
            and self.drained.calls_lost == 0
            and self.steady_affinity >= AFFINITY
        )


def judge(
    talks: Sequence[Talk],
    *,
    killed_at: float,
    drained_at: float,
    stopped_after: float,
    counted: Mapping[str, float],
    before: Mapping[str, float],
) -> Figures:
    """`counted`: of the web's metrics: "resident", "cold", "moved"; `before` the first fault. Times of the monotonic clock."""
    hit = [talk for talk in talks if any(killed_at <= at < drained_at for at in talk.failures("worker_lost"))]
    asked = [each for talk in talks for each in talk.asked]
    return Figures(
        calls=len(talks),
        dropped=tuple(f"call {talk.number}: {talk.dropped}" for talk in talks if talk.dropped),
        questions=len(asked),
        unanswered=sum(each.v2v_ms is None and not each.lost for each in asked),
        resident=int(counted["resident"]),
        cold=int(counted["cold"]),
        steady_affinity=before["resident"] / max(1.0, before["resident"] + before["cold"]),
        steady_ms=tuple(each.v2v_ms for each in asked if each.began < killed_at and each.v2v_ms is not None),
        killed=Killed(
            calls=len(hit),
            first_sound=_since(killed_at, [talk.sounded(APOLOGY) for talk in hit]),
            back=_since(killed_at, [talk.said(RESUMED) for talk in hit]),
            answer_ms=tuple(ms for talk in hit if (ms := _next_answer(talk, killed_at)) is not None),
        ),
        drained=Drained(
            calls_lost=sum(any(at >= drained_at for at in talk.failures("worker_lost")) for talk in talks),
            moved=int(counted["moved"]),
            stopped_after=stopped_after,
            answer_ms=tuple(each.v2v_ms for each in asked if each.began >= drained_at and each.v2v_ms is not None),
        ),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def render(figures: Figures) -> str:
    """For a terminal."""
    killed, drained = figures.killed, figures.drained
    return "\n".join(
        (
            f"{figures.calls} calls, {figures.questions} questions on two workers",
            f"calls dropped                          {len(figures.dropped)}   goal 0",
            *(f"  {each}" for each in figures.dropped),
            f"questions without an answer            {figures.unanswered}",
            f"answers where the prompt was ready     {figures.steady_affinity:.1%}   goal 90 %",
            f"  with both faults                     {figures.affinity:.1%}   ({figures.cold} of {figures.resident + figures.cold} were not)",
            f"voice to voice before                  {_spread(figures.steady_ms, 'ms')}",
            f"SIGKILL: calls it had                  {killed.calls}",
            f"  first sound after                    {_spread(killed.first_sound, 's')}   goal p95 1.5 s",
            f"  at the other worker after            {_spread(killed.back, 's')}   goal 2 s",
            f"  voice to voice of the next answer    {_spread(killed.answer_ms, 'ms')}",
            f"SIGTERM: calls that noticed            {drained.calls_lost}   goal 0",
            f"  conversations moved between turns    {drained.moved}",
            f"  process ended after                  {drained.stopped_after:.1f} s",
            f"  voice to voice from then on          {_spread(drained.answer_ms, 'ms')}",
            f"{'kept' if figures.kept else 'NOT KEPT'}",
        )
    )


def _since(moment: float, times: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Of each call, from `moment` to the first of its times after it."""
    return tuple(min(later) - moment for each in times if (later := [at for at in each if at >= moment]))


def _next_answer(talk: Talk, moment: float) -> float | None:
    back = min((at for at in talk.said(RESUMED) if at >= moment), default=math.inf)
    return next((each.v2v_ms for each in talk.asked if each.began >= back and each.v2v_ms is not None), None)


def _spread(values: Sequence[float], unit: str) -> str:
    if not values:
        return "–"
    places = 0 if unit == "ms" else 2
    shown = (percentile(values, share) for share in (0.5, 0.95, 1.0))
    p50, p95, worst = (f"{value:.{places}f}" for value in shown)
    return f"p50 {p50}, p95 {p95}, worst {worst} {unit} ({len(values)})"
