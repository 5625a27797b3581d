"""What is hidden of words that were said or written, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.privacy.masking import DIGIT_WORDS, luhn, masked, masked_json, mod97
from channels_io.privacy.rules import SORTS

CARD = "4242424242424242"
ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("My card is 4242 4242 4242 4242.", "My card is [card …4242]."),
        ("It's 4242-4242-4242-4242, thanks", "It's [card …4242], thanks"),
        ("4242424242424242 and then 12/27", "[card …4242] and then 12/27"),
        (
            "Four two four two, four two four two, four two four two, four two four two, please.",
            "[card …4242], please.",
        ),
        ("amex 3782 822463 10005", "amex [card …0005]"),
        (
            "double four... no: five triple five, 5 5 5 5, 5555, double four double four",
            "double four... no: [card …4444]",
        ),
        ("number 1. 5555 5555 5555 4444", "number 1. [card …4444]"),
        ("5555 5555 5555 4444 and 4012 8888 8888 1881", "[card …4444] and [card …1881]"),
        ("vier zwei vier zwei vier zwei vier zwei vier zwei vier zwei vier zwei vier zwei", "[card …4242]"),
    ],
)
def test_card_numbers_are_hidden_however_they_are_said(text: str, shown: str) -> None:
    assert masked(text, ("card",)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Order 4242 4242 4242 4241 is late.",
        "Call me on +353 86 123 4567.",
        "We are four people, two children, on 24 November 2026 at 10:30.",
        "1 2 3 4 5 6 7 8 9, and 1942 1945 1989 2026",
        "",
    ],
)
def test_other_numbers_are_no_cards(text: str) -> None:
    assert masked(text, ("card", "iban")) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DE89 3704 0044 0532 0130 00 please", "[account …3000] please"),
        ("it is de89370400440532013000", "it is [account …3000]"),
        ("GB82WEST12345698765432.", "[account …5432]."),
        ("DE88 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"),
        ("AB12 this is not an account number at all", "AB12 this is not an account number at all"),
    ],
)
def test_account_numbers_are_known_by_their_check_digits(text: str, shown: str) -> None:
    assert masked(text, ("iban",)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to jane.doe+x@mail.example.com!", "Write to [e-mail]!"),
        ("it's peter dot hill at example dot com", "it's [e-mail]"),
        ("We meet at nine at the corner.", "We meet at nine at the corner."),
    ],
)
def test_addresses_are_hidden_written_and_spoken(text: str, shown: str) -> None:
    assert masked(text, ("email",)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ring +353 86 123 4567 after six.", "Ring [phone …67] after six."),
        ("oh eight six one two three four five six seven", "[phone …67]"),
        ("086 123 4567", "[phone …67]"),
        ("on 24/11/2026 at 10:30", "on 24/11/2026 at 10:30"),
        ("two of us at seven", "two of us at seven"),
    ],
)
def test_telephone_numbers_are_hidden(text: str, shown: str) -> None:
    assert masked(text, ("phone",)) == shown


def test_nothing_is_hidden_that_nobody_asked_for() -> None:
    assert masked(f"{CARD} a@b.ie", ()) == f"{CARD} a@b.ie"


def test_data_keeps_its_shape() -> None:
    data = {"arguments": '{"card": "4242 4242 4242 4242"}', "n": 3, "list": [CARD, None]}
    shown = {"arguments": '{"card": "[card …4242]"}', "n": 3, "list": ["[card …4242]", None]}
    assert masked_json(data, ("card",)) == shown


@given(st.text(max_size=300))
def test_any_text_can_be_looked_at_and_looking_again_finds_nothing_new(text: str) -> None:
    once = masked(text, SORTS)
    assert masked(once, SORTS) == once


@given(
    st.lists(st.integers(0, 9), min_size=14, max_size=14),
    st.sampled_from(["", " ", "-", ", "]),
    st.booleans(),
)
def test_every_valid_card_number_is_found(digits: list[int], between: str, spoken: bool) -> None:
    body = "4" + "".join(map(str, digits))
    number = next(body + str(last) for last in range(10) if luhn(body + str(last)))
    said = [ENGLISH[int(digit)] if spoken else digit for digit in number]
    text = f"It is {(between or ' ').join(said) if spoken else between.join(said)}"
    assert masked(text, ("card",)) == f"It is [card …{number[-4:]}]"


def test_the_checks_agree_with_published_examples() -> None:
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert mod97("GB82WEST12345698765432")
    assert not mod97("GB82WEST12345698765431")
    assert set(DIGIT_WORDS.values()) == set("0123456789")
