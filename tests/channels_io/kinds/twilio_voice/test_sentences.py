from __future__ import annotations

from typing import get_args

import pytest

from channels_io.kinds.twilio_voice.sentences import NO, TEXTS, YES, Sentence, answered, said_language, sentence


def test_every_language_has_every_sentence() -> None:
    for language, texts in TEXTS.items():
        assert set(texts) == set(get_args(Sentence)), language
        assert language in YES and language in NO


@pytest.mark.parametrize(
    ("digits", "speech", "language", "meaning"),
    [
        ("1", "", "en", True),
        ("2", "yes", "en", False),
        ("", "Yes, please.", "en", True),
        ("", "No, okay, not now", "en", False),
        ("", "I know", "en", None),
        ("", "", "en", None),
        ("9", "", "en", None),
        ("", "Ja, gerne!", "de-AT", True),
        ("", "Nein.", "de", False),
        ("", "Sí", "es", True),
        ("", "oui", "fr", True),
        ("", "yes", "pl", True),
    ],
)
def test_what_counts_as_a_yes(digits: str, speech: str, language: str, meaning: bool | None) -> None:
    assert answered(digits, speech, language) is meaning


def test_languages_as_twilio_names_them() -> None:
    assert [said_language(language) for language in ("en", "de", "de-AT", "en_gb", "pl", "")] == [
        "en-US", "de-DE", "de-AT", "en-GB", "en-US", "en-US",
    ]  # fmt: skip
    assert sentence("closed", "de-AT") == TEXTS["de"]["closed"]
    assert sentence("closed", "pl") == TEXTS["en"]["closed"]
