"""From what was observed to what is reported: plain arithmetic, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from channels_io.bench.records import BackChannelRecord, BargeInRecord, Lateness, RunRecord, TurnRecord

LATENESS_LIMIT_MS = 2.0
"""A driver that sends later than this at p99 measures itself: the run is void."""
SPANS_LIMIT_MS = 30.0


class Distribution(Struct, frozen=True):
    """Milliseconds; percentiles are interpolated linearly."""

    n: int = 0
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    max: float | None = None


class Share(Struct, frozen=True):
    count: int
    of: int

    @property
    def percent(self) -> float | None:
        return None if not self.of else 100 * self.count / self.of


class Cost(Struct, frozen=True):
    """What the server's processes used while the driver called; None where their ids were not known."""

    cpu_seconds_per_call_minute: float | None = None
    rss_mb: float | None = None
    rss_per_extra_call_mb: float | None = None


class Figures(Struct, frozen=True):
    cell: str
    v2v_ms: Distribution
    first_turn_ms: Distribution
    later_turns_ms: Distribution
    fifth_turn_ms: Distribution
    spans_ms: dict[str, Distribution]
    span_sum_error_ms: Distribution
    spans_add_up: Share
    false_cut_offs: Share
    """Of the utterances with a pause in their middle."""
    other_cut_offs: Share
    """Of all other questions: they have no voice-to-voice time either, and must not vanish."""
    missed_turns: Share
    right_answers: Share
    ducked_ms: Distribution
    silent_ms: Distribution
    barge_ins_ignored: Share
    false_stops: Share
    prompt_tokens: int
    cached_tokens: int
    reply_tokens: int
    cost: Cost
    lateness_ms: Lateness
    void: bool
    call_seconds: float
    skipped: tuple[str, ...]
    not_played: tuple[str, ...]
    problems: tuple[str, ...]
    turns: tuple[TurnRecord, ...]
    barge_ins: tuple[BargeInRecord, ...]
    back_channels: tuple[BackChannelRecord, ...]


def is_right(said: str, expected: Sequence[str]) -> bool:
    """Whether the answer holds one of the words, as a word: "no" is not in "know", "1" not in "12"; "9" is in "9am"."""
    text = said.lower()
    return any(
        re.search(rf"(?<![a-z0-9]){re.escape(word)}(?!{'[0-9]' if word.isdigit() else '[a-z0-9]'})", text)
        for word in expected
    )


def distribution(values: Iterable[float | None]) -> Distribution:
    numbers = np.array([value for value in values if value is not None], dtype=np.float64)
    if numbers.size == 0:
        return Distribution()
    p50, p90, p95 = (round(float(value), 1) for value in np.percentile(numbers, (50, 90, 95)))
    return Distribution(
        n=int(numbers.size),
        min=round(float(numbers.min()), 1),
        p50=p50,
        p90=p90,
        p95=p95,
        max=round(float(numbers.max()), 1),
    )


def span_error(turn: TurnRecord) -> float | None:
    """|sum of the waterfall − what the caller measured|; None for turns without an answer."""
    if turn.v2v_ms is None or not turn.spans:
        return None
    return abs(sum(span.ms for span in turn.spans) - turn.v2v_ms)


def figures_of(cell: str, run: RunRecord, cost: Cost) -> Figures:
    answered = [turn for turn in run.turns if turn.v2v_ms is not None]
    errors = [error for turn in answered if (error := span_error(turn)) is not None]
    paused = [turn for turn in run.turns if turn.kind == "pause"]
    others = [turn for turn in run.turns if turn.kind != "pause"]
    # A fake model's answers are neither right nor wrong.
    judged = [turn for turn in run.turns if turn.right is not None] if cell == "real" else []
    return Figures(
        cell=cell,
        v2v_ms=distribution(turn.v2v_ms for turn in answered),
        first_turn_ms=distribution(turn.v2v_ms for turn in answered if turn.position == 0),
        later_turns_ms=distribution(turn.v2v_ms for turn in answered if turn.position > 0),
        fifth_turn_ms=distribution(turn.v2v_ms for turn in answered if turn.position == 4),
        spans_ms=_spans(answered),
        span_sum_error_ms=distribution(errors),
        spans_add_up=Share(sum(error <= SPANS_LIMIT_MS for error in errors), len(errors)),
        false_cut_offs=Share(sum(turn.cut_off for turn in paused), len(paused)),
        other_cut_offs=Share(sum(turn.cut_off for turn in others), len(others)),
        missed_turns=Share(sum(turn.missed for turn in run.turns), len(run.turns)),
        right_answers=Share(sum(bool(turn.right) for turn in judged), len(judged)),
        ducked_ms=distribution(item.ducked_ms for item in run.barge_ins),
        silent_ms=distribution(item.silent_ms for item in run.barge_ins),
        barge_ins_ignored=Share(sum(item.silent_ms is None for item in run.barge_ins), len(run.barge_ins)),
        false_stops=Share(sum(item.stopped for item in run.back_channels), len(run.back_channels)),
        prompt_tokens=sum(turn.prompt_tokens for turn in run.turns),
        cached_tokens=sum(turn.cached_tokens for turn in run.turns),
        reply_tokens=sum(turn.reply_tokens for turn in run.turns),
        cost=cost,
        lateness_ms=run.lateness_ms,
        void=run.lateness_ms.p99 >= LATENESS_LIMIT_MS,
        call_seconds=round(run.call_seconds, 1),
        skipped=run.skipped,
        not_played=run.not_played,
        problems=run.problems,
        turns=run.turns,
        barge_ins=run.barge_ins,
        back_channels=run.back_channels,
    )


def _spans(turns: Sequence[TurnRecord]) -> dict[str, Distribution]:
    """Per name, in the order of first appearance; a span that comes twice in a turn counts once, summed."""
    names: dict[str, list[float]] = {}
    for turn in turns:
        sums: dict[str, float] = {}
        for span in turn.spans:
            sums[span.name] = sums.get(span.name, 0.0) + span.ms
        for name, ms in sums.items():
            names.setdefault(name, []).append(ms)
    return {name: distribution(values) for name, values in names.items()}


@dataclass(frozen=True, slots=True)
class LoadStep:
    """One level of the load cell."""

    calls: int
    v2v_ms: Distribution
    cpu_seconds_per_call_minute: float | None
    rss_mb: float | None
    missed: int
    lateness_p99_ms: float = 0.0

    def added_ms(self, alone: LoadStep) -> float | None:
        """p95 delay that the other calls add."""
        if self.v2v_ms.p95 is None or alone.v2v_ms.p95 is None:
            return None
        return self.v2v_ms.p95 - alone.v2v_ms.p95


def rss_per_extra_call(steps: Sequence[LoadStep]) -> float | None:
    """Slope between the first and the last level, in MB a call."""
    known = [step for step in steps if step.rss_mb is not None]
    if len(known) < 2 or known[-1].calls == known[0].calls:
        return None
    first, last = known[0], known[-1]
    return round(((last.rss_mb or 0.0) - (first.rss_mb or 0.0)) / (last.calls - first.calls), 2)
