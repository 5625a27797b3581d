from __future__ import annotations

import pytest

from channels_io.live.waterfall import FirstSound, Measured, Waterfall
from inference.events import Span, Timing
from tests.channels_io.live.script import hush, tone

RATE = 24_000
SPANS = (Span("end of turn", 200.0), Span("voice", 150.0))


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
def test_v2v_and_wire_whichever_comes_first(timing_first: bool) -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(3, 10.0)
    timing = Timing(3, SPANS, prompt_tokens=90, cached_tokens=80, reply_tokens=7)
    if timing_first:
        assert waterfall.timed(timing) is None
        measured = waterfall.wrote(3, tone(20), 10.4)
    else:
        assert waterfall.wrote(3, tone(20), 10.4) is None
        measured = waterfall.timed(timing)
    assert measured == Measured(3, 400.0, (*SPANS, Span("wire", 50.0)), 90, 80, 7)


def test_typed_turns_have_no_v2v_and_no_wire() -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, None)
    assert waterfall.timed(Timing(1, SPANS)) == Measured(1, None, SPANS, 0, 0, 0)


def test_wire_is_never_negative() -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, 10.0)
    waterfall.timed(Timing(1, SPANS))
    measured = waterfall.wrote(1, tone(20), 10.3)
    assert measured is not None
    assert measured.spans[-1] == Span("wire", 0.0)


def test_old_turns_are_forgotten() -> None:
    waterfall = Waterfall(RATE)
    waterfall.heard(1, 10.0)
    waterfall.wrote(1, tone(20), 10.3)
    waterfall.forget_before(2)
    assert waterfall.timed(Timing(1, SPANS)) == Measured(1, None, SPANS, 0, 0, 0)
