"""Which clock a telephone number's owner looks at. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from channels_io.guards.countries import zones_of_country

_SEASONS: Final = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


def zones_of_number(number: str) -> tuple[str, ...]:
    """The zones a number (E.164) may be in, one for each different clock; () when nothing is known."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ()
    country = phonenumbers.region_code_for_number(parsed) or ""
    at_home = zones_of_country(country)
    if len(at_home) == 1:
        return at_home
    return _distinct(tuple(zone for zone in time_zones_for_number(parsed) if zone != UNKNOWN_TIMEZONE))


def is_zone(name: str) -> bool:
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


@lru_cache(maxsize=2048)
def _distinct(zones: tuple[str, ...]) -> tuple[str, ...]:
    """One of each set that shows the same time in winter and in summer."""
    kept: dict[tuple[object, ...], str] = {}
    for zone in zones:
        if is_zone(zone):
            kept.setdefault(tuple(season.astimezone(ZoneInfo(zone)).utcoffset() for season in _SEASONS), zone)
    return tuple(kept.values())
