from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from channels_io.campaigns.zones import is_zone, zones_of_number


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+353871234567", ("Europe/Dublin",)),
        ("+447400123456", ("Europe/London",)),
        ("+12025550123", ("America/New_York",)),
        ("+12135550123", ("America/Los_Angeles",)),
        ("+919876543210", ("Asia/Kolkata",)),
        ("+97714567890", ("Asia/Kathmandu",)),
        ("not a number", ()),
    ],
)
def test_the_clock_behind_a_number(number: str, zones: tuple[str, ...]) -> None:
    assert zones_of_number(number) == zones


def test_a_number_of_a_whole_continent_may_be_in_several() -> None:
    zones = zones_of_number("+18005550123")
    clocks = {datetime(2026, 7, 1, 12, tzinfo=ZoneInfo(zone)).utcoffset() for zone in zones}
    assert {timedelta(hours=-4), timedelta(hours=-7)} <= clocks
    assert len(zones) < 20, "zones that always show the same time are one"


@pytest.mark.parametrize("name", ["", "Dublin", "../etc/passwd", "/etc/localtime", "Europe/Nowhere", "\x00", "Europe"])
def test_what_is_no_zone(name: str) -> None:
    assert not is_zone(name)
