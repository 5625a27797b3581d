from __future__ import annotations

import pytest

from inference.engines.whisper_text import clean, is_degenerate, is_phantom, loop_start


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[BLANK_AUDIO]", ""),
        (" Hello (wind blowing) there ", "Hello there"),
        ("♪ la la ♪", ""),
        ("At 9 a.m.", "At 9 a.m."),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    ("text", "log_probability", "no_speech", "expected"),
    [
        ("", -0.1, 0.0, True),
        (".", -1.8, 0.96, True),
        ("You", -1.55, 0.94, True),
        ("Thank you.", -0.2, 0.8, True),
        ("Thank you.", -0.09, 0.11, False),
        ("Bye", -0.68, 0.14, False),
        ("Yes, please.", -0.19, 0.25, False),
        ("I need a plumber", -0.4, 0.7, False),
        ("I need a plumber", -1.4, 0.7, True),
        ("No.", -0.23, 0.07, False),
    ],
)
def test_words_out_of_silence(text: str, log_probability: float, no_speech: float, expected: bool) -> None:
    assert is_phantom(text, log_probability, no_speech) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fail again. Fail again. Fail again. Fail again.", 12),
        ("Well, beep beep beep beep", 11),
        ("No no no, that is wrong", -1),
        ("five five five one two three four", -1),
        ("", -1),
    ],
)
def test_loops(text: str, expected: int) -> None:
    assert loop_start(text) == expected
    assert is_degenerate(text) is (expected >= 0)


def test_text_that_compresses_too_well_is_a_loop_too() -> None:
    assert is_degenerate("ha" * 200)
