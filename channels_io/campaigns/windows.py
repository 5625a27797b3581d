"""When a person may be called: windows of the week by their own clock, through changes of summer time too. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from channels_io.campaigns.plan import Window

_DAYS = 15
"""How far to look: a week, and another for a window that a change of the clock swallows."""
_ROUNDS = 100


class NeverOpen(ValueError):
    """No moment of the coming weeks suits all of these zones."""


def is_open(moment: datetime, zone: str, windows: Sequence[Window]) -> bool:
    """Whether the clock in `zone` stands within one of the windows."""
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return any(local.weekday() in window.days and window.start <= minute < window.end for window in windows)


def next_moment(now: datetime, zone: str, windows: Sequence[Window]) -> datetime:
    """`now` if it is open; else when the next window opens, in UTC. Raises NeverOpen.

    A window that begins in the hour that a change to summer time leaves out begins when that hour would be over.
    """
    if is_open(now, zone, windows):
        return now
    today = now.astimezone(ZoneInfo(zone)).date()
    for offset in range(_DAYS):
        day = today + timedelta(days=offset)
        begins = [
            instant
            for window in windows
            for instant in _instants(day, window.start, zone)
            if instant > now and is_open(instant, zone, windows)
        ]
        if begins:
            return min(begins)
    raise NeverOpen(f"No window opens in {zone}.")


def next_common_moment(now: datetime, zones: Sequence[str], windows: Sequence[Window]) -> datetime:
    """The first moment at or after `now` that is open in all of `zones`. Raises NeverOpen."""
    return _common(now, tuple(zones), tuple(windows))


@lru_cache(maxsize=1024)
def _common(now: datetime, zones: tuple[str, ...], windows: tuple[Window, ...]) -> datetime:
    moment = now
    for _round in range(_ROUNDS):
        latest = max((next_moment(moment, zone, windows) for zone in zones), default=moment)
        if latest == moment:
            return moment
        moment = latest
    raise NeverOpen(f"No window is open in all of {', '.join(zones)} at once.")


def _instants(day: date, minute: int, zone: str) -> Iterator[datetime]:
    """When the clock in `zone` shows this: once, twice when it is set back, at the end of the gap when it is set forward."""
    clock = ZoneInfo(zone)
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    first, second = (wall.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1))
    if _wall(first, clock) == wall:
        yield first
        if second != first:
            yield second
    else:
        yield _gap_end(second, first, wall, clock)


def _gap_end(before: datetime, after: datetime, wall: datetime, clock: ZoneInfo) -> datetime:
    """The first whole second at which the clock is past `wall`, which it never shows."""
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _wall(datetime.fromtimestamp(middle, UTC), clock) < wall:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _wall(moment: datetime, clock: ZoneInfo) -> datetime:
    return moment.astimezone(clock).replace(tzinfo=None)
