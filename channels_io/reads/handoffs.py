"""Hand-offs: the queue as people see it, and one as other systems are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.db.models import QuerySet
from django.utils import timezone

from channels_io.models import Conversation, Handoff
from channels_io.reads.teams import teams_of
from parley.accounts.actor import Actor

MOST: Final = 50
SOON: Final = 1 / 3
"""Share of the time that is left: with less of it, the timer warns."""
Tone = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`mine`: of a team of the reader. `left`: seconds until it is due, below 0 when it is late."""

    handoff: Handoff
    mine: bool
    left: float
    tone: Tone


def waiting_of(conversation: Conversation) -> Handoff | None:
    return Handoff.objects.filter(conversation=conversation, state=Handoff.State.WAITING).select_related("team").first()


def queue_of(actor: Actor, now: datetime | None = None) -> list[Waiting]:
    """What waits in the workspace, what is due first at the top and the reader's own teams before others. 2 queries."""
    moment = now or timezone.now()
    own = {team.pk for team in teams_of(actor.workspace, actor.user)}
    rows = _rows(actor).order_by("due_at", "pk")[:MOST]
    found = [_waiting(row, row.team_id in own, moment) for row in rows]
    return sorted(found, key=lambda each: (not each.mine, each.handoff.due_at))


def handoff_json(row: Handoff) -> dict[str, Any]:
    """As systems of the workspace are told of it."""
    return {
        "handoff": row.public_id,
        "team": row.team.public_id if row.team is not None else None,
        "team_name": row.team.name if row.team is not None else "",
        "reason": row.reason,
        "summary": row.summary,
        "skills": row.skills,
        "due_at": row.due_at.isoformat(),
        "taken_by": row.taken_by.email if row.taken_by is not None else None,
    }


def _rows(actor: Actor) -> QuerySet[Handoff]:
    rows: QuerySet[Handoff] = Handoff.objects.of(actor.workspace)
    return rows.filter(state=Handoff.State.WAITING).select_related("team", "conversation__contact")


def _waiting(row: Handoff, mine: bool, now: datetime) -> Waiting:
    whole = max(1.0, (row.due_at - row.created_at).total_seconds())
    left = (row.due_at - now).total_seconds()
    tone: Tone = "bad" if left <= 0 else "warn" if left < whole * SOON else "good"
    return Waiting(row, mine, left, tone)
