"""What Home shows: the day so far in one workspace, tests aside, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour
from django.utils import timezone

from channels_io.end_reasons import FAILURES
from channels_io.models import Conversation, Event, Leg, Turn, TurnSpan
from channels_io.models.event import PROBLEMS
from channels_io.reads.answers import ANSWERS, CUT_OFF, INTERRUPTED
from channels_io.reads.percentile import Percentile
from parley.accounts.models import Workspace

SLOW_MS = 1500
"""A reply this late is a problem by itself: people start to repeat themselves."""
SHOWN_PROBLEMS = 5
SHOWN_WORST = 5

SHOWN_OF_TURNS = ("public_id", "text", "at", "v2v_ms", "filler")

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Hour:
    hour: int
    turns: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Today:
    """Times in ms; shares 0..1. None where nothing was measured yet."""

    since: datetime
    hour: int
    conversations: int
    conversations_before: int
    """Yesterday, up to the same time of day."""
    live: int
    heard: int
    answered: int
    answers: int
    interrupted: int
    cut_off: int
    timed: int
    missed: int
    """Over the budget that held when the turn was taken (`Turn.over_budget`)."""
    fillers: int
    guesses_wasted: int
    p50: float | None
    p95: float | None
    slow: int
    cached_share: float | None
    hours: tuple[Hour, ...]

    @property
    def answered_share(self) -> float | None:
        return self.answered / self.heard if self.heard else None

    @property
    def interrupted_share(self) -> float | None:
        return self.interrupted / self.answers if self.answers else None

    @property
    def kept(self) -> int:
        return self.timed - self.missed

    @property
    def kept_share(self) -> float | None:
        return self.kept / self.timed if self.timed else None

    @property
    def missed_share(self) -> float | None:
        return self.missed / self.timed if self.timed else None


@dataclass(frozen=True, slots=True)
class Problems:
    failed_legs: tuple[Leg, ...]
    events: tuple[Event, ...]
    slow_turns: tuple[Turn, ...]

    def __bool__(self) -> bool:
        return bool(self.failed_legs or self.events or self.slow_turns)


@dataclass(frozen=True, slots=True)
class WaitSum:
    """One wait over the spoken turns of the day: ms of all together, and in how many it occurred."""

    name: str
    ms: float
    turns: int


@dataclass(frozen=True, slots=True)
class Waits:
    """What the spoken turns of today waited for."""

    all: tuple[WaitSum, ...]
    missed: tuple[WaitSum, ...]
    """Of the turns that missed the budget alone."""
    worst: tuple[Turn, ...]

    @property
    def longest(self) -> WaitSum | None:
        """What eats most: of the turns that missed, where there are any."""
        return max(self.missed or self.all, key=lambda wait: wait.ms, default=None)


def day_start(workspace: Workspace, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(workspace.timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def today(workspace: Workspace, now: datetime | None = None) -> Today:
    now = now or timezone.now()
    since = day_start(workspace, now)
    before = day_start(workspace, since - timedelta(hours=1))
    started = Conversation.objects.of(workspace).filter(test=False)
    counts = started.filter(started_at__gte=before).aggregate(
        now=Count("pk", filter=Q(started_at__gte=since)),
        before=Count("pk", filter=Q(started_at__lt=before + (now - since))),
    )
    turns = Turn.objects.of(workspace).filter(at__gte=since, conversation__test=False)
    reply = Turn.objects.filter(leg=OuterRef("leg"), number=OuterRef("number"), role=Turn.Role.AGENT)
    said = Q(role=Turn.Role.CALLER)
    talk = turns.aggregate(
        heard=Count("pk", filter=said),
        answered=Count("pk", filter=said & Q(Exists(reply))),
        answers=Count("pk", filter=ANSWERS),
        interrupted=Count("pk", filter=INTERRUPTED),
        cut_off=Count("pk", filter=CUT_OFF),
    )
    timed = turns.filter(v2v_ms__isnull=False)
    speed = timed.aggregate(
        timed=Count("pk"),
        missed=Count("pk", filter=Q(over_budget=True)),
        fillers=Count("pk", filter=Q(filler=True)),
        guesses_wasted=Sum("guesses_wasted", default=0),
        p50=Percentile("v2v_ms", fraction=0.5),
        p95=Percentile("v2v_ms", fraction=0.95),
        slow=Count("pk", filter=Q(v2v_ms__gt=SLOW_MS)),
        prompt=Sum("prompt_tokens"),
        cached=Sum("cached_tokens"),
    )
    prompt, cached = speed.pop("prompt"), speed.pop("cached")
    return Today(
        since=since,
        hour=now.astimezone(since.tzinfo).hour,
        conversations=counts["now"],
        conversations_before=counts["before"],
        live=Leg.objects.of(workspace).filter(ended_at=None, conversation__test=False).count(),
        cached_share=cached / prompt if prompt else None,
        hours=_hours(timed, since),
        **talk,
        **speed,
    )


def _hours(timed: Any, since: datetime) -> tuple[Hour, ...]:
    rows = (
        timed.annotate(hour=ExtractHour("at", tzinfo=since.tzinfo))
        .values("hour")
        .annotate(turns=Count("pk"), p50=Percentile("v2v_ms", fraction=0.5), p95=Percentile("v2v_ms", fraction=0.95))
        .order_by("hour")
    )
    found = {row["hour"]: Hour(**row) for row in rows}
    return tuple(found.get(hour, Hour(hour, 0, None, None)) for hour in range(24))


def problems(workspace: Workspace, now: datetime | None = None) -> Problems:
    """The newest of each kind since midnight."""
    since = day_start(workspace, now or timezone.now())
    real = {"conversation__test": False}
    legs = Leg.objects.of(workspace).filter(started_at__gte=since, end_reason__in=FAILURES, **real)
    events = Event.objects.filter(workspace=workspace, at__gte=since, kind__in=PROBLEMS, **real)
    slow = Turn.objects.of(workspace).filter(at__gte=since, v2v_ms__gt=SLOW_MS, **real)
    return Problems(
        failed_legs=tuple(
            _with_whom(legs, "public_id", "end_reason", "started_at").order_by("-started_at")[:SHOWN_PROBLEMS]
        ),
        events=tuple(_with_whom(events, "kind", "data", "at").order_by("-at")[:SHOWN_PROBLEMS]),
        slow_turns=tuple(_with_whom(slow, *SHOWN_OF_TURNS).order_by(F("v2v_ms").desc())[:SHOWN_PROBLEMS]),
    )


def waits(workspace: Workspace, now: datetime | None = None) -> Waits:
    since = day_start(workspace, now or timezone.now())
    timed = {"workspace": workspace, "at__gte": since, "v2v_ms__isnull": False, "conversation__test": False}
    sums = (
        TurnSpan.objects.filter(**{f"turn__{name}": value for name, value in timed.items()})
        .values("name")
        .annotate(
            all_ms=Sum("ms"),
            all_turns=Count("turn", distinct=True),
            late_ms=Sum("ms", filter=Q(turn__over_budget=True)),
            late_turns=Count("turn", distinct=True, filter=Q(turn__over_budget=True)),
        )
        .order_by("name")
    )
    rows = list(sums)
    late = Turn.objects.filter(over_budget=True, **timed)
    return Waits(
        all=tuple(WaitSum(row["name"], row["all_ms"], row["all_turns"]) for row in rows),
        missed=tuple(WaitSum(row["name"], row["late_ms"], row["late_turns"]) for row in rows if row["late_turns"]),
        worst=tuple(_with_whom(late, *SHOWN_OF_TURNS).order_by("-v2v_ms")[:SHOWN_WORST]),
    )


def _with_whom(found: QuerySet[Row], *shown: str) -> QuerySet[Row]:
    """With the conversation they are of, and nothing that is not shown: these are wide rows."""
    whom = ("public_id", "contact__public_id", "contact__name", "agent__name")
    named = (f"conversation__{name}" for name in whom)
    return found.select_related("conversation__contact", "conversation__agent").only(*shown, *named)
