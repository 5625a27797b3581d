from __future__ import annotations

import pytest

from channels_io.guards.numbers import NotANumber, masked, parse_number

REFUSED = (
    "*72", "*72+353871234567", "#31#+353871234567", "+353871234567;ext=9", "+353871234567,,123", "+353871234567x12",
    "tel:+353871234567", "sip:agent@example.com", "353871234567", "00353871234567", "0871234567", "911", "112", "+112",
    "+353 87 123 4567", "+353-87-1234567", " +353871234567", "+353871234567 ", "+353871234567\n", "+", "", "+0871234567",
    "plus three five three eight seven", "five five five one two", "+1-800-FLOWERS", "+1800FLOWERS", "+३५३८७१२३४५६७",
    "+٣٥٣٨٧١٢٣٤٥٦٧", "＋353871234567", "+353871234567\x00", "+12345678901234567", "+" + "1" * 400, "+999999999999999999",
    "client:bob", "+353871234567&To=+882100000", "{{caller}}",
)  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_dialled_as_it_stands(text: str) -> None:
    with pytest.raises(NotANumber):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "country", "kind"),
    [
        ("+353871234567", "IE", "mobile"),
        ("+35312345678", "IE", "fixed"),
        ("+12025550123", "US", "fixed_or_mobile"),
        ("+18005550123", "US", "toll_free"),
        ("+447400123456", "GB", "mobile"),
        ("+4930123456", "DE", "fixed"),
        ("+18765230123", "JM", "fixed_or_mobile"),
    ],
)
def test_ordinary_numbers(text: str, country: str, kind: str) -> None:
    number = parse_number(text)
    assert (number.text, number.country, number.kind) == (text, country, kind)


@pytest.mark.parametrize(
    ("text", "country", "kind"),
    [
        ("+19002345678", "US", "premium"),
        ("+3531520123456", "IE", "premium"),
        ("+449012345678", "GB", "premium"),
        ("+979123456789", "001", "premium"),
        ("+447012345678", "GB", "personal"),
        ("+3531850123456", "IE", "shared_cost"),
        ("+353818123456", "IE", "uan"),
        ("+447640123456", "GB", "pager"),
        ("+8829990000000", "001", "unknown"),
        ("+88216000000", "001", "voip"),
        ("+870773123456", "001", "mobile"),
        ("+447700900123", "GB", "unknown"),
    ],
)
def test_expensive_kinds_are_told_apart(text: str, country: str, kind: str) -> None:
    number = parse_number(text)
    assert (number.country, number.kind) == (country, kind)


def test_whatsapp_ids_have_a_country_and_no_range() -> None:
    number = parse_number("IE.13491208655302741918", whatsapp=True)
    assert (number.text, number.country, number.kind, number.range) == (
        "IE.13491208655302741918", "IE", "user_id", "",
    )  # fmt: skip
    assert parse_number("353871234567", whatsapp=True).text == "+353871234567"
    with pytest.raises(NotANumber):
        parse_number("IE.13491208655302741918")
    with pytest.raises(NotANumber):
        parse_number("ie.1349", whatsapp=True)


@pytest.mark.parametrize(
    ("text", "range_"), [("+353871234567", "35387123"), ("+12025550123", "1202555"), ("+4512345678", "4512345")]
)
def test_a_range_is_what_neighbours_share(text: str, range_: str) -> None:
    assert parse_number(text).range == range_


def test_two_spellings_of_one_line_are_one() -> None:
    assert parse_number("+4402079460018").text == parse_number("+442079460018").text


def test_masked_hides_most() -> None:
    assert masked("+353871234567") == "+35387•••67"
    assert masked("+12345") == "•••"
