from __future__ import annotations

import math

import pytest

from channels_io.sanitize import MAX_INT, clean_count, clean_json, clean_ms, clean_text


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("a\x00b", "ab"),
        ("lone \ud800 high", "lone  high"),
        ("lone \udfff low", "lone  low"),
        ("smile 😀 stays", "smile 😀 stays"),
        ("", ""),
    ],
)
def test_text_keeps_what_can_be_stored(text: str, stored: str) -> None:
    assert clean_text(text) == stored


def test_text_is_cut_at_the_limit() -> None:
    assert clean_text("abcdef", 4) == "abcd"


def test_json_is_cleaned_in_depth() -> None:
    dirty = {"a\x00": ["\ud800x", math.nan, (1, True, None)], 5: math.inf, "o": {1}}
    assert clean_json(dirty) == {"a": ["x", None, [1, True, None]], "5": None, "o": "{1}"}


def test_json_too_deep_becomes_text() -> None:
    value: object = "end"
    for _ in range(40):
        value = [value]
    cleaned = clean_json(value)
    for _ in range(16):
        cleaned = cleaned[0]
    assert isinstance(cleaned, str)


@pytest.mark.parametrize(
    ("value", "stored"), [(12.6, 13), (-5, 0), (math.nan, 0), (math.inf, 0), (10**12, MAX_INT), (0, 0)]
)
def test_counts_fit_their_column(value: float, stored: int) -> None:
    assert clean_count(value) == stored


@pytest.mark.parametrize(("value", "stored"), [(None, None), (math.nan, None), (-1.0, 0.0), (412.5, 412.5)])
def test_durations_are_numbers_or_nothing(value: float | None, stored: float | None) -> None:
    assert clean_ms(value) == stored
