"""When somebody is there: opening hours by weekday in one time zone, and the days that are none. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_SPANS: Final = 4
MAX_HOLIDAYS: Final = 60
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)

Span = tuple[int, int]
"""Minutes of the day, from (included) and to (not included): 09:00 to 17:30 is (540, 1050)."""


@dataclass(frozen=True, slots=True)
class Hours:
    """`days` has a tuple of spans for each of DAYS; spans are in order and apart. `holidays` are closed all day."""

    zone: str
    days: Mapping[str, tuple[Span, ...]]
    holidays: tuple[date, ...] = field(default=())

    def open_at(self, moment: datetime) -> bool:
        """`moment` knows its zone."""
        there = moment.astimezone(ZoneInfo(self.zone))
        minute = there.hour * 60 + there.minute
        return any(begin <= minute < end for begin, end in self._spans(there.date()))

    def next_opening(self, moment: datetime) -> datetime | None:
        """When it opens next, in its own zone; None when it never does within five weeks. `moment` may be open."""
        zone = ZoneInfo(self.zone)
        there = moment.astimezone(zone)
        for days in range(36):
            day = there.date() + timedelta(days=days)
            for begin, _end in self._spans(day):
                opening = datetime.combine(day, time(begin // 60, begin % 60), zone)
                if opening > there:
                    return opening
        return None

    def _spans(self, day: date) -> tuple[Span, ...]:
        return () if day in self.holidays else self.days.get(DAYS[day.weekday()], ())

    def as_json(self) -> dict[str, Any]:
        return {
            "zone": self.zone,
            "days": {name: [[clock(begin), clock(end)] for begin, end in self.days.get(name, ())] for name in DAYS},
            "holidays": [day.isoformat() for day in self.holidays],
        }


def read_hours(sent: Any) -> Hours:
    """From strangers or from the database. Raises ValidationError (code "hours_invalid") that says which day is wrong."""
    if not isinstance(sent, Mapping) or set(sent) - {"zone", "days", "holidays"}:
        raise _wrong(_("Opening hours are an object of zone, days and holidays."))
    zone, days = sent.get("zone"), sent.get("days")
    if not isinstance(zone, str) or zone not in available_timezones():
        raise _wrong(_("“%(zone)s” is not a time zone, such as Europe/Dublin.") % {"zone": str(zone)[:60]})
    if not isinstance(days, Mapping) or set(days) - set(DAYS):
        raise _wrong(_("days are mon, tue, wed, thu, fri, sat and sun."))
    return Hours(
        zone, {day: _read_day(day, days.get(day, ())) for day in DAYS}, _read_holidays(sent.get("holidays", ()))
    )


def clock(minute: int) -> str:
    """540 → "09:00"; the end of a day is "24:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _read_day(day: str, sent: Any) -> tuple[Span, ...]:
    if not isinstance(sent, list | tuple) or len(sent) > MAX_SPANS:
        raise _wrong(_("%(day)s: at most %(most)d times.") % {"day": day, "most": MAX_SPANS})
    spans = []
    for pair in sent:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise _wrong(_("%(day)s: a time is a pair such as 09:00 and 17:30.") % {"day": day})
        begin, end = (_minute(day, text) for text in pair)
        if begin >= end:
            raise _wrong(_("%(day)s: it must close later than it opens.") % {"day": day})
        spans.append((begin, end))
    spans.sort()
    for (_begin, end), (begin, _end) in zip(spans, spans[1:], strict=False):
        if begin < end:
            raise _wrong(_("%(day)s: two of its times overlap.") % {"day": day})
    return tuple(spans)


def _minute(day: str, text: Any) -> int:
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise _wrong(_("%(day)s: “%(text)s” is not a time such as 09:00.") % {"day": day, "text": str(text)[:20]})
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _read_holidays(sent: Any) -> tuple[date, ...]:
    if not isinstance(sent, list | tuple) or len(sent) > MAX_HOLIDAYS:
        raise _wrong(_("At most %(most)d closed days.") % {"most": MAX_HOLIDAYS})
    found = set()
    for text in sent:
        try:
            found.add(date.fromisoformat(text))
        except (TypeError, ValueError):
            raise _wrong(_("“%(text)s” is not a day such as 2026-12-25.") % {"text": str(text)[:20]}) from None
    return tuple(sorted(found))


def _wrong(message: str) -> ValidationError:
    return ValidationError(message, code="hours_invalid")
