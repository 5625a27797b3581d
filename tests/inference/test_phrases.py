from __future__ import annotations

import pytest

from inference.phrases import is_backchannel, may_be_listening, mumbled, phrase


@pytest.mark.parametrize(
    "text",
    ["Mm-hm.", "mhm", "Uh-huh", "Yeah.", "Oh, okay.", "I see!", "...", "Right", "Mm-hm, okay.", "Oh, I see, all right"],
)
def test_sounds_of_listening(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text", ["Yes.", "No", "Stop", "Okay but when?", "Right now", "Sure", "Hello?", "I see it", "All"]
)
def test_words_that_want_an_answer(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", ["", "Yes.", "Sure", "All", "I", "Yes, of", "Okay, great.", "mm mm mm mm"])
def test_words_that_may_still_be_only_listening(text: str) -> None:
    assert may_be_listening(text)


@pytest.mark.parametrize("text", ["No", "Wait", "Yes but", "I want", "Okay, what", "Right now", "yes " * 6])
def test_words_that_want_the_floor(text: str) -> None:
    assert not may_be_listening(text)


def test_a_hum_read_as_words_is_not_believed() -> None:
    assert mumbled("and the nation", 0.24)
    assert not mumbled("Wait, stop.", 0.7)
    assert mumbled("and the nature", 0.59, whole=False)
    assert not mumbled("and the nature", 0.59)
    assert not mumbled("I want to talk to somebody else", 0.3)


def test_an_unknown_language_falls_back_to_english() -> None:
    assert phrase("say_again", "xx") == phrase("say_again", "en-GB")


def test_sentences_are_in_the_language_or_in_english() -> None:
    assert phrase("filler", "de-AT") == "Einen Moment."
    assert phrase("filler", "FR") == "Voyons voir."
    assert phrase("filler", "xx") == phrase("filler", "en") == "Let me see."
