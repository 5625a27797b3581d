from __future__ import annotations

import msgspec

from channels_io.bench.figures import (
    Cost,
    Distribution,
    Share,
    distribution,
    eater,
    figures_of,
    grown,
    is_right,
    own_lateness_ms,
    span_error,
)
from channels_io.bench.records import (
    BackChannelRecord,
    BargeInRecord,
    CutRecord,
    Lateness,
    RunRecord,
    Stalls,
    TurnRecord,
    decode_run,
    encode_run,
    merged,
)
from channels_io.bench.report import table
from channels_io.bench.words import Cut
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
    greetings_ms=(40.0, 80.0),
    cuts=(CutRecord("b01", "cv_1", 0, b"\x00\x01\xff\x7f"),),
    driver_cpu_seconds=3.0,
)


def test_percentiles_are_interpolated_and_absent_values_left_out() -> None:
    assert distribution([None, 10, 20, 30, 40, 50]) == Distribution(
        n=5, min=10, p50=30, p90=46, p95=48, max=50, p99=49.6
    )
    assert distribution([]) == Distribution()


def test_figures_of_a_run() -> None:
    figures = figures_of("real", RUN, Cost())
    assert figures.v2v_ms.n == 4
    assert figures.v2v_ms.p50 == 475
    assert figures.first_turn_ms.n == 2
    assert figures.later_turns_ms == Distribution(n=2, min=450, p50=525, p90=585, p95=592.5, max=600, p99=598.5)
    assert figures.fifth_turn_ms == Distribution(n=1, min=450, p50=450, p90=450, p95=450, max=450, p99=450)
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
    assert figures.greeting_ms.p50 == 60
    # Only one answered turn tells its tokens.
    assert figures.well_cached == Share(1, 1)
    assert not figures.void


def test_the_drivers_share_of_a_core_is_told() -> None:
    assert figures_of("real", RUN, Cost(), seconds=60.0).driver_cores == 0.05
    assert figures_of("real", RUN, Cost()).driver_cores == 0.0


def test_a_turn_is_well_cached_from_95_percent_on() -> None:
    run = RunRecord(turns=tuple(turn(v2v_ms=1.0, prompt_tokens=100, cached_tokens=cached) for cached in (94, 95, 100)))
    assert figures_of("real", run, Cost()).well_cached == Share(2, 3)


def test_a_late_driver_voids_the_run() -> None:
    figures = figures_of("real", RunRecord(lateness_ms=Lateness(100, 0.1, 2.0, 9.0)), Cost())
    assert figures.void
    assert "VOID" in table(figures)


STALLED = Stalls(Lateness(1000, 0.1, 2.5, 9.0), steal_seconds=1.1, urgent=True)
LATE = RunRecord(lateness_ms=Lateness(100, 0.1, 4.0, 9.0), driver_urgent=True)


def test_what_the_machine_does_to_an_idle_process_does_not_void_a_run() -> None:
    assert own_lateness_ms(LATE.lateness_ms, STALLED, urgent=True) == 1.5
    figures = figures_of("real", LATE, Cost(), STALLED)
    assert not figures.void
    assert "p99 2.50, max 9.00; 1.1 s of processor taken by the host" in table(figures)
    assert own_lateness_ms(Lateness(1, 0, 1.0, 1.0), STALLED, urgent=True) == 0.0


def test_an_idle_process_excuses_nothing_when_the_server_may_have_delayed_it() -> None:
    assert figures_of("real", msgspec.structs.replace(LATE, driver_urgent=False), Cost(), STALLED).void
    assert figures_of("real", LATE, Cost(), msgspec.structs.replace(STALLED, urgent=False)).void


def test_the_span_that_takes_the_time_is_the_largest_of_the_slow_turns() -> None:
    turns = [
        turn(v2v_ms=300.0, spans=(Span("silence", 290), Span("voice", 10))),
        turn(v2v_ms=500.0, spans=(Span("silence", 200), Span("voice", 300))),
        turn(v2v_ms=510.0, spans=(Span("silence", 190), Span("voice", 320))),
        # A span that one slow turn alone has is not what the others wait for.
        turn(v2v_ms=1500.0, spans=(Span("silence", 200), Span("voice", 300), Span("filler", 1000))),
    ]
    assert eater(turns, 400.0) == ("voice", 300.0)
    assert eater(turns, 2000.0) is None
    assert grown(turns[:1], turns[1:3]) == ("voice", 300.0)


def test_several_drivers_are_one_run() -> None:
    run = merged([RUN, msgspec.structs.replace(RUN, lateness_ms=Lateness(10, 0.05, 3.0, 7.0), refused=2)])
    assert len(run.turns) == 2 * len(RUN.turns)
    assert run.lateness_ms == Lateness(3010, 0.1, 3.0, 7.0)
    assert (run.refused, run.call_seconds, run.driver_cpu_seconds) == (2, 120.0, 6.0)
    assert merged([]).lateness_ms == Lateness()


def test_words_kept_of_interrupted_replies_are_counted() -> None:
    text = table(figures_of("real", RUN, Cost(), cuts=[Cut("b01", 5, 6), Cut("b02", 5, 9)]))
    assert "cut within one word             1 of 2  (50.0 %)" in text


def test_a_span_that_comes_twice_counts_summed() -> None:
    record = turn(v2v_ms=30.0, spans=(Span("wait", 10), Span("wait", 15)))
    assert figures_of("real", RunRecord(turns=(record,)), Cost()).spans_ms["wait"].p50 == 25
    assert span_error(record) == 5


def test_the_table_shows_every_figure() -> None:
    text = table(figures_of("real", RUN, Cost(cpu_seconds_per_call_minute=12.5, rss_mb=900.0)))
    assert "voice to voice                  4    400.0    475.0    570.0    585.0    597.0    600.0" in text
    assert "driver lateness, ms          p50 0.10, p99 0.40, max 1.50" in text
    assert "false cut-offs                  1 of 2  (50.0 %)" in text
    assert "CPU-s per call minute        12.5" in text
    assert "prompt tokens cached           95 of 100  (95.0 %)" in text
    assert "skipped, no agent speech to fall into: b03" in text
    assert "NOT PLAYED, their call broke: b04" in text


def test_a_run_survives_the_pipe_between_driver_and_command() -> None:
    assert decode_run(encode_run(RUN)) == RUN


def test_an_expected_word_is_found_as_a_word() -> None:
    assert is_right("We close at 6 pm.", ("six", "6"))
    assert is_right("We open at 9am.", ("9",))
    assert is_right("No, we are closed.", ("no",))
    assert not is_right("I don't know that.", ("no",))
    assert not is_right("It costs 120 dollars.", ("1", "20"))
    assert not is_right("", ("no",))
