"""The record of a stretch of time → its figures, by hour or day, agent, version and kind. A fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Floor, Ln, Trunc

from channels_io.analytics.histogram import FIRST, LAST, RATIO
from channels_io.end_reasons import FAILURES
from channels_io.models import Conversation, CostLine, Event, EventKind, Figures, Handoff, Leg, Turn, TurnSpan
from channels_io.reads.answers import ANSWERS, CUT_OFF, INTERRUPTED
from parley.accounts.models import Workspace

Key = tuple[datetime, int, int | None, str]
"""Where the figures of a row belong: begin, agent, version, kind."""
PLACE: Final = ("begin", "its_agent", "its_version", "its_kind")
MAX_NAME: Final = 60


@dataclass(slots=True)
class _Row:
    counts: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    waits: dict[str, int] = field(default_factory=dict)


class _Rows:
    def __init__(self) -> None:
        self.rows: dict[Key, _Row] = defaultdict(_Row)

    def add(self, found: Iterable[dict[str, Any]], *names: str, **named: Callable[[dict[str, Any]], str]) -> None:
        """`names`: columns that are counts of that name. `named`: columns whose count's name is made of the row."""
        for each in found:
            place: Key = (each["begin"], each["its_agent"], each["its_version"], each["its_kind"])
            row = self.rows[place]
            for name in names:
                if each[name]:
                    row.counts[name] += float(each[name])
            for column, name_of in named.items():
                if each[column]:
                    row.counts[name_of(each)[:MAX_NAME]] += float(each[column])


def count_figures(workspace: Workspace, unit: Figures.Unit, begin: datetime, end: datetime) -> list[Figures]:
    """Unsaved rows. `begin` and `end` are borders of units (of days: in the workspace's zone)."""
    zone = ZoneInfo(workspace.timezone)

    def at(moment: str) -> Any:
        return Trunc(moment, unit.value, tzinfo=zone)

    rows = _Rows()
    _add_conversations(rows, workspace, at, begin, end)
    _add_legs(rows, workspace, at, begin, end)
    _add_turns(rows, workspace, at, begin, end)
    _add_handoffs(rows, workspace, at, begin, end)
    return [
        Figures(
            workspace=workspace,
            unit=unit,
            begins=place[0],
            agent_id=place[1],
            version_id=place[2],
            kind=place[3],
            counts=dict(row.counts),
            waits=row.waits,
        )
        for place, row in rows.rows.items()
    ]


def keep_figures(workspace: Workspace, unit: Figures.Unit, begin: datetime, end: datetime) -> int:
    """Count the stretch anew and put that in place of what was counted before. Returns how many rows there are."""
    with transaction.atomic():
        # Two that count the same stretch wait for each other: else both would write what one has deleted.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        found = count_figures(workspace, unit, begin, end)
        Figures.objects.filter(workspace=workspace, unit=unit, begins__gte=begin, begins__lt=end).delete()
        Figures.objects.bulk_create(found, batch_size=500)
    return len(found)


def _add_conversations(rows: _Rows, workspace: Workspace, at: Any, begin: datetime, end: datetime) -> None:
    first = Leg.objects.filter(conversation=OuterRef("pk")).order_by("started_at", "pk")
    begun = (
        Conversation.objects.of(workspace)
        .filter(test=False, started_at__gte=begin, started_at__lt=end)
        .annotate(
            begin=at("started_at"),
            its_agent=F("agent"),
            its_version=Subquery(first.values("version")[:1]),
            its_kind=Coalesce(Subquery(first.values("kind")[:1]), F("last_kind")),
        )
        .order_by()
    )
    rows.add(
        begun.values(*PLACE).annotate(
            conversations=Count("pk"),
            judged=Count("pk", filter=Q(analysis__contained__isnull=False)),
            contained=Count("pk", filter=Q(analysis__contained=True)),
        ),
        "conversations",
        "judged",
        "contained",
    )
    rows.add(
        begun.exclude(outcome="").values(*PLACE, "outcome").annotate(number=Count("pk")),
        number=lambda row: f"outcome:{row['outcome']}",
    )
    legs = Leg.objects.filter(conversation=OuterRef("conversation")).order_by("started_at", "pk")
    costs = (
        CostLine.objects.filter(
            workspace=workspace,
            conversation__test=False,
            conversation__started_at__gte=begin,
            conversation__started_at__lt=end,
        )
        .annotate(
            begin=at("conversation__started_at"),
            its_agent=F("conversation__agent"),
            its_version=Subquery(legs.values("version")[:1]),
            its_kind=Coalesce(Subquery(legs.values("kind")[:1]), F("conversation__last_kind")),
        )
        .order_by()
    )
    rows.add(
        costs.values(*PLACE, "component").annotate(amount=Sum("cost")), amount=lambda row: f"cost:{row['component']}"
    )
    rows.add(
        costs.exclude(service="").values(*PLACE, "component", "service").annotate(amount=Sum("cost")),
        amount=lambda row: f"paid:{row['component']}:{row['service']}",
    )


def _add_legs(rows: _Rows, workspace: Workspace, at: Any, begin: datetime, end: datetime) -> None:
    legs = (
        Leg.objects.of(workspace)
        .filter(conversation__test=False, started_at__gte=begin, started_at__lt=end)
        .annotate(
            begin=at("started_at"), its_agent=F("conversation__agent"), its_version=F("version"), its_kind=F("kind")
        )
        .order_by()
    )
    lasted = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())
    talked = legs.values(*PLACE).annotate(
        legs=Count("pk"),
        failed=Count("pk", filter=Q(end_reason__in=FAILURES)),
        lasted=Sum(lasted, filter=Q(media=Leg.Media.VOICE, ended_at__isnull=False)),
    )
    rows.add(
        ({**row, "seconds": row["lasted"].total_seconds() if row["lasted"] else 0.0} for row in talked),
        "legs",
        "failed",
        "seconds",
    )
    rows.add(
        legs.exclude(end_reason="").values(*PLACE, "end_reason").annotate(number=Count("pk")),
        number=lambda row: f"end:{row['end_reason']}",
    )
    errors = (
        Event.objects.filter(
            workspace=workspace, kind=EventKind.FAILED, at__gte=begin, at__lt=end, conversation__test=False
        )
        .annotate(
            begin=at("at"),
            its_agent=F("conversation__agent"),
            its_version=F("leg__version"),
            its_kind=F("leg__kind"),
            code=Coalesce(KeyTextTransform("code", "data"), Value(""), output_field=TextField()),
        )
        .order_by()
    )
    rows.add(errors.values(*PLACE, "code").annotate(number=Count("pk")), number=lambda row: f"error:{row['code']}")


def _add_turns(rows: _Rows, workspace: Workspace, at: Any, begin: datetime, end: datetime) -> None:
    place = {
        "begin": at("at"),
        "its_agent": F("conversation__agent"),
        "its_version": F("leg__version"),
        "its_kind": F("leg__kind"),
    }
    turns = Turn.objects.of(workspace).filter(at__gte=begin, at__lt=end, conversation__test=False)
    rows.add(
        turns.annotate(**place)
        .order_by()
        .values(*PLACE)
        .annotate(
            heard=Count("pk", filter=Q(role=Turn.Role.CALLER)),
            answered=Count("pk", filter=ANSWERS),
            spoken=Count("pk", filter=ANSWERS & Q(v2v_ms__isnull=False)),
            late=Count("pk", filter=ANSWERS & Q(over_budget=True)),
            fillers=Count("pk", filter=ANSWERS & Q(filler=True)),
            interrupted=Count("pk", filter=INTERRUPTED),
            cut_off=Count("pk", filter=CUT_OFF),
            prompt=Sum("prompt_tokens", filter=ANSWERS),
            cached=Sum("cached_tokens", filter=ANSWERS),
        ),
        *("heard", "answered", "spoken", "late", "fillers", "interrupted", "cut_off", "prompt", "cached"),
    )
    spoken = turns.filter(ANSWERS, v2v_ms__isnull=False).annotate(**place)
    number = Floor(Ln(Cast("v2v_ms", FloatField()) / FIRST) / Ln(Value(RATIO, output_field=FloatField())))
    bucket = Case(
        When(v2v_ms__lte=FIRST, then=Value(0)),
        When(v2v_ms__gte=FIRST * RATIO**LAST, then=Value(LAST)),
        default=Cast(number, IntegerField()),
        output_field=IntegerField(),
    )
    for row in spoken.annotate(bucket=bucket).order_by().values(*PLACE, "bucket").annotate(number_of=Count("pk")):
        key: Key = (row["begin"], row["its_agent"], row["its_version"], row["its_kind"])
        waits = rows.rows[key].waits
        waits[str(row["bucket"])] = waits.get(str(row["bucket"]), 0) + row["number_of"]
    of_turn = {
        "begin": at("turn__at"),
        "its_agent": F("turn__conversation__agent"),
        "its_version": F("turn__leg__version"),
        "its_kind": F("turn__leg__kind"),
    }
    spans = TurnSpan.objects.filter(turn__in=spoken.values("pk")).annotate(**of_turn).order_by()
    rows.add(
        spans.values(*PLACE, "name").annotate(total=Sum("ms"), times=Count("pk")),
        total=lambda row: f"span:{row['name']}",
        times=lambda row: f"spans:{row['name']}",
    )


def _add_handoffs(rows: _Rows, workspace: Workspace, at: Any, begin: datetime, end: datetime) -> None:
    asked = (
        Handoff.objects.of(workspace)
        .filter(created_at__gte=begin, created_at__lt=end, conversation__test=False)
        .annotate(
            begin=at("created_at"),
            its_agent=F("conversation__agent"),
            its_version=F("leg__version"),
            its_kind=Coalesce(F("leg__kind"), F("conversation__last_kind")),
        )
        .order_by()
    )
    waited = ExpressionWrapper(F("taken_at") - F("created_at"), output_field=DurationField())
    found = asked.values(*PLACE, "state").annotate(handoffs=Count("pk"), waited=Sum(waited))
    rows.add(
        (
            {
                **row,
                "by_state": row["handoffs"],
                "handoff_seconds": row["waited"].total_seconds() if row["waited"] else 0.0,
            }
            for row in found
        ),
        "handoffs",
        "handoff_seconds",
        by_state=lambda row: f"handoffs:{row['state']}",
    )
