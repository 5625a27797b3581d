from __future__ import annotations

from channels_io.bench.figures import (
    Cost,
    Distribution,
    LoadStep,
    Share,
    distribution,
    figures_of,
    rss_per_extra_call,
    span_error,
)
from channels_io.bench.records import BackChannelRecord, BargeInRecord, RunRecord, TurnRecord, decode_run, encode_run
from channels_io.bench.report import load_table, table
from inference.events import Span


def turn(**fields: object) -> TurnRecord:
    return TurnRecord(**{"clip": "q01", "kind": "question", "call": 0, "position": 0, **fields})  # type: ignore[arg-type]


RUN = RunRecord(
    turns=(
        turn(
            v2v_ms=400.0, spans=(Span("end of turn", 200), Span("recognise", 190)), prompt_tokens=100, cached_tokens=95
        ),
        turn(
            clip="q02", position=1, v2v_ms=600.0, spans=(Span("end of turn", 300), Span("recognise", 200)), right=True
        ),
        turn(clip="q03", position=2, right=False),
        turn(clip="p01", kind="pause", cut_off=True),
        turn(clip="p02", kind="pause", v2v_ms=500.0, spans=(Span("end of turn", 470),)),
    ),
    barge_ins=(BargeInRecord("b01", ducked_ms=50, silent_ms=120), BargeInRecord("b02", ducked_ms=60)),
    back_channels=(BackChannelRecord("c01", stopped=False), BackChannelRecord("c02", stopped=True)),
    skipped=("b03",),
    lateness_p99_ms=0.4,
    call_seconds=60.0,
)


def test_percentiles_are_interpolated_and_absent_values_left_out() -> None:
    assert distribution([None, 10, 20, 30, 40, 50]) == Distribution(n=5, min=10, p50=30, p90=46, p95=48, max=50)
    assert distribution([]) == Distribution()


def test_figures_of_a_run() -> None:
    figures = figures_of("real", RUN, Cost())
    assert figures.v2v_ms.n == 3
    assert figures.v2v_ms.p50 == 500
    assert figures.first_turn_ms.n == 2
    assert figures.later_turns_ms == Distribution(n=1, min=600, p50=600, p90=600, p95=600, max=600)
    assert figures.spans_ms["recognise"].max == 200
    assert figures.span_sum_error_ms.max == 100
    assert figures.spans_add_up == Share(2, 3)
    assert figures.false_cut_offs == Share(1, 2)
    assert figures.missed_turns == Share(1, 5)
    assert figures.right_answers == Share(1, 2)
    assert figures.silent_ms.p50 == 120
    assert figures.barge_ins_ignored == Share(1, 2)
    assert figures.false_stops == Share(1, 2)
    assert (figures.prompt_tokens, figures.cached_tokens) == (100, 95)
    assert not figures.void


def test_a_late_driver_voids_the_run() -> None:
    figures = figures_of("real", RunRecord(lateness_p99_ms=2.0), Cost())
    assert figures.void
    assert "VOID" in table(figures)


def test_a_span_that_comes_twice_counts_summed() -> None:
    record = turn(v2v_ms=30.0, spans=(Span("wait", 10), Span("wait", 15)))
    assert figures_of("real", RunRecord(turns=(record,)), Cost()).spans_ms["wait"].p50 == 25
    assert span_error(record) == 5


def test_the_table_shows_every_figure() -> None:
    text = table(figures_of("real", RUN, Cost(cpu_seconds_per_call_minute=12.5, rss_mb=900.0)))
    assert "voice to voice                  3    400.0    500.0    580.0    590.0    600.0" in text
    assert "false cut-offs                  1 of 2  (50.0 %)" in text
    assert "CPU-s per call minute        12.5" in text
    assert "prompt tokens cached           95 of 100  (95.0 %)" in text
    assert "skipped, no agent speech to fall into: b03" in text


def test_the_load_cell_counts_memory_and_delay_from_the_first_level() -> None:
    steps = [
        LoadStep(1, distribution([300.0]), 1.0, 500.0, 0),
        LoadStep(4, distribution([310.0]), 1.1, 503.0, 0),
        LoadStep(8, distribution([340.0]), 1.2, 510.5, 1),
    ]
    assert rss_per_extra_call(steps) == 1.5
    assert rss_per_extra_call(steps[:1]) is None
    assert steps[2].added_ms(steps[0]) == 40
    assert load_table(steps).splitlines()[3].split() == ["8", "1", "340.0", "340.0", "40.0", "1", "1.2", "510.5", "0.0"]


def test_a_run_survives_the_pipe_between_driver_and_command() -> None:
    assert decode_run(encode_run(RUN)) == RUN
