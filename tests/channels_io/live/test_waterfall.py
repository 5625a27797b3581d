from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.live.waterfall import FirstSound, Measured, Waterfall
from inference.events import Span, Timing
from tests.channels_io.live.script import hush, tone

RATE = 24_000
SPANS = (Span("silence", 200.0), Span("voice", 150.0))


def test_first_sound_is_the_frame_in_which_20_ms_of_sound_begin() -> None:
    sound = FirstSound(RATE)
    assert not sound.feed(hush(20), 1.0)
    assert not sound.feed(hush(10) + tone(10), 1.1)
    assert sound.feed(tone(10) + hush(10), 1.2)
    assert sound.at == 1.1
    assert not sound.feed(tone(100), 1.3)


def test_a_click_is_no_sound() -> None:
    sound = FirstSound(RATE)
    sound.feed(tone(10) + hush(10), 1.0)
    sound.feed(hush(20), 1.1)
    assert sound.at is None


def test_windows_run_on_over_pieces_of_any_size() -> None:
    sound = FirstSound(RATE)
    for index in range(7):
        sound.feed(tone(3), float(index))
    assert sound.at is not None


@pytest.mark.parametrize("timing_first", [True, False])
def test_v2v_pacing_and_wire_whichever_comes_first(timing_first: bool) -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(3, 10.0)
    waterfall.arrived(3, hush(20) + tone(100), 10.38)
    timing = Timing(3, SPANS, 0, 90, 80, 7, guesses_wasted=2, filler=True)
    if timing_first:
        assert waterfall.timed(timing) is None
        measured = waterfall.wrote(3, tone(20), 10.4)
    else:
        assert waterfall.wrote(3, tone(20), 10.4) is None
        measured = waterfall.timed(timing)
    spans = (*SPANS, Span("pacing", 20.0), Span("wire", 30.0))
    assert measured == Measured(3, 400.0, spans, 90, 80, 7, guesses_wasted=2, filler=True, ended_at=10.4)
    assert measured.wait_ms == 400.0


def test_pacing_counts_from_the_piece_that_holds_the_first_sound() -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, 10.0)
    waterfall.arrived(1, hush(500), 10.1)
    waterfall.arrived(1, tone(500), 10.36)
    waterfall.timed(Timing(1, SPANS))
    measured = waterfall.wrote(1, tone(20), 10.38)
    assert measured is not None
    assert measured.spans[2:] == (Span("pacing", 20.0), Span("wire", 10.0))


def test_typed_turns_have_no_v2v_no_pacing_and_no_wire() -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, None)
    measured = waterfall.timed(Timing(1, SPANS))
    assert measured == Measured(1, None, SPANS)
    assert measured.wait_ms == 350.0


@pytest.mark.parametrize(
    ("written", "waits"),
    [
        (10.34, [190.0, 150.0, 0.0, 0.0]),
        (10.1, [0.0, 100.0, 0.0, 0.0]),
        (9.99, [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_the_worker_never_counts_more_than_passed(written: float, waits: list[float]) -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, 10.0)
    waterfall.timed(Timing(1, SPANS))
    measured = waterfall.wrote(1, tone(20), written)
    assert measured is not None
    assert [span.ms for span in measured.spans] == waits


@given(
    worker=st.lists(st.floats(0, 3000), max_size=8),
    paced=st.floats(0, 400),
    v2v=st.floats(1, 5000),
)
def test_spans_add_up_to_v2v(worker: list[float], paced: float, v2v: float) -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, 10.0)
    waterfall.arrived(1, tone(40), 10.0 + (v2v - paced) / 1000)
    waterfall.timed(Timing(1, tuple(Span("voice", round(ms, 2)) for ms in worker)))
    measured = waterfall.wrote(1, tone(20), 10.0 + v2v / 1000)
    assert measured is not None
    assert all(span.ms >= 0 for span in measured.spans)
    assert measured.v2v_ms == pytest.approx(sum(span.ms for span in measured.spans), abs=0.1)


@pytest.mark.parametrize(
    ("v2v_ms", "filler", "missed"),
    [(600.0, False, False), (600.1, False, True), (580.0, True, True), (None, True, False)],
)
def test_the_budget(v2v_ms: float | None, filler: bool, missed: bool) -> None:
    assert Measured(1, v2v_ms, SPANS, filler=filler).missed(600) is missed


def test_old_turns_are_forgotten() -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, 10.0)
    waterfall.arrived(1, tone(20), 10.2)
    waterfall.wrote(1, tone(20), 10.3)
    waterfall.forget_before(2)
    assert waterfall.timed(Timing(1, SPANS)) == Measured(1, None, SPANS)
