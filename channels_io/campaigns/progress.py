"""How far a campaign is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from channels_io.campaigns.reasons import outcome_label, outcome_tone, reason_label
from channels_io.models import Campaign, CampaignEntry

State = CampaignEntry.State


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a list. `percent` of the people in it, for a bar; `tone` is its colour."""

    word: str
    label: str
    tone: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Progress:
    people: int
    """Lines that were not left out when the list was read."""
    waiting: int
    running: int
    done: int
    failed: int
    skipped: int
    outcomes: tuple[Share, ...]
    reasons: tuple[Share, ...]
    """Why lines were left out."""
    last_hour: int
    """Attempts."""
    next_at: datetime | None
    """When the next line is due, if none is now."""

    @property
    def percent(self) -> int:
        """Of the people, those nothing more is done about."""
        return 100 * (self.done + self.failed) // self.people if self.people else 0


def progress_of(campaign: Campaign, now: datetime) -> Progress:
    entries = CampaignEntry.objects.filter(campaign=campaign)
    counts: dict[str, int] = dict.fromkeys(State.values, 0)
    outcomes: dict[str, int] = {}
    reasons: dict[str, int] = {}
    rows = entries.order_by().values_list("state", "outcome", "reason").annotate(count=Count("pk"))
    for state, outcome, reason, count in rows:
        counts[state] += count
        if state == State.SKIPPED:
            reasons[reason] = reasons.get(reason, 0) + count
        elif outcome:
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    people = sum(count for state, count in counts.items() if state != State.SKIPPED)
    left_out = counts[State.SKIPPED]
    next_at = entries.filter(state=State.WAITING, due_at__gt=now).aggregate(first=Min("due_at"))["first"]
    return Progress(
        people=people,
        waiting=counts[State.WAITING],
        running=counts[State.RUNNING],
        done=counts[State.DONE],
        failed=counts[State.FAILED],
        skipped=left_out,
        outcomes=tuple(
            Share(word, outcome_label(word), outcome_tone(word), count, 100 * count / people if people else 0.0)
            for word, count in sorted(outcomes.items(), key=lambda item: -item[1])
        ),
        reasons=tuple(
            Share(word, reason_label(word), "neutral", count, 100 * count / left_out)
            for word, count in sorted(reasons.items(), key=lambda item: -item[1])
        ),
        last_hour=entries.filter(tried_at__gt=now - timedelta(hours=1)).count(),
        next_at=next_at,
    )
