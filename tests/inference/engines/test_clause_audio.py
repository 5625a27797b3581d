from __future__ import annotations

import numpy as np
import pytest

from inference.engines.clause_audio import FRAME_MS, LEAD_MS, Frames, Trim, pause_ms, place_words, sentences

RATE = 24_000


def _silence(ms: int) -> np.ndarray:
    return np.zeros(RATE * ms // 1000, np.float32)


def _sound(ms: int) -> np.ndarray:
    return (0.3 * np.sin(np.arange(RATE * ms // 1000) * 0.1)).astype(np.float32)


@pytest.mark.parametrize("piece", [137, 1024, 10**6])
def test_silence_is_cut_at_both_ends_however_the_pieces_come(piece: int) -> None:
    audio = np.concatenate([_silence(300), _sound(500), _silence(200), _sound(100), _silence(700)])
    trim = Trim(RATE, 200)
    got = [trim.feed(audio[start : start + piece]) for start in range(0, audio.size, piece)]
    made = np.concatenate([*got, trim.end()])
    assert made.size == RATE * (LEAD_MS + 500 + 200 + 100 + 200) // 1000
    assert np.allclose(made[RATE * LEAD_MS // 1000 :][: RATE // 2], _sound(500))


def test_a_long_silence_inside_is_shortened() -> None:
    trim = Trim(RATE, 0)
    made = np.concatenate([trim.feed(np.concatenate([_sound(100), _silence(3000), _sound(100)])), trim.end()])
    assert made.size == RATE * 600 // 1000


def test_a_clause_that_ends_early_gets_its_pause_and_silence_stays_nothing() -> None:
    trim = Trim(RATE, 200)
    assert trim.feed(_sound(100)).size + trim.end().size == RATE * 300 // 1000
    nothing = Trim(RATE, 200)
    assert nothing.feed(_silence(500)).size + nothing.end().size == 0


def test_frames_are_equally_long_but_the_last() -> None:
    frames = Frames(RATE)
    got = [*frames.feed(_sound(70)), *frames.feed(_sound(70)), *frames.feed(_sound(5), last=True)]
    assert [frame.duration_ms for frame in got] == [FRAME_MS, FRAME_MS, 45]


def test_the_pause_is_what_the_last_sign_asks_for() -> None:
    assert pause_ms("Really?”") == 200
    assert pause_ms("and so") == 30


def test_words_are_placed_by_their_letters() -> None:
    assert place_words("a bcd", 400) == (("a", 0), ("bcd", 100))
    assert place_words("", 400) == ()


def test_a_clause_is_cut_into_sentences_that_the_model_takes() -> None:
    assert sentences("Yes. It costs 3.50 euros! Really…", 100) == ["Yes.", "It costs 3.50 euros!", "Really…"]
    assert sentences("...", 100) == []
    long = sentences("one two three, four five six seven eight nine ten", 20)
    assert all(len(part) <= 20 for part in long)
    assert " ".join(long) == "one two three, four five six seven eight nine ten"
    assert sentences("x" * 45, 20) == ["x" * 20, "x" * 20, "x" * 5]
