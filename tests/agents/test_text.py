from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.text import clean_text, estimate_tokens, has_unusable


@pytest.mark.parametrize(
    ("text", "clean", "dropped"),
    [
        ("plain", "plain", 0),
        ("a\x00b", "ab", 1),
        ("a\ud800b", "ab", 1),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd", 0),
        ("tab\tstays\n", "tab\tstays\n", 0),
        ("bell\x07 and \x85 and \x7f", "bell and  and ", 3),
        ("👩‍⚕️ naïve Ω", "👩‍⚕️ naïve Ω", 0),
    ],
)
def test_clean_text(text: str, clean: str, dropped: int) -> None:
    assert clean_text(text) == (clean, dropped)


@given(st.text(st.characters()))
def test_cleaned_text_is_stable_and_can_be_encoded(text: str) -> None:
    clean, _dropped = clean_text(text)
    assert clean_text(clean) == (clean, 0)
    assert not has_unusable(clean)
    assert clean.encode().decode() == clean


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("We open at nine.", 5),
        ("12 Garden Street", 4),
        ("receptionist", 2),
        ("one\ntwo", 3),
        ("日本", 2),
    ],
)
def test_estimate_tokens(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens
