from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_io.messaging.segments import GSM7, GSM7_EXTENSION, length_of, segments_of, split_text

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 459, "GSM-7", 459, 3),
        ("a" * 460, "GSM-7", 460, 4),
        # The extension table costs an escape: two septets each.
        ("€", "GSM-7", 2, 1),
        ("^{}\\[~]|€\f", "GSM-7", 20, 1),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 80 + "a", "GSM-7", 161, 2),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        # 153 septets in each part: the sign that would begin as the last one goes over whole.
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2),
        ("a" * 152 + "€" + "a" * 151, "GSM-7", 305, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        # Greek capitals, Spanish and Scandinavian letters are in the table, their accented neighbours are not.
        ("ΔΦΓΛΩΠΨΣΘΞ ñ ü ä ö å Ø æ ß é ¿¡ §", "GSM-7", 33, 1),
        ("ç", "UCS-2", 1, 1),
        ("`", "UCS-2", 1, 1),
        ("’", "UCS-2", 1, 1),
        ("я" * 70, "UCS-2", 70, 1),
        ("я" * 71, "UCS-2", 71, 2),
        ("я" * 134, "UCS-2", 134, 2),
        ("я" * 135, "UCS-2", 135, 3),
        # An emoji is two units, and is not torn between two parts.
        ("👋" * 35, "UCS-2", 70, 1),
        ("👋" * 36, "UCS-2", 72, 2),
        ("a" * 66 + "👋" + "a" * 65, "UCS-2", 133, 2),
        ("a" * 66 + "👋" + "a" * 66, "UCS-2", 134, 3),
        ("a" * 65 + "👋" + "a" * 67, "UCS-2", 134, 2),
        ("a" * 159 + "👋", "UCS-2", 161, 3),
    ],
)
def test_segments(text: str, encoding: str, units: int, count: int) -> None:
    found = segments_of(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)


def test_the_table_is_the_standards() -> None:
    assert len(GSM7) == 127  # 128 places, one of which is the escape
    assert len(GSM7_EXTENSION) == 10
    assert not GSM7 & GSM7_EXTENSION


@given(st.text(max_size=600))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_segments_never_grow_by_less_text(text: str) -> None:
    found = segments_of(text)
    each = 153 if found.encoding == "GSM-7" else 67
    assert found.count >= 1
    assert found.count == 1 or found.units > each
    assert found.units <= found.count * (160 if found.count == 1 and found.encoding == "GSM-7" else max(each, 70))
    assert segments_of(text[:-1]).count <= found.count


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 10, ()),
        ("   \n ", 10, ()),
        ("Short.", 10, ("Short.",)),
        ("One two. Three four.", 12, ("One two.", "Three four.")),
        ("One two. Three four.", 20, ("One two. Three four.",)),
        ("Is it? Yes! It is… Good.", 13, ("Is it? Yes!", "It is… Good.")),
        # No full stop of an abbreviation, an initial, a number in a list or a price ends a sentence.
        ("We asked Dr. Smith about the price today", 24, ("We asked Dr. Smith about", "the price today")),
        ("Come at 9. We open at 9.30 then", 26, ("Come at 9. We open at 9.30", "then")),
        ("First paragraph.\n\nSecond one. And more.", 30, ("First paragraph.", "Second one. And more.")),
        ("line one\nline two\nline three", 18, ("line one\nline two", "line three")),
        ("alpha beta gamma", 7, ("alpha", "beta", "gamma")),
        ("日本語です。次の文です。", 8, ("日本語です。", "次の文です。")),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("👋👋👋", 4, ("👋👋", "👋")),
        ("a👋", 2, ("a", "👋")),
        # A family, a flag and an accent stay whole where they have room.
        (f"ab{FAMILY}", 9, ("ab", FAMILY)),
        ("🇮🇪🇫🇷🇩🇪", 8, ("🇮🇪🇫🇷", "🇩🇪")),
        ("abe\u0301", 3, ("ab", "e\u0301")),
        ("one, two, three and four five", 12, ("one, two,", "three and", "four five")),
    ],
)
def test_split(text: str, limit: int, parts: tuple[str, ...]) -> None:
    assert split_text(text, limit) == parts


def test_a_link_is_not_cut_where_it_has_room() -> None:
    link = "https://example.com/very/long/path?with=query&and=more"
    parts = split_text(f"Please look at this page for all there is to know: {link} and come again soon.", 80)
    assert any(link in part for part in parts)


def test_a_message_has_room_for_an_emoji() -> None:
    with pytest.raises(ValueError, match="at least two"):
        split_text("a", 1)


@given(st.text(max_size=400), st.integers(2, 60))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(part.strip() for part in parts)
    assert all(length_of(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.lists(st.sampled_from(["Hello there", "It is Dr. Who", "9.30 works", "wow 👋", "e\u0301a"]), max_size=30))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_sentences_that_have_room_stay_whole(sentences: list[str]) -> None:
    text = " ".join(f"{sentence}." for sentence in sentences)
    for part in split_text(text, 60):
        assert part.endswith(".")
        assert not unicodedata.combining(part[0])
