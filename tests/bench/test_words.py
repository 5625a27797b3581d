from __future__ import annotations

import pytest

from channels_io.bench.words import Cut, WordErrors, cut_of, distances, word_errors, words, words_played


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We open at 8 a.m.", "we open at eight am"),
        ("It costs 120 dollars.", "It costs one hundred and twenty dollars"),
        ("A check-up", "a check up"),
        ("9am", "nine a.m."),
        ("It’s free", "it's free"),
    ],
)
def test_what_sounds_the_same_is_the_same(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_errors_are_counted_over_all_words() -> None:
    assert word_errors([("one two three", "one three"), ("go", "go on"), ("yes", "no")]) == WordErrors(3, 5)
    assert WordErrors(3, 5).percent == 60
    assert WordErrors().percent is None


def test_distance_to_each_beginning() -> None:
    assert distances(["a", "b", "c"], ["a", "b"]) == [2, 1, 0, 1]
    assert distances([], []) == [0]


def test_words_played_are_the_beginning_nearest_to_what_was_understood() -> None:
    text = "On Monday we open at 8 am and close at 6 pm."
    assert words_played(text, "On Monday we open") == 4
    assert words_played(text, "On Monday we often at eight") == 6
    assert words_played(text, "") == 0
    assert words_played(text, text) == 12


def test_a_cut_may_differ_by_one_word() -> None:
    cut = cut_of("b01", "We are open today until six.", "We are open", "We are open today")
    assert cut == Cut("b01", 3, 4)
    assert cut.right
    assert not Cut("b01", 3, 5).right
    assert not Cut("b01", 5, 3).right
