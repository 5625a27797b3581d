from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_io.campaigns.plan import WORKDAYS, Window
from channels_io.campaigns.windows import NeverOpen, is_open, next_common_moment, next_moment

OFFICE = (Window(WORKDAYS, 9 * 60, 18 * 60),)
EVERY_DAY = tuple(range(7))
ZONES = (
    "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca",
    "Pacific/Apia", "UTC", "Asia/Tehran", "America/St_Johns",
)  # fmt: skip


def at(zone: str, *when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ((2026, 11, 23, 10, 0), (2026, 11, 23, 10, 0)),  # Monday, within
        ((2026, 11, 23, 8, 59), (2026, 11, 23, 9, 0)),
        ((2026, 11, 23, 9, 0), (2026, 11, 23, 9, 0)),
        ((2026, 11, 23, 17, 59), (2026, 11, 23, 17, 59)),
        ((2026, 11, 23, 18, 0), (2026, 11, 24, 9, 0)),
        ((2026, 11, 27, 18, 0), (2026, 11, 30, 9, 0)),  # Friday evening → Monday
        ((2026, 11, 28, 12, 0), (2026, 11, 30, 9, 0)),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Dublin", "America/Los_Angeles", "Asia/Kolkata"])
def test_office_hours(zone: str, now: tuple[int, ...], then: tuple[int, ...]) -> None:
    assert next_moment(at(zone, *now), zone, OFFICE) == at(zone, *then)


def test_the_same_moment_is_day_here_and_night_there() -> None:
    morning = at("Europe/Dublin", 2026, 11, 23, 9, 30)
    assert is_open(morning, "Europe/Dublin", OFFICE)
    assert next_moment(morning, "America/Los_Angeles", OFFICE) == at("America/Los_Angeles", 2026, 11, 23, 9, 0)


def test_summer_time_moves_the_window_with_the_clock() -> None:
    before, after = at("Europe/Dublin", 2026, 3, 27, 20, 0), at("Europe/Dublin", 2026, 3, 30, 9, 0)
    assert next_moment(before, "Europe/Dublin", OFFICE) == after
    assert after == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)


def test_a_window_that_begins_in_the_missing_hour_begins_after_it() -> None:
    night = (Window(EVERY_DAY, 90, 240),)  # 01:30, and clocks go from 01:00 to 02:00 on 2026-03-29
    assert next_moment(at("Europe/Dublin", 2026, 3, 29, 0, 50), "Europe/Dublin", night) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )


def test_a_window_within_the_missing_hour_waits_a_day() -> None:
    night = (Window(EVERY_DAY, 70, 110),)
    assert next_moment(at("Europe/Dublin", 2026, 3, 29, 0, 50), "Europe/Dublin", night) == at(
        "Europe/Dublin", 2026, 3, 30, 1, 10
    )


def test_the_doubled_hour_opens_at_its_first_turn() -> None:
    night = (Window(EVERY_DAY, 90, 120),)  # 01:30 comes twice on 2026-10-25
    first = next_moment(at("Europe/Dublin", 2026, 10, 25, 0, 0), "Europe/Dublin", night)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = next_moment(datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "Europe/Dublin", night)
    assert second == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_day_that_never_was_is_passed_over() -> None:
    """Samoa skipped Friday 2011-12-30."""
    fridays = (Window((4,), 600, 660),)
    assert next_moment(at("Pacific/Apia", 2011, 12, 28, 12, 0), "Pacific/Apia", fridays) == at(
        "Pacific/Apia", 2012, 1, 6, 10, 0
    )


def test_all_zones_of_a_number_at_once() -> None:
    midday = (Window(EVERY_DAY, 9 * 60, 20 * 60),)
    moment = next_common_moment(
        at("America/New_York", 2026, 11, 23, 9, 0), ("America/New_York", "America/Los_Angeles"), midday
    )
    assert moment == at("America/Los_Angeles", 2026, 11, 23, 9, 0)
    with pytest.raises(NeverOpen):
        next_common_moment(moment, ("America/New_York", "Asia/Tokyo"), (Window(EVERY_DAY, 9 * 60, 10 * 60),))


WINDOWS = st.builds(
    lambda days, start, length: Window(tuple(sorted(days)), start, min(1440, start + length)),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
)


@settings(deadline=None, max_examples=300)
@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
    zone=st.sampled_from(ZONES),
    windows=st.lists(WINDOWS, min_size=1, max_size=3).map(tuple),
)
def test_the_moment_is_open_not_before_now_and_idempotent(
    now: datetime, zone: str, windows: tuple[Window, ...]
) -> None:
    now = now.replace(tzinfo=UTC)
    moment = next_moment(now, zone, windows)
    assert moment >= now
    assert is_open(moment, zone, windows)
    assert next_moment(moment, zone, windows) == moment
    assert (moment == now) == is_open(now, zone, windows)


CHANGES = [
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # America/New_York
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Europe/Dublin
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Australia/Lord_Howe, half an hour
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
]


@settings(deadline=None, max_examples=120)
@given(
    change=st.sampled_from(CHANGES),
    minutes=st.integers(-300, 120),
    zone=st.sampled_from(("America/New_York", "Europe/Dublin", "Australia/Lord_Howe")),
    window=WINDOWS.map(lambda window: Window(EVERY_DAY, window.start, window.end)),
)
def test_around_a_change_of_the_clock_no_open_minute_is_missed(
    change: datetime, minutes: int, zone: str, window: Window
) -> None:
    """But one: what a clock set back shows for the second time may be passed over."""
    now = change + timedelta(minutes=minutes)
    moment = next_moment(now, zone, (window,))
    while now < moment:
        local = now.astimezone(ZoneInfo(zone))
        assert local.fold or not is_open(now, zone, (window,))
        now += timedelta(minutes=1)
