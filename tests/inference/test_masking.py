from __future__ import annotations

import pytest

from inference.masking import HIDDEN, hidden, masked_slots
from inference.nodes import CollectNode, ExtractNode, FlowSpec, FormNode, GoalNode, Slot, Subflow

CARD = Slot("card", "digits", masked=True)
NAME = Slot("name", "name")
SECRET = Slot("secret", "text", masked=True)


def test_masked_slots_are_found_in_every_part_of_a_flow() -> None:
    inner = Subflow("sub", "x", (ExtractNode("x", (SECRET,)),))
    flow = FlowSpec("a", (GoalNode("g", ""), CollectNode("a", CARD), FormNode("f", (NAME,))), flows=(inner,))
    assert masked_slots(flow) == {"card", "secret"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("It is 4 3 2 1.", f"It is {HIDDEN}."),
        ("four three double two", HIDDEN),
        ("why do you need that?", "why do you need that?"),
        ("4321-8765", HIDDEN),
    ],
)
def test_around_masked_digits_words_stay(said: str, kept: str) -> None:
    assert hidden(said, CollectNode("a", CARD)).rstrip(".") == kept.rstrip(".")


def test_of_masked_words_nothing_stays() -> None:
    assert hidden("open sesame", CollectNode("a", SECRET)) == HIDDEN
    assert hidden("open sesame", FormNode("f", (CARD, SECRET))) == HIDDEN


def test_where_nothing_is_masked_all_of_it_is_kept() -> None:
    assert hidden("4 3 2 1", FormNode("f", (NAME,))) == "4 3 2 1"
