from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from channels_io.phone_numbers import clean_number, shown_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+353 1 524 0000", "+35315240000"),
        ("+353861234567", "+353861234567"),
        (" +1 (555) 010-0000 ", "+15550100000"),
        ("+49 30 123456", "+4930123456"),
    ],
)
def test_numbers_are_kept_in_one_form(text: str, expected: str) -> None:
    assert clean_number(text) == expected


def test_a_national_number_needs_its_country() -> None:
    assert clean_number("086 123 4567", "IE") == "+353861234567"


@pytest.mark.parametrize(
    "text", ["", "086 123 4567", "+", "+353", "+999123", "hello", "+35386123456789012", "+353 86 123 4567 ext. 5"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_number(text)
    assert refused.value.code == "number_invalid"


def test_numbers_are_shown_as_people_read_them() -> None:
    assert shown_number("+353861234567") == "+353 86 123 4567"
    assert shown_number("whatsapp:+353861234567") == "+353 86 123 4567"
    assert shown_number("106540352242922") == "106540352242922"
