from __future__ import annotations

import msgspec
import pytest

from channels_io.campaigns.columns import (
    BadLine,
    ListMapping,
    Person,
    guess,
    has_header,
    load_mapping,
    read_number,
    read_row,
    variable_name,
)
from channels_io.campaigns.reasons import REASONS
from channels_io.campaigns.sheet import Row, read_sheet
from channels_io.guards.numbers import Number

IRISH = "+353871234567"


@pytest.mark.parametrize(
    "written",
    [
        "+353871234567", "+353 87 123 4567", "+353 (0)87 123 4567", "00353871234567", "087 123 4567", "(087) 123-4567",
        "087/1234567", "'+353871234567", "tel:+353871234567", "353871234567", "087.123.4567", "+353\u201187\u20111234567",
        "353871234567.0",
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(written: str) -> None:
    number = read_number(written, "IE")
    assert isinstance(number, Number) and number.text == IRISH


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", "number_missing"),
        ("   ", "number_missing"),
        ("3.53871E+11", "number_scientific"),
        ("3,53871E+11", "number_scientific"),
        ("call me", "number_letters"),
        ("0871234567 ext 5", "number_extension"),
        ("0871234567x12", "number_extension"),
        ("*72 0871234567", "number_extension"),
        ("+353871234567;ext=5", "number_extension"),
        ("+353871234567,,5", "number_extension"),
        ("12345", "number_invalid"),
        ("+999123456789", "number_invalid"),
        ("٠٨٧١٢٣٤٥٦٧", "number_invalid"),
        ("=1+1", "number_invalid"),
        ("0871234567 / 0861111111", "number_invalid"),
    ],
)
def test_why_a_number_is_none(written: str, problem: str) -> None:
    assert read_number(written, "IE") == problem
    assert problem in REASONS


def test_without_a_country_a_number_needs_its_own() -> None:
    assert read_number("0871234567") == "number_no_country"
    assert isinstance(read_number(IRISH), Number)


LIST = b"Full name;Mobile;Appointment date;Time zone\nJane;087 123 4567;Monday;Europe/London\nSean;n/a;Tuesday;\n"


def rows(content: bytes) -> list[Row]:
    return list(read_sheet(content).rows())


def test_columns_are_guessed_by_their_titles() -> None:
    assert guess(rows(LIST), "IE") == ListMapping(
        number=1, name=0, zone=3, variables={"appointment_date": 2}, header=True, region="IE"
    )


def test_columns_without_titles_are_guessed_by_what_they_hold() -> None:
    mapping = guess(rows(b"Jane,+353871234567\nSean,+353861111111\n"), "")
    assert (mapping.number, mapping.header, mapping.variables) == (1, False, {})


def test_a_header_is_a_line_without_numbers_above_lines_with_some() -> None:
    assert has_header(rows(LIST))
    assert not has_header(rows(b"+353871234567\n+353861111111\n"))
    assert not has_header(rows(b"a\nb\n"))
    assert not has_header([])


def test_a_row_becomes_a_person_or_a_reason() -> None:
    mapping = guess(rows(LIST), "IE")
    jane, sean = (read_row(row, mapping) for row in rows(LIST)[1:])
    assert isinstance(jane, Person)
    assert (jane.line, jane.number.text, jane.name, jane.zone) == (2, IRISH, "Jane", "Europe/London")
    assert jane.variables == {"appointment_date": "Monday"}
    assert sean == BadLine(3, "n/a", "number_letters")
    lost = read_row(Row(9, ("Ann", IRISH, "", "Narnia")), mapping)
    assert lost == BadLine(9, IRISH, "zone_unknown")
    assert read_row(Row(4, ("Ann",)), mapping) == BadLine(4, "", "number_missing")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Appointment date", "appointment_date"),
        ("2nd visit", "x_2nd_visit"),
        ("  ", ""),
        ("日付", ""),
        ("A" * 90, "a" * 40),
    ],
)
def test_a_title_becomes_the_name_of_a_variable(title: str, name: str) -> None:
    assert variable_name(title) == name


@pytest.mark.parametrize("stored", [{}, {"number": -1}, {"number": 0, "region": "Ireland"}, {"number": 0, "x": 1}])
def test_a_mapping_that_is_none(stored: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        load_mapping(stored)
