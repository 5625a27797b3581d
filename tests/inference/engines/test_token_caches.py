"""Who holds which tokens, and what a new prompt takes over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.token_caches import Holding, Start, TokenCaches, common

TOKENS = st.lists(st.integers(0, 2), max_size=8)


def _hold(caches: TokenCaches, owner: str, tokens: list[int]) -> Holding:
    holding = caches.add(owner)
    assert holding is not None
    holding.tokens = tokens
    return holding


@given(TOKENS, TOKENS)
def test_common_counts_what_both_begin_with(first: list[int], second: list[int]) -> None:
    length = common(first, second)
    assert first[:length] == second[:length]
    assert length == min(len(first), len(second)) or first[length] != second[length]


def test_a_cache_without_sequences_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sequence"):
        TokenCaches(0)


def test_every_owner_has_a_sequence_of_its_own_until_all_are_taken() -> None:
    caches = TokenCaches(2)
    first, second = caches.add("a"), caches.add("b")
    assert first is not None
    assert second is not None
    assert {first.sequence, second.sequence} == {0, 1}
    assert caches.add("c") is None
    assert "c" not in caches
    assert caches.get("a") is first


def test_a_sequence_that_was_left_is_given_again() -> None:
    caches = TokenCaches(1)
    left = caches.add("a")
    assert caches.remove("a") is left
    assert caches.remove("a") is None
    assert "a" not in caches
    again = caches.add("b")
    assert again is not None
    assert again.sequence == 0


def test_a_prompt_goes_on_after_its_owners_tokens() -> None:
    caches = TokenCaches(2)
    own = _hold(caches, "a", [1, 2, 3])
    assert caches.start(own, [1, 2, 3, 4]) == Start(3)
    assert caches.start(own, [1, 2, 9, 9]) == Start(2)


def test_the_last_token_of_a_prompt_is_read_in_any_case() -> None:
    caches = TokenCaches(2)
    own = _hold(caches, "a", [1, 2, 3, 4])
    assert caches.start(own, [1, 2, 3]) == Start(2)
    other = _hold(caches, "b", [])
    assert caches.start(other, [1, 2, 3, 4]) == Start(3, own)


def test_a_new_owner_begins_with_whoever_has_most_of_its_prompt() -> None:
    caches = TokenCaches(4)
    _hold(caches, "short", [1, 2])
    head = _hold(caches, "head", [1, 2, 3, 7])
    _hold(caches, "else", [5, 2, 3, 4, 5])
    new = _hold(caches, "new", [])
    assert caches.start(new, [1, 2, 3, 4, 5]) == Start(3, head)


def test_nobody_elses_tokens_are_taken_when_its_own_reach_as_far() -> None:
    caches = TokenCaches(2)
    own = _hold(caches, "a", [1, 2])
    _hold(caches, "b", [1, 2, 9])
    assert caches.start(own, [1, 2, 3]) == Start(2)


def test_whoever_is_idle_longest_gives_way_and_nobody_at_work_does() -> None:
    caches = TokenCaches(3)
    first, second, third = (_hold(caches, owner, [1]) for owner in "abc")
    assert caches.idle_longest() is first
    caches.touch(first)
    assert caches.idle_longest() is second
    second.busy = True
    assert caches.idle_longest() is third
    first.busy = third.busy = True
    assert caches.idle_longest() is None


def test_a_head_that_was_shared_counts_as_used() -> None:
    caches = TokenCaches(3)
    _hold(caches, "head", [1, 2, 3])
    other = _hold(caches, "other", [9])
    caches.start(_hold(caches, "new", []), [1, 2, 3, 4])
    assert caches.idle_longest() is other


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), TOKENS.filter(bool)), max_size=30))
def test_what_a_prompt_takes_over_is_always_its_own_beginning(script: list[tuple[str, bool, list[int]]]) -> None:
    caches = TokenCaches(3)
    for owner, leaves, prompt in script:
        if leaves:
            caches.remove(owner)
            continue
        holding = caches.get(owner) or caches.add(owner)
        if holding is None:
            assert sum(each in caches for each in "abcd") == 3
            continue
        start = caches.start(holding, prompt)
        source = start.source or holding
        assert source.tokens[: start.length] == prompt[: start.length]
        assert start.length < len(prompt)
        held = [one for one in map(caches.get, "abcd") if one is not None]
        assert all(common(one.tokens, prompt[:-1]) <= start.length for one in held)
        assert len({one.sequence for one in held}) == len(held)
        holding.tokens = prompt
