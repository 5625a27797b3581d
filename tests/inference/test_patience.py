"""How much silence is enough: tables and properties."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.patience import Evidence, Pace, Patience, score_matters, silence_needed

USUAL = Patience()


@pytest.mark.parametrize(
    ("text", "score", "expected"),
    [
        ("Which train goes to Leeds?", 0.99, 200),
        ("Which train goes to Leeds?", 0.0, 400),
        ("Which train goes to Leeds?", None, 300),
        ("Yes.", 0.9, 200),
        ("I would like to rent a car.", 0.9, 360),
        ("I would like to rent a car.", 0.475, 480),
        ("My brother lives in Leeds.", 0.99, 720),
        ("the blue one in the window", 0.0, 800),
        ("I live in the", 0.99, 840),
        ("I live in the", 0.0, 1000),
        ("My number is 0 2 0", 0.99, 1200),
        ("My number is 0 2 0", 0.0, 1400),
    ],
)
def test_words_choose_the_range_and_the_score_the_place(text: str, score: float | None, expected: float) -> None:
    assert silence_needed(USUAL, Evidence(text, score)) == pytest.approx(expected)


def test_the_agents_setting_scales_everything_but_dictation() -> None:
    slow = Patience(min_silence_ms=400, max_silence_ms=2000)
    assert silence_needed(slow, Evidence("Is it far?", 0.99)) == 400
    assert silence_needed(slow, Evidence("It is in the", 0.0)) == 2000
    assert silence_needed(slow, Evidence("My number is 0 2 0", 0.0)) == 2000
    narrow = Patience(min_silence_ms=900, max_silence_ms=300)
    assert silence_needed(narrow, Evidence("It is in the", 0.0)) == 300


def test_a_short_burst_of_voice_is_rarely_a_whole_sentence() -> None:
    long, half, short = (silence_needed(USUAL, Evidence("the blue", 0.99, ms)) for ms in (500, 250, 0))
    assert (long, half, short) == pytest.approx((560, 620, 680))


def test_a_caller_who_went_on_before_is_believed_less() -> None:
    first, second = (silence_needed(USUAL, Evidence("The car is red", 0.8, resumed=count)) for count in (0, 2))
    assert second > first


def test_free_talk_is_waited_for_longer() -> None:
    told = Evidence("My brother lives in Leeds.", 0.99)
    assert silence_needed(replace(USUAL, expects="free"), told) == pytest.approx(silence_needed(USUAL, told) + 160)


_EVIDENCE = st.builds(
    Evidence,
    text=st.one_of(st.text(max_size=60), st.sampled_from(["Is it far?", "It is", "5 5 5", "My car is red.", "Yes."])),
    score=st.one_of(st.none(), st.floats(0, 1)),
    voiced_ms=st.floats(0, 10_000),
    resumed=st.integers(0, 9),
    pace=st.floats(1.0, 1.3),
)


@given(_EVIDENCE, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_never_needs_more_silence(known: Evidence, one: float, other: float) -> None:
    low, high = sorted((one, other))
    needed = [silence_needed(USUAL, replace(known, score=score)) for score in (low, high)]
    assert needed == sorted(needed, reverse=True)


@given(_EVIDENCE)
def test_unasked_is_never_worse_than_no_nor_better_than_yes(known: Evidence) -> None:
    yes, unasked, no = (silence_needed(USUAL, replace(known, score=score, resumed=0)) for score in (1.0, None, 0.0))
    assert yes <= unasked <= no


@pytest.mark.parametrize(
    ("text", "matters"),
    [("Is it far?", False), ("Yes.", False), ("My brother lives in Leeds.", False), ("I would like to go.", True)],
)
def test_the_turn_model_is_asked_where_the_words_leave_the_wait_open(text: str, matters: bool) -> None:
    assert score_matters(USUAL, text) is matters


@given(_EVIDENCE)
def test_no_wait_is_longer_than_the_longest(known: Evidence) -> None:
    assert USUAL.min_silence_ms <= silence_needed(USUAL, known) <= USUAL.dictation_ms


def test_pace_follows_inner_pauses_and_is_bounded() -> None:
    pace = Pace()
    assert pace.factor == 1
    pace.paused(150)  # A stop consonant.
    assert pace.pause_ms == 0
    pace.paused(500)
    assert pace.factor == 1
    pace.paused(1000)
    assert pace.factor == pytest.approx(675 / 600)
    for _ in range(9):
        pace.paused(5000)
    assert pace.factor == 1.3


def test_a_fast_speaker_is_answered_sooner_and_a_slow_one_later() -> None:
    fast, slow = Pace(), Pace()
    fast.spoke(12, 2000)
    slow.spoke(4, 2500)
    slow.spoke(1, 5000)
    assert fast.factor == 1.0
    assert slow.factor == 1.1
