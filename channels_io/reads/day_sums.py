"""What today came to: outcomes, hand-offs, cost, failures. Tests aside, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils import timezone

from channels_io.end_reasons import FAILURES
from channels_io.models import Conversation, CostLine, Event, EventKind, Handoff, Leg
from channels_io.reads.analytics import calls_at_once
from channels_io.reads.figure_filter import ENDED, ERROR
from channels_io.reads.today import day_start
from parley.accounts.models import Workspace

MOST_CAUSES = 8


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something failed. `figure` is that of the inbox; `word` the reason of an end or the code of an error."""

    figure: str
    word: str
    count: int

    @property
    def is_end(self) -> bool:
        return self.figure.startswith(ENDED)


@dataclass(frozen=True, slots=True)
class DaySums:
    """`cost` in millionths of the currency, of conversations that began today. Shares 0..1, None of nothing."""

    judged: int
    contained: int
    outcomes: tuple[tuple[str, int], ...]
    """The most first."""
    handoffs: int
    handoffs_waiting: int
    handoff_seconds: float | None
    """Until somebody came, of those where somebody did."""
    cost: int
    calls_now: int
    calls_most: int
    legs: int
    failed: int
    causes: tuple[Cause, ...]

    @property
    def contained_share(self) -> float | None:
        return self.contained / self.judged if self.judged else None

    @property
    def failed_share(self) -> float | None:
        return self.failed / self.legs if self.legs else None


def day_sums(workspace: Workspace, now: datetime | None = None) -> DaySums:
    now = now or timezone.now()
    since = day_start(workspace, now)
    real = {"conversation__test": False}
    begun = Conversation.objects.of(workspace).filter(test=False, started_at__gte=since).order_by()
    by_outcome = list(
        begun.values("outcome").annotate(
            number=Count("pk"),
            judged=Count("pk", filter=Q(analysis__contained__isnull=False)),
            contained=Count("pk", filter=Q(analysis__contained=True)),
        )
    )
    outcomes = [(row["outcome"], row["number"]) for row in by_outcome if row["outcome"]]
    waited = ExpressionWrapper(F("taken_at") - F("created_at"), output_field=DurationField())
    handoffs = (
        Handoff.objects.of(workspace)
        .filter(created_at__gte=since, **real)
        .aggregate(
            all=Count("pk"),
            waiting=Count("pk", filter=Q(state=Handoff.State.WAITING)),
            taken=Count("pk", filter=Q(taken_at__isnull=False)),
            waited=Sum(waited),
        )
    )
    costs = CostLine.objects.filter(
        workspace=workspace, conversation__started_at__gte=since, conversation__test=False
    ).aggregate(sum=Sum("cost", default=0))
    calls_now, calls_most = calls_at_once(workspace, since)
    legs = Leg.objects.of(workspace).filter(started_at__gte=since, **real).order_by()
    by_end = {row["end_reason"]: row["number"] for row in legs.values("end_reason").annotate(number=Count("pk"))}
    failed = {word: number for word, number in by_end.items() if word in FAILURES}
    return DaySums(
        judged=sum(row["judged"] for row in by_outcome),
        contained=sum(row["contained"] for row in by_outcome),
        outcomes=tuple(sorted(outcomes, key=lambda each: (-each[1], each[0]))),
        handoffs=handoffs["all"],
        handoffs_waiting=handoffs["waiting"],
        handoff_seconds=handoffs["waited"].total_seconds() / handoffs["taken"] if handoffs["taken"] else None,
        cost=costs["sum"],
        calls_now=calls_now,
        calls_most=calls_most,
        legs=sum(by_end.values()),
        failed=sum(failed.values()),
        causes=_causes(workspace, since, failed),
    )


def _causes(workspace: Workspace, since: datetime, failed: dict[str, int]) -> tuple[Cause, ...]:
    errors = (
        Event.objects.filter(workspace=workspace, at__gte=since, kind=EventKind.FAILED, conversation__test=False)
        .annotate(code=Coalesce(KeyTextTransform("code", "data"), Value(""), output_field=TextField()))
        .order_by()
        .values("code")
        .annotate(number=Count("pk"))
    )
    found = [Cause(f"{ENDED}{word}", word, number) for word, number in failed.items()]
    found += [Cause(f"{ERROR}{row['code']}", row["code"], row["number"]) for row in errors if row["code"]]
    return tuple(sorted(found, key=lambda each: (-each.count, each.word))[:MOST_CAUSES])
