"""What a number of Home or Analytics counted, as a filter of the inbox: from every number to its conversations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from channels_io.end_reasons import FAILURES
from channels_io.models import Analysis, Conversation, CostLine, Event, EventKind, Handoff, Leg, Turn
from channels_io.reads.answers import ANSWERS, CUT_OFF, INTERRUPTED

ENDED, ERROR = "ended:", "error:"
"""Before the reason of an end, and the code of an event."""
_WORD = re.compile(r"[\w.:-]{1,60}\Z")


@dataclass(frozen=True, slots=True)
class Within:
    """From `since` until just before `until`; None: without a bound."""

    since: datetime | None
    until: datetime | None

    def of(self, field: str) -> Q:
        found = Q()
        if self.since is not None:
            found &= Q(**{f"{field}__gte": self.since})
        if self.until is not None:
            found &= Q(**{f"{field}__lt": self.until})
        return found


def _begun(within: Within) -> Q:
    return within.of("started_at")


def _solved(within: Within) -> Q:
    return _begun(within) & _has(Analysis, Q(contained=True))


def _unsolved(within: Within) -> Q:
    return _begun(within) & _has(Analysis, Q(contained=False))


def _unanswered(within: Within) -> Q:
    reply = Turn.objects.filter(leg=OuterRef("leg"), number=OuterRef("number"), role=Turn.Role.AGENT)
    turns = Turn.objects.filter(
        within.of("at"), ~Q(Exists(reply)), conversation=OuterRef("pk"), role=Turn.Role.CALLER
    ).order_by()
    # A value and no EXISTS: PostgreSQL would first find all such turns of all conversations.
    return Q(IsNull(Subquery(turns.values("pk")[:1]), False))


FIGURES: Final[Mapping[str, Callable[[Within], Q]]] = {
    "begun": _begun,
    "solved": _solved,
    "unsolved": _unsolved,
    "unanswered": _unanswered,
    "handed": lambda within: _has(Handoff, within.of("created_at")),
    "spoken": lambda within: _has(Turn, ANSWERS & Q(v2v_ms__isnull=False) & within.of("at")),
    "late": lambda within: _has(Turn, ANSWERS & Q(over_budget=True) & within.of("at")),
    "interrupted": lambda within: _has(Turn, INTERRUPTED & within.of("at")),
    "cut_off": lambda within: _has(Turn, CUT_OFF & within.of("at")),
    "calls": lambda within: _has(Leg, Q(media=Leg.Media.VOICE) & within.of("started_at")),
    "failed": lambda within: _has(Leg, Q(end_reason__in=FAILURES) & within.of("started_at")),
    "costly": lambda within: _begun(within) & _has(CostLine, Q(cost__gt=0)),
}


def known_figure(name: str) -> bool:
    """One of FIGURES, "ended:<reason>" or "error:<code>"."""
    beginning = next((each for each in (ENDED, ERROR) if name.startswith(each)), "")
    return name in FIGURES or bool(beginning and _WORD.match(name.removeprefix(beginning)))


def counted_in(name: str, within: Within) -> Q:
    """The conversations that a figure counts; of an unknown one none."""
    if name in FIGURES:
        return FIGURES[name](within)
    if name.startswith(ENDED):
        return _has(Leg, Q(end_reason=name.removeprefix(ENDED)) & within.of("started_at"))
    if name.startswith(ERROR):
        code = Q(kind=EventKind.FAILED, data__code=name.removeprefix(ERROR))
        return _has(Event, code & within.of("at"))
    return Q(pk__in=[])


def _has(model: Any, wanted: Q) -> Q:
    rows: QuerySet[Any] = model.objects.filter(wanted, conversation=OuterRef("pk"))
    return Q(Exists(rows))


def in_figure(found: QuerySet[Conversation], name: str, within: Within) -> QuerySet[Conversation]:
    """Whoever did something within a time has been active since it began: that bound is what the index knows."""
    if within.since is not None:
        found = found.filter(last_at__gte=within.since)
    return found.filter(counted_in(name, within))
