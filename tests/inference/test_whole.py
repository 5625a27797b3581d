"""When words heard so far may be all that the caller is going to say."""

from __future__ import annotations

import pytest

from inference.whole import may_be_whole


@pytest.mark.parametrize(
    "text",
    ["How much is a cleaning?", "Can you tell me your address?", "I would like to book. ", "No, I need it today!"],
)
def test_a_sentence_may_be_all(text: str) -> None:
    assert may_be_whole(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes.",
        "Can you tell?",
        "How much does a cleaning",
        "Are you open on the?",
        "I will come with...",
        "What do you",
    ],
)
def test_half_a_sentence_and_a_word_or_two_are_not(text: str) -> None:
    assert not may_be_whole(text)
