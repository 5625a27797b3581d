"""What callers want in other words than a path's label: one wish is told from the others, and from a question."""

from __future__ import annotations

import pytest

from inference.obvious import obvious
from inference.wishes import WISHES, wishes_named, wishes_said

SHOP = (
    "asks where an order or parcel is",
    "wants to send something back",
    "wants to book a fitting appointment",
    "wants to cancel or move an appointment they already have",
    "has a question about a bill or a fee",
    "asks to be taken off the list",
    "says goodbye",
)
WHERE, RETURN, BOOK, CHANGE, BILL, ALONE, ENDS = range(7)


@pytest.mark.parametrize(("label", "wish"), [(SHOP[WHERE], "where"), (SHOP[RETURN], "return"), (SHOP[BOOK], "arrange"),
    (SHOP[CHANGE], "change"), (SHOP[BILL], "charge"), (SHOP[ALONE], "leave_alone"), ("reports a fault", "repair"),
    ("says that something hurts", "pain"), ("wants to renew a loan", "renew")])  # fmt: skip
def test_a_label_names_one_wish(label: str, wish: str) -> None:
    assert wishes_named(label) == {wish}


def test_other_labels_name_none() -> None:
    assert wishes_named("likes the colour blue") == wishes_named(SHOP[ENDS]) == frozenset()


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("my sofa hasn't been delivered yet", WHERE),
        ("i'm still waiting for the lamp", WHERE),
        ("any news about the chairs i bought", WHERE),
        ("these trousers don't fit me", RETURN),
        ("can you give me my money back", RETURN),
        ("could you squeeze us in on thursday", BOOK),
        ("have you got any free slots on monday", BOOK),
        ("I need to get an appointment for my son", BOOK),
        ("something came up and we won't be able to come", CHANGE),
        ("I have an appointment on Friday but I am ill", CHANGE),
        ("you have charged me twice for the same thing", BILL),
        ("never phone me again", ALONE),
        ("would you please delete my number", ALONE),
    ],
)
def test_a_wish_is_understood_in_other_words(said: str, option: int) -> None:
    verdict = obvious(SHOP, said, "How can I help?", "en")
    assert (verdict.certain, verdict.option) == (True, option)


@pytest.mark.parametrize("said", ["I don't want to cancel anything", "no, do not book it", "it never hurts"])
def test_what_is_denied_is_no_wish(said: str) -> None:
    assert not wishes_said(said)


@pytest.mark.parametrize("said", ["can my dog come along", "do you sell lamps", "is the shop near the station"])
def test_a_question_that_names_no_wish_is_left_to_the_facts(said: str) -> None:
    labels = (SHOP[WHERE], SHOP[RETURN], SHOP[CHANGE], SHOP[ENDS])
    verdict = obvious(labels, said, "How can I help?", "en")
    assert (verdict.certain, verdict.option) == (True, None)


@pytest.mark.parametrize(
    "said", ["a table for five person", "we want it for two people", "how much is a copy at the machine"]
)
def test_people_who_come_are_nobody_to_talk_to(said: str) -> None:
    talk = "asks to speak to a person"
    verdict = obvious((talk, SHOP[BOOK]), said, "How can I help?", "en")
    assert verdict.option != 0
    assert 0 not in verdict.left


@pytest.mark.parametrize(
    "said", ["get me a human", "I need to talk to someone", "can you get somebody", "no robots please"]
)
def test_somebody_to_talk_to_is_asked_for_in_many_ways(said: str) -> None:
    assert obvious((SHOP[BOOK], "asks to speak to a person"), said, "How can I help?", "en").option == 1


@pytest.mark.parametrize("said", ["hi im new here how can i find you", "Good evening. Where do I park?"])
def test_a_question_after_an_introduction_is_one(said: str) -> None:
    verdict = obvious((SHOP[RETURN], SHOP[CHANGE], SHOP[ENDS]), said, "How can I help?", "en")
    assert (verdict.certain, verdict.option) == (True, None)


def test_a_question_is_judged_where_a_path_is_for_something_unknown_here() -> None:
    assert not obvious(("wants their hair dyed", SHOP[ENDS]), "can i become blonde", "How can I help?", "en").certain


@pytest.mark.parametrize("said", ["(((", "\x00", "a" * 20000, "can't " * 400, "still no " * 400])
def test_nothing_breaks_the_thesaurus(said: str) -> None:
    assert wishes_said(said) <= set(WISHES)
