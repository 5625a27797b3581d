"""Silence and word positions, without the voice."""

from __future__ import annotations

import numpy as np

from inference.engines.hibari import FRAME, LEAD, RATE, _placed, pause_after, place_words, trim


def _speech(before: int, loud: int, after: int) -> np.ndarray:
    return np.concatenate([np.zeros(before), np.full(loud, 0.3), np.zeros(after)]).astype(np.float32)


def test_silence_in_front_is_cut_to_ten_milliseconds_and_behind_to_the_pause() -> None:
    audio = trim(_speech(RATE // 2, RATE // 4, RATE), keep=2400)
    assert audio.size == LEAD + RATE // 4 + 2400
    assert np.flatnonzero(audio)[0] == LEAD


def test_a_missing_pause_is_added_and_silence_alone_is_nothing() -> None:
    assert trim(_speech(0, 2400, 0), keep=4800).size == 2400 + 4800
    assert trim(_speech(9600, 0, 0), keep=4800).size == 0


def test_the_pause_follows_the_punctuation() -> None:
    ends = ("Done.", 'She said "yes."', "first,", "and then", "")
    assert [pause_after(text) * 1000 // RATE for text in ends] == [200, 200, 110, 30, 30]


def test_words_share_the_audio_by_their_letters() -> None:
    assert place_words("ab cdef", LEAD + 600 + 100, 100) == (("ab", LEAD), ("cdef", LEAD + 200))
    assert place_words("", 1000, 0) == ()


def test_words_of_later_sentences_are_offset_or_estimated() -> None:
    measured = _placed(["Hi.", "You."], [10_000, 12_000])
    estimated = _placed(["Hi.", "You."], [10_000])
    assert [word for word, _ in measured] == ["Hi.", "You."]
    assert measured == estimated
    assert measured[1] == ("You.", 10_000 + LEAD)
    assert FRAME == RATE // 20
