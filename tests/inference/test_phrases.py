from __future__ import annotations

import pytest

from inference.phrases import is_backchannel, phrase


@pytest.mark.parametrize("text", ["Mm-hm.", "mhm", "Uh-huh", "Yeah.", "Oh, okay.", "I see!", "...", "Right"])
def test_sounds_of_listening(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["Yes.", "No", "Stop", "Okay but when?", "Right now", "Sure", "Hello?"])
def test_words_that_want_an_answer(text: str) -> None:
    assert not is_backchannel(text)


def test_an_unknown_language_falls_back_to_english() -> None:
    assert phrase("say_again", "xx") == phrase("say_again", "en-GB")
