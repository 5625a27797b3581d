"""Figures of a range of time, against the same length of time before: sums, by day or hour, agent, kind and version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.core.cache import cache
from django.core.cache.utils import make_template_fragment_key
from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from channels_io.analytics.histogram import percentile
from channels_io.analytics.rolling import day_of
from channels_io.models import Figures
from parley.accounts.models import Workspace

RANGES: Final = {"today": 1, "7": 7, "30": 30, "90": 90}
"""Days, today included."""
OVER_SECONDS: Final = 6 * 3600
LONGEST_CALL: Final = timedelta(hours=12)
"""One that began longer before midnight is not counted among those after it."""
_COUNTS: Final = msgspec.json.Decoder(dict[str, float])
_WAITS: Final = msgspec.json.Decoder(dict[str, int])


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
    waits: dict[str, int] = field(default_factory=dict)

    def add(self, counts: Mapping[str, float], waits: Mapping[str, int]) -> None:
        mine, times = self.counts, self.waits
        for name, value in counts.items():
            mine[name] = mine.get(name, 0.0) + value
        for bucket, count in waits.items():
            times[bucket] = times.get(bucket, 0) + count

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
        """Seconds until somebody came, of those who were taken, given back since or not."""
        came = self.of("handoffs:taken") + self.of("handoffs:returned")
        return self.of("handoff_seconds") / came if came else None

    @property
    def p50(self) -> float | None:
        return percentile(self.waits, 0.5)

    @property
    def p95(self) -> float | None:
        return percentile(self.waits, 0.95)

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
    """Every hour or day of the range, empty ones too: its conversations and waits, and no other counts."""
    agents: tuple[tuple[str, str, Sums], ...]
    """Public id, name."""
    kinds: tuple[tuple[str, Sums], ...]
    versions: tuple[tuple[str, int, Sums], ...]
    """Public id, number; of the chosen agent only."""


def read_report(workspace: Workspace, span: Range, narrowed: Narrowed) -> Report:
    """One query, whatever the range."""
    before = Sums()
    places: dict[datetime, Sums] = {begin: Sums() for begin in _steps(span)}
    parts: dict[tuple[str, str, str], Sums] = defaultdict(Sums)
    versions: dict[tuple[str, int], Sums] = defaultdict(Sums)
    for row in _rows(workspace, span, narrowed):
        counts, waits = _COUNTS.decode(row["counts_text"]), _WAITS.decode(row["waits_text"])
        if row["begins"] < span.begin:
            before.add(counts, waits)
            continue
        talks = {"conversations": counts.get("conversations", 0.0)}
        places.setdefault(row["begins"], Sums()).add(talks, waits)
        parts[row["agent__public_id"], row["agent__name"], row["kind"]].add(counts, waits)
        if narrowed.agent and row["version__public_id"]:
            versions[row["version__public_id"], row["version__number"]].add(counts, waits)
    # Of the few parts, not of the many rows again.
    total = Sums()
    agents: dict[tuple[str, str], Sums] = defaultdict(Sums)
    kinds: dict[str, Sums] = defaultdict(Sums)
    for (public_id, name, kind), sums in parts.items():
        for whole in (total, agents[public_id, name], kinds[kind]):
            whole.add(sums.counts, sums.waits)
    return Report(
        total,
        before,
        tuple(sorted(places.items())),
        tuple((key[0], key[1], sums) for key, sums in _largest(agents.items())),
        tuple(_largest(kinds.items())),
        tuple((key[0], key[1], sums) for key, sums in sorted(versions.items(), key=lambda each: -each[0][1])),
    )


def most_at_once(workspace: Workspace, span: Range, narrowed: Narrowed) -> int:
    """The most calls that ran at the same time. Days that are over are looked at every few hours: their calls are many."""
    zone = span.begin.tzinfo
    assert isinstance(zone, ZoneInfo)
    today = day_of(span.end - timedelta(hours=12), zone)
    if today <= span.begin:
        return calls_at_once(workspace, span.begin, span.end, narrowed)[1]
    key = make_template_fragment_key("most-calls", [workspace.pk, span.begin, today, narrowed.agent, narrowed.kind])
    over: int | None = cache.get(key)
    if over is None:
        over = calls_at_once(workspace, span.begin, today, narrowed)[1]
        cache.set(key, over, OVER_SECONDS)
    lately = max(span.begin, today - LONGEST_CALL)
    return max(over, calls_at_once(workspace, lately, span.end, narrowed)[1])


def calls_at_once(
    workspace: Workspace, begin: datetime, end: datetime | None = None, narrowed: Narrowed | None = None
) -> tuple[int, int]:
    """Of the calls that began then, tests aside: how many go on, and the most that ran at the same time."""
    query = """
        WITH calls AS MATERIALIZED (
            SELECT leg.started_at, leg.ended_at FROM channels_io_leg leg
            JOIN channels_io_conversation talk ON talk.id = leg.conversation_id WHERE {where}
        ), steps AS (
            SELECT started_at AS moment, 1 AS step FROM calls
            UNION ALL SELECT coalesce(ended_at, now()), -1 FROM calls
        )
        SELECT (SELECT count(*) FROM calls WHERE ended_at IS NULL), coalesce(max(running), 0)
        FROM (SELECT sum(step) OVER (ORDER BY moment, step ROWS UNBOUNDED PRECEDING) AS running FROM steps) counted
    """
    narrowed = narrowed or Narrowed()
    where = "leg.workspace_id = %s AND leg.started_at >= %s AND leg.media = 'voice' AND NOT talk.test"
    values: list[Any] = [workspace.pk, begin]
    if end is not None:
        where += " AND leg.started_at < %s"
        values.append(end)
    if narrowed.kind:
        where += " AND leg.kind = %s"
        values.append(narrowed.kind)
    if narrowed.agent:
        where += " AND talk.agent_id IN (SELECT agent.id FROM agents_agent agent WHERE agent.public_id = %s)"
        values.append(narrowed.agent)
    with connection.cursor() as cursor:
        cursor.execute(query.format(where=where), values)
        now, most = cursor.fetchone()
    return int(now), int(most)


def _rows(workspace: Workspace, span: Range, narrowed: Narrowed) -> QuerySet[Figures, dict[str, Any]]:
    rows = Figures.objects.filter(workspace=workspace, unit=span.unit, begins__gte=span.before, begins__lt=span.end)
    if narrowed.agent:
        rows = rows.filter(agent__public_id=narrowed.agent)
    if narrowed.version:
        rows = rows.filter(version__public_id=narrowed.version)
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    # As text: a quarter of a year is some thousand rows, and the database's own reader of JSON would take most of the page.
    texts = {f"{name}_text": Cast(name, TextField()) for name in ("counts", "waits")}
    found: QuerySet[Figures, dict[str, Any]] = rows.annotate(**texts).values(
        *("begins", "kind", *texts),
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
