"""Which turns are forgotten, and that nothing of a turn stays behind without the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.events import Message
from inference.summary import (
    HIGH_WATER,
    NOTICE_CHARS,
    NOTICES_KEPT,
    SUMMARY_CHARS,
    Costs,
    budget,
    fold_point,
    joined,
    tidy,
    without,
)

USER, ANSWER = Message("user", "And on Monday?"), Message("assistant", "At nine.")
TOOL = (Message("assistant", "", "slots", "c1", "{}"), Message("tool", "[]", "slots", "c1"))
TURN = [USER, *TOOL, ANSWER]


def test_the_rest_begins_with_the_caller_and_fits() -> None:
    history = [Message("assistant", "Hello!"), *TURN * 5]
    costs = [10] * len(history)
    assert fold_point(history, costs, 80) == 13
    assert fold_point(history, costs, 79) == 17
    assert fold_point(history, costs, 0) == 17  # the last turn stays in any case
    assert fold_point(history, costs, 1000) == 1


@given(st.lists(st.sampled_from([USER, ANSWER, *TOOL, Message("system", "Note.")]), max_size=30), st.integers(0, 200))
def test_what_stays_is_never_half_a_tool_call(history: list[Message], keep: int) -> None:
    count = fold_point(history, [10] * len(history), keep)
    assert 0 <= count < max(1, len(history))
    if count:
        assert history[count].role != "tool"
        if any(line.role == "user" for line in history[1:]):
            assert history[count].role == "user"


def test_a_history_of_the_agent_alone_is_folded_too() -> None:
    assert fold_point([ANSWER] * 10, [10] * 10, 40) == 6
    assert fold_point([USER], [10], 0) == 0
    assert fold_point([], [], 0) == 0


def test_an_operators_notices_outlive_their_turns_in_bounds() -> None:
    notices = [Message("system", f"{number} " + "x" * 5000) for number in range(9)]
    rest = without([*TURN, *notices, *TURN], len(TURN) + len(notices))
    assert rest[-len(TURN) :] == TURN
    kept = rest[: -len(TURN)]
    assert [line.text[0] for line in kept] == [str(number) for number in range(9)][-NOTICES_KEPT:]
    assert all(len(line.text) <= NOTICE_CHARS for line in kept)


@pytest.mark.parametrize(("window", "head"), [(4096, 500), (1024, 300), (512, 400), (256, 400), (32768, 2000)])
def test_history_reply_and_summary_fit_any_window(window: int, head: int) -> None:
    limits = budget(window, head)
    assert 0 <= limits.high <= limits.most
    assert limits.high <= HIGH_WATER
    assert limits.most == 0 or head + limits.most + 256 + SUMMARY_CHARS // 4 < window


def test_a_line_is_counted_once_while_it_is_there() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return len(text.split())

    costs = Costs(count)
    assert costs.of([USER, ANSWER]) == [3 + 5, 2 + 5]
    assert costs.of([USER, ANSWER, USER]) == [8, 7, 8]
    assert len(counted) == 2
    costs.of([])
    costs.of([USER])
    assert len(counted) == 3


def test_notes_are_one_bounded_line_that_ends_with_a_sentence() -> None:
    assert tidy("**Ada** wants:\n- a cleaning on Monday.\n- Phone 3.5") == "Ada wants: a cleaning on Monday."
    assert tidy("Ada, Monday, 3 pm") == "Ada, Monday, 3 pm"
    assert tidy(" \n ") == ""
    long = tidy("Ada wants a cleaning. " * 200)
    assert len(long) <= SUMMARY_CHARS
    assert long.endswith("cleaning.")


def test_notes_that_broke_off_are_added_to_the_old_ones() -> None:
    assert joined("Ada called.", "She wants Monday. The price is") == "Ada called. She wants Monday."
    assert joined("Ada called.", "She wan") == "Ada called."
    assert joined("", "") == ""
