"""From what was observed to what is reported: plain arithmetic, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from channels_io.bench.records import BackChannelRecord, BargeInRecord, Lateness, RunRecord, Stalls, TurnRecord
from channels_io.bench.words import Cut

LATENESS_LIMIT_MS = 2.0
"""A driver that sends later than this at p99, beyond what the machine itself does to it, measures itself: void."""
SPANS_LIMIT_MS = 30.0
CACHED_PERCENT = 95.0
CHOICE = "choice"
WORK = (CHOICE, "first token", "first clause", "voice")
FILLER = "filler"
"""The span of a turn that began with one."""


class Distribution(Struct, frozen=True):
    """Milliseconds; percentiles are interpolated linearly."""

    n: int = 0
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    max: float | None = None
    p99: float | None = None


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
    greeting_ms: Distribution = Distribution()
    """From the open socket to the greeting's first audible sample."""
    well_cached: Share = Share(0, 0)
    """Turns with at least `CACHED_PERCENT` of their prompt tokens cached."""
    fillers: Share = Share(0, 0)
    """Answered turns whose first sound was a filler, not the answer: their time is the filler's."""
    stalls: Stalls = Stalls()
    """What an idle process beside the driver saw."""
    driver_cores: float = 0.0
    """How much of one core the driver used."""
    cuts: tuple[Cut, ...] = ()
    """Interrupted replies: words that sounded against words that the transcript kept."""
    fixed_ms: Distribution = Distribution()
    """What the worker took over answers of a flow that need no model."""
    chosen_ms: Distribution = Distribution()
    """What choices took that the model made, beside the answers behind them."""


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
    p50, p90, p95, p99 = (round(float(value), 1) for value in np.percentile(numbers, (50, 90, 95, 99)))
    return Distribution(
        n=int(numbers.size),
        min=round(float(numbers.min()), 1),
        p50=p50,
        p90=p90,
        p95=p95,
        max=round(float(numbers.max()), 1),
        p99=p99,
    )


def span_error(turn: TurnRecord) -> float | None:
    """|sum of the waterfall − what the caller measured|; None for turns without an answer."""
    if turn.v2v_ms is None or not turn.spans:
        return None
    return abs(sum(span.ms for span in turn.spans) - turn.v2v_ms)


def own_lateness_ms(late: Lateness, stalls: Stalls, urgent: bool) -> float:
    """p99 by which the driver was late beyond what the machine did to a process that only sleeps.

    The sleeper excuses nothing unless both ran before everything else: otherwise the server under
    test may be what delayed them.
    """
    excused = stalls.lateness_ms.p99 if urgent and stalls.urgent else 0.0
    return max(0.0, late.p99 - excused)


def figures_of(
    cell: str,
    run: RunRecord,
    cost: Cost,
    stalls: Stalls = Stalls(),  # noqa: B008 - frozen
    *,
    seconds: float = 0.0,
    cuts: Sequence[Cut] = (),
) -> Figures:
    """`seconds` is how long the driver ran, for its own share of a core."""
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
        void=own_lateness_ms(run.lateness_ms, stalls, run.driver_urgent) >= LATENESS_LIMIT_MS,
        call_seconds=round(run.call_seconds, 1),
        skipped=run.skipped,
        not_played=run.not_played,
        problems=run.problems,
        turns=run.turns,
        barge_ins=run.barge_ins,
        back_channels=run.back_channels,
        greeting_ms=distribution(run.greetings_ms),
        well_cached=_well_cached(answered),
        fillers=Share(sum(any(span.name == FILLER for span in turn.spans) for turn in answered), len(answered)),
        stalls=stalls,
        driver_cores=round(run.driver_cpu_seconds / seconds, 3) if seconds else 0.0,
        cuts=tuple(cuts),
        fixed_ms=distribution(_worked(turn) for turn in answered if turn.spans and not turn.prompt_tokens),
        chosen_ms=distribution(_span(turn, CHOICE) for turn in answered if turn.prompt_tokens and _span(turn, CHOICE)),
    )


def _worked(turn: TurnRecord) -> float:
    """Milliseconds of the waits in which the worker made the answer: not those for the caller or the line."""
    return sum(span.ms for span in turn.spans if span.name in WORK)


def _span(turn: TurnRecord, name: str) -> float:
    return sum(span.ms for span in turn.spans if span.name == name)


def _well_cached(turns: Sequence[TurnRecord]) -> Share:
    asked = [turn for turn in turns if turn.prompt_tokens]
    return Share(sum(100 * turn.cached_tokens >= CACHED_PERCENT * turn.prompt_tokens for turn in asked), len(asked))


def eater(turns: Iterable[TurnRecord], above_ms: float) -> tuple[str, float] | None:
    """(name, median ms) of the span that takes most of the turns slower than this; None without such turns."""
    slow = [turn for turn in turns if turn.v2v_ms is not None and turn.v2v_ms > above_ms]
    medians = {name: values.p50 or 0.0 for name, values in _spans(slow, zeros=True).items()}
    return max(medians.items(), key=lambda item: item[1], default=None)


def grown(fast: Iterable[TurnRecord], slow: Iterable[TurnRecord]) -> tuple[str, float] | None:
    """(name, ms) of the span whose median is most longer in `slow` than in `fast`."""
    before, after = _spans(list(fast), zeros=True), _spans(list(slow), zeros=True)
    gains = {
        name: (values.p50 or 0.0) - (before.get(name, Distribution()).p50 or 0.0) for name, values in after.items()
    }
    return max(gains.items(), key=lambda item: item[1], default=None)


def _spans(turns: Sequence[TurnRecord], *, zeros: bool = False) -> dict[str, Distribution]:
    """Per name, in the order of first appearance; a span that comes twice in a turn counts once, summed.

    `zeros`: a turn without a span spent 0 ms in it, so that a rare span cannot look like a usual one.
    """
    names: dict[str, list[float]] = {}
    for turn in turns:
        sums: dict[str, float] = {}
        for span in turn.spans:
            sums[span.name] = sums.get(span.name, 0.0) + span.ms
        for name, ms in sums.items():
            names.setdefault(name, []).append(ms)
    timed = sum(bool(turn.spans) for turn in turns)
    return {
        name: distribution([*values, *[0.0] * (timed - len(values) if zeros else 0)]) for name, values in names.items()
    }
