from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from channels_io.business_hours import Hours, read_hours

DUBLIN = ZoneInfo("Europe/Dublin")
WEEK = {
    "zone": "Europe/Dublin",
    "days": {"mon": [["09:00", "12:30"], ["13:30", "17:00"]], "fri": [["20:00", "24:00"]], "sat": [["00:00", "02:00"]]},
    "holidays": ["2026-12-28"],
}


@pytest.fixture
def hours() -> Hours:
    return read_hours(WEEK)


@pytest.mark.parametrize(
    ("moment", "open_then"),
    [
        ("2026-11-23 08:59", False),
        ("2026-11-23 09:00", True),
        ("2026-11-23 12:29", True),
        ("2026-11-23 12:30", False),
        ("2026-11-23 13:30", True),
        ("2026-11-23 17:00", False),
        ("2026-11-24 10:00", False),
        ("2026-11-27 23:59", True),
        ("2026-11-28 00:00", True),
        ("2026-11-28 02:00", False),
        ("2026-12-28 10:00", False),
    ],
)
def test_open_at(hours: Hours, moment: str, open_then: bool) -> None:
    assert hours.open_at(datetime.fromisoformat(moment).replace(tzinfo=DUBLIN)) is open_then


def test_the_zone_of_the_place_counts_not_the_clocks_own(hours: Hours) -> None:
    # In July Dublin is an hour ahead of UTC.
    assert hours.open_at(datetime(2026, 7, 6, 8, 0, tzinfo=UTC))
    assert not hours.open_at(datetime(2026, 7, 6, 16, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-22 10:00", "2026-11-23 09:00"),
        ("2026-11-23 09:00", "2026-11-23 13:30"),
        ("2026-11-23 18:00", "2026-11-27 20:00"),
        ("2026-12-27 10:00", "2027-01-01 20:00"),
    ],
)
def test_next_opening(hours: Hours, moment: str, expected: str) -> None:
    opening = hours.next_opening(datetime.fromisoformat(moment).replace(tzinfo=DUBLIN))
    assert opening is not None
    assert opening.isoformat(sep=" ", timespec="minutes")[:16] == expected


def test_never_open(hours: Hours) -> None:
    closed = read_hours({"zone": "UTC", "days": {}})
    assert not closed.open_at(datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert closed.next_opening(datetime(2026, 11, 23, 12, tzinfo=UTC)) is None


def test_it_is_stored_as_it_was_sent(hours: Hours) -> None:
    assert read_hours(hours.as_json()) == hours
    assert hours.as_json()["days"]["fri"] == [["20:00", "24:00"]]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "always",
        {"zone": "Europe/Dublin", "days": {}, "more": 1},
        {"zone": "Dublin", "days": {}},
        {"zone": None, "days": {}},
        {"zone": "UTC", "days": {"monday": []}},
        {"zone": "UTC", "days": {"mon": "09:00-17:00"}},
        {"zone": "UTC", "days": {"mon": [["09:00"]]}},
        {"zone": "UTC", "days": {"mon": [["9:00", "17:00"]]}},
        {"zone": "UTC", "days": {"mon": [["25:00", "26:00"]]}},
        {"zone": "UTC", "days": {"mon": [["17:00", "09:00"]]}},
        {"zone": "UTC", "days": {"mon": [["09:00", "09:00"]]}},
        {"zone": "UTC", "days": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}},
        {"zone": "UTC", "days": {"mon": [["09:00", "10:00"]] * 5}},
        {"zone": "UTC", "days": {"mon": [[9, 17]]}},
        {"zone": "UTC", "days": {}, "holidays": ["Christmas"]},
        {"zone": "UTC", "days": {}, "holidays": [20261225]},
        {"zone": "UTC", "days": {}, "holidays": ["2026-12-25"] * 61},
    ],
)
def test_what_are_no_hours_is_refused(sent: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        read_hours(sent)
    assert refused.value.code == "hours_invalid"
