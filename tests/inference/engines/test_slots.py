"""The slot table alone: who sits where, who gives way, who never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.slots import Seat, SlotTable


def test_each_sitter_gets_its_own_slot_and_keeps_it() -> None:
    table = SlotTable(2)
    assert table.take("a") == Seat(0, fresh=True)
    assert table.take("b") == Seat(1, fresh=True)
    table.rest(0)
    assert table.take("a") == Seat(0, fresh=False)


def test_the_longest_idle_sitter_gives_way_and_is_named() -> None:
    table = SlotTable(2)
    for sitter in ("a", "b"):
        seat = table.take(sitter)
        assert seat is not None
        table.rest(seat.slot)
    assert table.take("c") == Seat(0, fresh=True, evicted="a")
    table.rest(0)
    assert table.take("a") == Seat(1, fresh=True, evicted="b")


def test_use_makes_a_sitter_the_last_to_give_way() -> None:
    table = SlotTable(2)
    for sitter in ("a", "b", "a"):
        seat = table.take(sitter)
        assert seat is not None
        table.rest(seat.slot)
    assert table.take("c") == Seat(1, fresh=True, evicted="b")


def test_a_sitter_at_work_is_never_moved() -> None:
    table = SlotTable(1)
    assert table.take("a") is not None
    assert table.take("b") is None
    assert table.take("a") is None
    table.rest(0)
    assert table.take("b") == Seat(0, fresh=True, evicted="a")


def test_the_slot_of_one_who_left_goes_first_and_nothing_is_put_aside() -> None:
    table = SlotTable(2)
    for sitter in ("a", "b"):
        seat = table.take(sitter)
        assert seat is not None
        table.rest(seat.slot)
    table.leave("b")
    table.leave("nobody")
    assert table.take("c") == Seat(1, fresh=True, evicted="")


def test_a_model_needs_a_slot() -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        SlotTable(0)


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans())))
def test_no_two_sitters_share_a_slot_and_work_is_never_evicted(slots: int, steps: list[tuple[str, bool]]) -> None:
    table = SlotTable(slots)
    working: dict[str, int] = {}
    for sitter, work in steps:
        if work:
            seat = table.take(sitter)
            if seat is None:
                assert sitter in working or len(working) == slots
                continue
            assert seat.slot not in working.values()
            assert seat.evicted not in working
            working[sitter] = seat.slot
        elif sitter in working:
            table.rest(working.pop(sitter))
