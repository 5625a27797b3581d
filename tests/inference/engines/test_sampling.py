"""From scores to a token."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.engines.sampling import TOP_K, Scores, choose

RANDOM = np.random.default_rng(0)
SCORES = np.array([0.0, 2.0, 5.0, 4.8, -3.0], np.float32)
ROWS = arrays(np.float32, st.integers(1, 80), elements=st.floats(-30, 30, width=32))


def _drawn(scores: Scores, temperature: float, times: int = 400) -> Counter[int]:
    random = np.random.default_rng(1)
    return Counter(choose(scores, temperature, random) for _ in range(times))


def test_temperature_zero_takes_the_best_and_draws_nothing() -> None:
    before = RANDOM.bit_generator.state
    assert choose(SCORES, 0.0, RANDOM) == 2
    assert RANDOM.bit_generator.state == before


def test_a_seed_repeats_the_draw() -> None:
    draws = [[choose(SCORES, 1.0, random) for _ in range(20)] for random in map(np.random.default_rng, (7, 7))]
    assert draws[0] == draws[1]


def test_the_likely_are_drawn_about_as_often_as_they_are_likely() -> None:
    drawn = _drawn(np.log(np.array([0.5, 0.3, 0.2], np.float32)), 1.0, times=2000)
    assert [round(drawn[token] / 2000, 1) for token in range(3)] == [0.5, 0.3, 0.2]


def test_the_unlikely_are_never_drawn() -> None:
    # 5 % of the best is the least that counts; what is beyond the likeliest 95 % does not.
    assert set(_drawn(np.log(np.array([0.9, 0.04, 0.06], np.float32)), 1.0)) == {0, 2}
    assert set(_drawn(np.log(np.array([0.96, 0.04], np.float32)), 1.0)) == {0}
    assert set(_drawn(np.array([10.0, 0.0, 0.0], np.float32), 5.0)) == {0}


def test_no_more_than_the_best_forty_are_drawn() -> None:
    assert len(_drawn(np.zeros(500, np.float32), 1.0, times=2000)) <= TOP_K


def test_warmer_is_more_even() -> None:
    scores = np.log(np.array([0.6, 0.4], np.float32))
    assert _drawn(scores, 0.2)[1] < _drawn(scores, 1.0)[1] < _drawn(scores, 3.0)[1]


@pytest.mark.parametrize("temperature", [0.0, 0.01, 0.8])
def test_only_what_is_allowed_comes_next(temperature: float) -> None:
    allowed = np.array([True, False, False, False, True])
    assert choose(SCORES, temperature, RANDOM, allowed) == 0
    assert choose(SCORES, temperature, RANDOM, np.zeros(5, np.bool_)) == -1


def test_the_scores_stay_as_they_are() -> None:
    scores = SCORES.copy()
    choose(scores, 1.0, RANDOM, np.array([True, False, True, True, True]))
    assert np.array_equal(scores, SCORES)


@given(ROWS, st.floats(0, 2), st.integers(0, 2**32 - 1), st.data())
def test_a_token_is_always_one_of_the_allowed(
    scores: Scores, temperature: float, seed: int, data: st.DataObject
) -> None:
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=scores.size, max_size=scores.size)))
    token = choose(scores, temperature, np.random.default_rng(seed), allowed)
    assert allowed[token] if allowed.any() else token == -1
