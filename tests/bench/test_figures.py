from __future__ import annotations

from channels_io.bench.figures import (
    Cost,
    Distribution,
    LoadStep,
    Share,
    distribution,
    figures_of,
    is_right,
    rss_per_extra_call,
    span_error,
)
from channels_io.bench.records import (
    BackChannelRecord,
    BargeInRecord,
    Lateness,
    RunRecord,
    TurnRecord,
    decode_run,
    encode_run,
)
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
        turn(clip="q05", position=4, v2v_ms=450.0),
        turn(clip="q06", cut_off=True),
        turn(clip="p01", kind="pause", cut_off=True),
        turn(clip="p02", kind="pause", v2v_ms=500.0, spans=(Span("end of turn", 470),)),
    ),
    barge_ins=(BargeInRecord("b01", ducked_ms=50, silent_ms=120), BargeInRecord("b02", ducked_ms=60)),
    back_channels=(BackChannelRecord("c01", stopped=False), BackChannelRecord("c02", stopped=True)),
    skipped=("b03",),
    not_played=("b04",),
    lateness_ms=Lateness(3000, 0.1, 0.4, 1.5),
    call_seconds=60.0,
)


def test_percentiles_are_interpolated_and_absent_values_left_out() -> None:
    assert distribution([None, 10, 20, 30, 40, 50]) == Distribution(n=5, min=10, p50=30, p90=46, p95=48, max=50)
    assert distribution([]) == Distribution()


def test_figures_of_a_run() -> None:
    figures = figures_of("real", RUN, Cost())
    assert figures.v2v_ms.n == 4
    assert figures.v2v_ms.p50 == 475
    assert figures.first_turn_ms.n == 2
    assert figures.later_turns_ms == Distribution(n=2, min=450, p50=525, p90=585, p95=592.5, max=600)
    assert figures.fifth_turn_ms == Distribution(n=1, min=450, p50=450, p90=450, p95=450, max=450)
    assert figures.spans_ms["recognise"].max == 200
    assert figures.span_sum_error_ms.max == 100
    assert figures.spans_add_up == Share(2, 3)
    assert figures.false_cut_offs == Share(1, 2)
    # A question that was cut off has no time and is not missed either: it is counted by itself.
    assert figures.other_cut_offs == Share(1, 5)
    assert figures.missed_turns == Share(1, 7)
    assert figures.right_answers == Share(1, 2)
    assert figures.silent_ms.p50 == 120
    assert figures.barge_ins_ignored == Share(1, 2)
    assert figures.false_stops == Share(1, 2)
    assert (figures.prompt_tokens, figures.cached_tokens) == (100, 95)
    assert not figures.void


def test_a_late_driver_voids_the_run() -> None:
    figures = figures_of("real", RunRecord(lateness_ms=Lateness(100, 0.1, 2.0, 9.0)), Cost())
    assert figures.void
    assert "VOID" in table(figures)


def test_a_span_that_comes_twice_counts_summed() -> None:
    record = turn(v2v_ms=30.0, spans=(Span("wait", 10), Span("wait", 15)))
    assert figures_of("real", RunRecord(turns=(record,)), Cost()).spans_ms["wait"].p50 == 25
    assert span_error(record) == 5


def test_the_table_shows_every_figure() -> None:
    text = table(figures_of("real", RUN, Cost(cpu_seconds_per_call_minute=12.5, rss_mb=900.0)))
    assert "voice to voice                  4    400.0    475.0    570.0    585.0    600.0" in text
    assert "driver lateness, ms          p50 0.10, p99 0.40, max 1.50" in text
    assert "false cut-offs                  1 of 2  (50.0 %)" in text
    assert "CPU-s per call minute        12.5" in text
    assert "prompt tokens cached           95 of 100  (95.0 %)" in text
    assert "skipped, no agent speech to fall into: b03" in text
    assert "NOT PLAYED, their call broke: b04" in text


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


def test_an_expected_word_is_found_as_a_word() -> None:
    assert is_right("We close at 6 pm.", ("six", "6"))
    assert is_right("We open at 9am.", ("9",))
    assert is_right("No, we are closed.", ("no",))
    assert not is_right("I don't know that.", ("no",))
    assert not is_right("It costs 120 dollars.", ("1", "20"))
    assert not is_right("", ("no",))
