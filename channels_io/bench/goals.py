"""The goals of a turn against what the cells reached: a row for each thing that is asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from channels_io.bench.accuracy import AccuracyFigures
from channels_io.bench.figures import CACHED_PERCENT, SPANS_LIMIT_MS, Figures, Share, eater, grown
from channels_io.bench.load import ADDED_LIMIT_MS, LoadFigures
from channels_io.bench.pairs import pairs_of
from channels_io.bench.peers.driver import PARLEY
from channels_io.bench.peers.report import Peers
from channels_io.bench.records import TurnRecord

PHONE_MS = 20.0
"""What the telephone's wire may add: one of its frames."""
PEERS_P50_MS, PEERS_P95_MS = 1587.0, 1924.0
"""The best setting of the peers with the same weights on such a machine, 2026-11-22, 24 turns."""


class Results(Struct, frozen=True):
    """What the cells found; None where one has not been run."""

    real: Figures | None = None
    fresh: Figures | None = None
    barge_in: Figures | None = None
    phone: Figures | None = None
    phone_barge_in: Figures | None = None
    flow: Figures | None = None
    fake_segment: Figures | None = None
    fake_stream: Figures | None = None
    load: LoadFigures | None = None
    accuracy: AccuracyFigures | None = None
    peers: Peers | None = None


class Row(Struct, frozen=True):
    """`met` is None where nothing was measured."""

    number: int
    measure: str
    goal: str
    reached: str
    met: bool | None
    eater: str = ""
    """Where it was missed: the span that takes the time."""
    void: bool = False


def rows(results: Results) -> list[Row]:
    """Goals 1 to 10 in their order; a goal that asks for several things has several rows."""
    return [
        *_voice_to_voice(results.real),
        *_peers(results),
        *_orchestration(results.fake_segment, "segment", 340.0),
        *_orchestration(results.fake_stream, "stream", 270.0),
        *_barge_in(results.barge_in),
        *_telephone(results),
        *_first_turn(results.real),
        *_flow(results.flow),
        *_load(results.load),
        *(
            row
            for name, figures in (("default models", results.real), ("segment", results.fake_segment), ("stream", results.fake_stream))
            for row in _tail(figures, name)
        ),
        _words(results.barge_in),
        *(
            row
            for name, figures in (("default models", results.real), ("segment", results.fake_segment), ("stream", results.fake_stream))
            for row in _spans_add_up(figures, name)
        ),
        *_accuracy(results.accuracy),
    ]  # fmt: skip


def _voice_to_voice(figures: Figures | None) -> list[Row]:
    if figures is None:
        return [_unmeasured(1, "voice to voice, default models, one call", "p50 ≤ 400, p95 ≤ 700 ms", "real")]
    v2v = figures.v2v_ms
    return [
        _most(1, "voice to voice p50, default models", v2v.p50, 400.0, figures),
        _most(1, "voice to voice p95, default models", v2v.p95, 700.0, figures),
        # A filler is no answer: a p95 that was bought with fillers is none.
        _share_at_most(1, "turns that begin with a filler", figures.fillers, 5.0, figures),
        _share_at_most(1, "false cut-offs on mid-sentence pauses", figures.false_cut_offs, 5.0, figures),
    ]


def _peers(results: Results) -> list[Row]:
    if results.peers is not None:
        return _side_by_side(results.peers)
    figures = results.real
    if figures is None:
        return [_unmeasured(2, "against the peers", "p50 ≤ 0.3 ×, p95 ≤ 0.4 ×", "real")]
    return [
        _most(2, f"{name} against the best peer's {peer:,.0f} ms ({factor} ×)", value, round(factor * peer, 1), figures)
        for name, value, peer, factor in (
            ("p50", figures.v2v_ms.p50, PEERS_P50_MS, 0.3),
            ("p95", figures.v2v_ms.p95, PEERS_P95_MS, 0.4),
        )
    ]


def _side_by_side(peers: Peers) -> list[Row]:
    ours = peers.stacks.get(PARLEY)
    found = []
    for ratio in peers.ratios:
        if ratio.value is None or ratio.parley_ms is None or ratio.best_ms is None or ours is None:
            found.append(_unmeasured(2, f"{ratio.percentile} against the best peer", f"≤ {ratio.goal} ×", "peers"))
            continue
        limit = ratio.goal * ratio.best_ms
        found.append(
            Row(
                2,
                f"{ratio.percentile} against pipecat's best ({ratio.best}, {ratio.best_ms:,.0f} ms), the same run",
                f"≤ {ratio.goal} ×",
                f"{ratio.value:.2f} × ({ratio.parley_ms:,.0f} ms)",
                ratio.reached,
                "" if ratio.reached else _eater(ours.turns, limit),
                any(figures.void for figures in peers.stacks.values()),
            )
        )
    return found


def _orchestration(figures: Figures | None, name: str, limit: float) -> list[Row]:
    if figures is None:
        return [_unmeasured(3, f"orchestration alone, {name}", f"p50 ≤ {limit:.0f} ms", f"fake-{name}")]
    v2v = figures.v2v_ms
    rows = [_most(3, f"orchestration alone, {name}: p50", v2v.p50, limit, figures)]
    if v2v.p50 is not None:
        rows.append(_most(3, f"orchestration alone, {name}: p95 against p50 + 60", v2v.p95, v2v.p50 + 60, figures))
    return rows


def _barge_in(figures: Figures | None) -> list[Row]:
    if figures is None:
        return [_unmeasured(4, "barge-in", "ducked ≤ 60, silent ≤ 120 / 160 ms", "barge-in")]
    return [
        _most(4, "barge-in: ducked p50", figures.ducked_ms.p50, 60.0, figures, waits=False),
        _most(4, "barge-in: silent p50", figures.silent_ms.p50, 120.0, figures, waits=False),
        _most(4, "barge-in: silent p95", figures.silent_ms.p95, 160.0, figures, waits=False),
        _share_at_most(4, '"mm-hm" stops the agent', figures.false_stops, 5.0, figures),
    ]


def _telephone(results: Results) -> list[Row]:
    """The same goals with the caller on a telephone, and `PHONE_MS` on top."""
    rows = []
    if results.phone is None:
        rows.append(_unmeasured(1, "voice to voice on the telephone", "p50 ≤ 420, p95 ≤ 720 ms", "phone"))
    else:
        v2v = results.phone.v2v_ms
        rows.append(_most(1, "voice to voice p50, telephone", v2v.p50, 400.0 + PHONE_MS, results.phone))
        rows.append(_most(1, "voice to voice p95, telephone", v2v.p95, 700.0 + PHONE_MS, results.phone))
        if results.real is not None:
            rows.append(_added_by_telephone(results.real, results.phone))
    if results.phone_barge_in is None:
        return [*rows, _unmeasured(4, "barge-in on the telephone", "silent ≤ 140 / 180 ms", "phone-barge-in")]
    silent = results.phone_barge_in.silent_ms
    return [
        *rows,
        _most(
            4,
            "barge-in on the telephone: silent p50",
            silent.p50,
            120.0 + PHONE_MS,
            results.phone_barge_in,
            waits=False,
        ),
        _most(
            4,
            "barge-in on the telephone: silent p95",
            silent.p95,
            160.0 + PHONE_MS,
            results.phone_barge_in,
            waits=False,
        ),
    ]


def _added_by_telephone(browser: Figures, phone: Figures) -> Row:
    pairs = pairs_of(browser.turns, phone.turns)
    added = pairs.added_ms
    return Row(
        1,
        "telephone against the browser, clip by clip: median",
        f"≤ +{PHONE_MS:.0f} ms",
        "nothing measured" if added is None else f"{added:+,.0f} ms ({pairs.count} clips)",
        None if added is None else added <= PHONE_MS,
        void=browser.void or phone.void,
    )


def _first_turn(figures: Figures | None) -> list[Row]:
    if figures is None:
        return [_unmeasured(5, "first turn of a call, cached tokens, greeting", "as later turns", "real")]
    first, fifth = figures.first_turn_ms.p95, figures.fifth_turn_ms.p95
    rows = []
    if first is not None and fifth is not None:
        rows.append(
            Row(
                5,
                "first turn p95 against the fifth's",
                f"≤ {1.1 * fifth:,.0f} ms (1.1 ×)",
                f"{first:,.0f} ms ({first / fifth:.2f} ×)",
                first <= 1.1 * fifth,
                "" if first <= 1.1 * fifth else _grown(figures.turns),
                figures.void,
            )
        )
    return [
        *rows,
        _share_at_least(
            5, f"turns with ≥ {CACHED_PERCENT:.0f} % of the prompt cached", figures.well_cached, 100.0, figures
        ),
        _most(5, "connect to greeting p50", figures.greeting_ms.p50, 60.0, figures, waits=False),
    ]


def _flow(figures: Figures | None) -> list[Row]:
    if figures is None:
        return [_unmeasured(6, "fixed-sentence reply after the commit", "+ 20 ms", "flow")]
    return [
        _most(
            6,
            "drawn flow, answers without a model: worker's time p50",
            figures.fixed_ms.p50,
            20.0,
            figures,
            waits=False,
        ),
        _most(
            6,
            "drawn flow, answers without a model: worker's time p95",
            figures.fixed_ms.p95,
            20.0,
            figures,
            waits=False,
        ),
        _most(0, "drawn flow, the model chooses an edge: p50", figures.chosen_ms.p50, 150.0, figures, waits=False),
        # Most choices were made while the caller spoke: the median alone would hide those that were not.
        _most(0, "drawn flow, the model chooses an edge: p95", figures.chosen_ms.p95, 150.0, figures, waits=False),
    ]


def _load(figures: LoadFigures | None) -> list[Row]:
    if figures is None:
        return [
            _unmeasured(7, "calls per core, fake engines, VAD on", f"≥ 25 at + {ADDED_LIMIT_MS:.0f} ms p95", "load")
        ]
    void = figures.void
    memory = figures.rss_per_extra_call_mb
    rows = [
        Row(7, f"calls per core at ≤ {ADDED_LIMIT_MS:.0f} ms added p95", "≥ 25",
            f"{figures.calls_per_core:.1f} ({figures.held} on {figures.cores} cores)", figures.calls_per_core >= 25, void=void),
        Row(7, "memory of an extra call", "≤ 2 MB", "-" if memory is None else f"{memory:.1f} MB",
            None if memory is None else memory <= 2, void=void),
    ]  # fmt: skip
    if figures.overload is not None:
        step, added = figures.overload, figures.overload.added_ms(figures.steps[0])
        rows.append(
            Row(
                7,
                f"twice the load ({step.calls} calls): added p95 of those taken",
                f"≤ {ADDED_LIMIT_MS:.0f} ms, others refused",
                f"{'-' if added is None else f'{added:,.0f} ms'}, {step.refused} refused, {step.missed} unanswered",
                figures.unharmed,
                void=step.void,
            )
        )
    return rows


def _tail(figures: Figures | None, name: str) -> list[Row]:
    if figures is None or figures.v2v_ms.p50 is None:
        return []
    return [_most(8, f"p99 against 2 × p50, {name}", figures.v2v_ms.p99, 2 * figures.v2v_ms.p50, figures)]


def _words(figures: Figures | None) -> Row:
    measure = "interrupted replies kept within 1 word of what was played"
    if figures is None:
        return _unmeasured(9, measure, "≥ 95 %", "barge-in")
    return _share_at_least(9, measure, Share(sum(cut.right for cut in figures.cuts), len(figures.cuts)), 95.0, figures)


def _spans_add_up(figures: Figures | None, name: str) -> list[Row]:
    if figures is None:
        return []
    return [_share_at_least(10, f"spans within {SPANS_LIMIT_MS:.0f} ms of the outside figure, {name}", figures.spans_add_up, 95.0, figures)]  # fmt: skip


def _accuracy(figures: AccuracyFigures | None) -> list[Row]:
    """Not among the ten: what speed may not cost."""
    if figures is None or figures.points_lost is None:
        return []
    lost = figures.points_lost
    return [
        Row(
            0,
            "word error rate against the whole 30 s window",
            "within 1 point",
            f"{figures.short.percent:.1f} % against {figures.full.percent:.1f} %",
            lost <= 1.0,
        )
    ]


# --- one row ----------------------------------------------------------------------------------


def _unmeasured(number: int, measure: str, goal: str, cell: str) -> Row:
    return Row(number, measure, goal, f"not measured: `make bench ONLY={cell}`", None)


def _most(number: int, measure: str, value: float | None, limit: float, figures: Figures, *, waits: bool = True) -> Row:
    """Milliseconds that may be at most `limit`; `waits`: the waterfall says where they went."""
    met = None if value is None else value <= limit
    return Row(
        number,
        measure,
        f"≤ {limit:,.0f} ms",
        "nothing measured" if value is None else f"{value:,.0f} ms",
        met,
        _eater(figures.turns, limit) if met is False and waits else "",
        figures.void,
    )


def _share_at_most(number: int, measure: str, share: Share, limit: float, figures: Figures) -> Row:
    met = None if share.percent is None else share.percent <= limit
    return Row(number, measure, f"≤ {limit:.0f} %", said(share), met, void=figures.void)


def _share_at_least(number: int, measure: str, share: Share, limit: float, figures: Figures) -> Row:
    met = None if share.percent is None else share.percent >= limit
    goal = "all" if limit >= 100 else f"≥ {limit:.0f} %"
    return Row(number, measure, goal, said(share), met, void=figures.void)


def said(share: Share) -> str:
    return "nothing measured" if share.percent is None else f"{share.percent:.1f} % ({share.count} of {share.of})"


def _eater(turns: Sequence[TurnRecord], above_ms: float) -> str:
    found = eater(turns, above_ms)
    return "" if found is None else f"{found[0]}, {found[1]:,.0f} ms"


def _grown(turns: Sequence[TurnRecord]) -> str:
    found = grown(
        [turn for turn in turns if turn.position == 4 and turn.v2v_ms is not None],
        [turn for turn in turns if turn.position == 0 and turn.v2v_ms is not None],
    )
    return "" if found is None else f"{found[0]}, {found[1]:+,.0f} ms"
