"""Figures of a range of time, against the same length of time before: sums, by day or hour, agent, kind and version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from channels_io.analytics.histogram import added, percentile
from channels_io.analytics.rolling import day_of
from channels_io.models import Figures
from parley.accounts.models import Workspace

RANGES: Final = {"today": 1, "7": 7, "30": 30, "90": 90}
"""Days, today included."""


@dataclass(frozen=True, slots=True)
class Range:
    """`unit`: what the figures in it are read by. `since` and `until` are its first and last day there."""

    begin: datetime
    end: datetime
    unit: Figures.Unit
    since: date
    until: date

    @property
    def before(self) -> datetime:
        """Where as long a time begins that ends at `begin`."""
        return self.begin - (self.end - self.begin)


def range_of(name: str, workspace: Workspace, now: datetime) -> Range:
    """Of RANGES; another name is a week. Today goes to the hour that runs, so that what it is compared with is as long."""
    zone = ZoneInfo(workspace.timezone)
    today = day_of(now, zone)
    days = RANGES.get(name, 7)
    first = day_of(today - timedelta(days=days - 1) + timedelta(hours=12), zone)
    if days == 1:
        end = now.astimezone(zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return Range(today, end, Figures.Unit.HOUR, today.date(), today.date())
    return Range(first, day_of(today + timedelta(hours=36), zone), Figures.Unit.DAY, first.date(), today.date())


@dataclass(slots=True)
class Sums:
    """Counts by the names of `channels_io.analytics`, and the histogram of V2V. Shares are 0..1, None of nothing."""

    counts: dict[str, float] = field(default_factory=dict)
    waits: list[dict[str, int]] = field(default_factory=list)

    def add(self, counts: dict[str, float], waits: dict[str, int]) -> None:
        for name, value in counts.items():
            self.counts[name] = self.counts.get(name, 0.0) + value
        self.waits.append(waits)

    def of(self, name: str) -> float:
        return self.counts.get(name, 0.0)

    def named(self, beginning: str) -> list[tuple[str, float]]:
        """ "end:" → [("hangup", 12), ...], the most first."""
        found = [
            (name.removeprefix(beginning), value) for name, value in self.counts.items() if name.startswith(beginning)
        ]
        return sorted(found, key=lambda each: (-each[1], each[0]))

    def share(self, part: str, whole: str) -> float | None:
        return self.of(part) / self.of(whole) if self.of(whole) else None

    @property
    def conversations(self) -> int:
        return int(self.of("conversations"))

    @property
    def answered(self) -> float | None:
        return min(1.0, self.of("answered") / self.of("heard")) if self.of("heard") else None

    @property
    def contained(self) -> float | None:
        return self.share("contained", "judged")

    @property
    def late(self) -> float | None:
        return self.share("late", "spoken")

    @property
    def interrupted(self) -> float | None:
        return self.share("interrupted", "answered")

    @property
    def failed(self) -> float | None:
        return self.share("failed", "legs")

    @property
    def cached(self) -> float | None:
        return self.share("cached", "prompt")

    @property
    def cost(self) -> int:
        return int(sum(value for _component, value in self.named("cost:")))

    @property
    def handoff_wait(self) -> float | None:
        """Seconds until somebody came, of those who were taken."""
        return self.share("handoff_seconds", "handoffs:taken")

    @property
    def p50(self) -> float | None:
        return percentile(added(self.waits), 0.5)

    @property
    def p95(self) -> float | None:
        return percentile(added(self.waits), 0.95)

    @property
    def spans(self) -> list[tuple[str, float, int]]:
        """Waits of spoken answers: name, ms of all together, in how many."""
        return [(name, ms, int(self.of(f"spans:{name}"))) for name, ms in self.named("span:")]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Public ids of agent and version, name of a kind; empty: all."""

    agent: str = ""
    version: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    total: Sums
    before: Sums
    series: tuple[tuple[datetime, Sums], ...]
    """Every hour or day of the range, empty ones too."""
    agents: tuple[tuple[str, str, Sums], ...]
    """Public id, name."""
    kinds: tuple[tuple[str, Sums], ...]
    versions: tuple[tuple[str, int, Sums], ...]
    """Public id, number; of the chosen agent only."""


def read_report(workspace: Workspace, span: Range, narrowed: Narrowed) -> Report:
    """One query, whatever the range."""
    rows = _rows(workspace, span, narrowed)
    total, before = Sums(), Sums()
    places: dict[datetime, Sums] = {begin: Sums() for begin in _steps(span)}
    agents: dict[tuple[str, str], Sums] = {}
    kinds: dict[str, Sums] = {}
    versions: dict[tuple[str, int], Sums] = {}
    for row in rows:
        said = row["counts"], row["waits"]
        if row["begins"] < span.begin:
            before.add(*said)
            continue
        total.add(*said)
        places.setdefault(row["begins"], Sums()).add(*said)
        agents.setdefault((row["agent__public_id"], row["agent__name"]), Sums()).add(*said)
        kinds.setdefault(row["kind"], Sums()).add(*said)
        if narrowed.agent and row["version__public_id"]:
            versions.setdefault((row["version__public_id"], row["version__number"]), Sums()).add(*said)
    return Report(
        total,
        before,
        tuple(sorted(places.items())),
        tuple((key[0], key[1], sums) for key, sums in _largest(agents.items())),
        tuple(_largest(kinds.items())),
        tuple((key[0], key[1], sums) for key, sums in sorted(versions.items(), key=lambda each: -each[0][1])),
    )


def most_at_once(workspace: Workspace, span: Range, narrowed: Narrowed) -> int:
    """The most calls that ran at the same time."""
    query = """
        SELECT coalesce(max(running), 0) FROM (
            SELECT sum(step) OVER (ORDER BY moment, step) AS running FROM (
                SELECT leg.started_at AS moment, 1 AS step, leg.id FROM channels_io_leg leg WHERE {where}
                UNION ALL
                SELECT coalesce(leg.ended_at, now()), -1, leg.id FROM channels_io_leg leg WHERE {where}
            ) steps
        ) counted
    """
    where = "leg.workspace_id = %s AND leg.started_at >= %s AND leg.started_at < %s AND leg.media = 'voice'"
    values: list[Any] = [workspace.pk, span.begin, span.end]
    if narrowed.kind:
        where += " AND leg.kind = %s"
        values.append(narrowed.kind)
    if narrowed.agent:
        where += (
            " AND leg.conversation_id IN (SELECT talk.id FROM channels_io_conversation talk"
            " JOIN agents_agent agent ON agent.id = talk.agent_id WHERE agent.public_id = %s)"
        )
        values.append(narrowed.agent)
    with connection.cursor() as cursor:
        cursor.execute(query.format(where=where), [*values, *values])
        return int(cursor.fetchone()[0])


def _rows(workspace: Workspace, span: Range, narrowed: Narrowed) -> QuerySet[Figures, dict[str, Any]]:
    rows = Figures.objects.filter(workspace=workspace, unit=span.unit, begins__gte=span.before, begins__lt=span.end)
    if narrowed.agent:
        rows = rows.filter(agent__public_id=narrowed.agent)
    if narrowed.version:
        rows = rows.filter(version__public_id=narrowed.version)
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    found: QuerySet[Figures, dict[str, Any]] = rows.values(
        *("begins", "kind", "counts", "waits"),
        *("agent__public_id", "agent__name", "version__public_id", "version__number"),
    )
    return found


def _steps(span: Range) -> Iterable[datetime]:
    zone = span.begin.tzinfo
    assert isinstance(zone, ZoneInfo)
    at = span.begin
    while at < span.end:
        yield at
        if span.unit == Figures.Unit.HOUR:
            at += timedelta(hours=1)
        else:
            at = day_of(at + timedelta(hours=36), zone)


def _largest(found: Iterable[tuple[Any, Sums]]) -> list[tuple[Any, Sums]]:
    most: Callable[[tuple[Any, Sums]], Any] = lambda each: (-each[1].conversations, each[0])  # noqa: E731
    return sorted(found, key=most)
