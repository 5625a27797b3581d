"""A workspace's days and months, and what was spent in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from channels_io.models import SpendingDay
from parley.accounts.models import Workspace


@dataclass(frozen=True, slots=True)
class Times:
    """`day` and what follows from it are the workspace's own."""

    now: datetime
    day: date
    ends: datetime
    """When the day is over."""
    month: date
    """Its first day."""
    month_ends: datetime


@dataclass(frozen=True, slots=True)
class Spent:
    """`day` and `month` in millionths of the currency; `counts` of today, by what it was."""

    day: int
    month: int
    counts: Mapping[str, int]


def times_of(workspace: Workspace, now: datetime) -> Times:
    zone = ZoneInfo(workspace.timezone)
    day = now.astimezone(zone).date()
    first = day.replace(day=1)
    return Times(
        now=now,
        day=day,
        ends=_midnight(day + timedelta(days=1), zone),
        month=first,
        month_ends=_midnight((first + timedelta(days=32)).replace(day=1), zone),
    )


def spent_of(workspace: Workspace, times: Times) -> Spent:
    rows = list(
        SpendingDay.objects.filter(workspace=workspace, day__gte=times.month, day__lte=times.day).values_list(
            "day", "what", "count", "cost"
        )
    )
    return Spent(
        day=sum(cost for day, _what, _count, cost in rows if day == times.day),
        month=sum(cost for _day, _what, _count, cost in rows),
        counts={what: count for day, what, count, _cost in rows if day == times.day},
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
