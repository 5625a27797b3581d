"""Which conversations the inbox shows: a tab, and what narrows it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from channels_io.models import Analysis, Conversation, Leg, Tag
from channels_io.reads.figure_filter import Within, in_figure
from channels_io.reads.keyset import LONGEST_WAIT, NEWEST, Order
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace

TABS: Final = ("mine", "waiting", "live", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilters:
    """Empty = no restriction. Days are whole days in the workspace's time zone."""

    tab: str = "all"
    text: str = ""
    agent: str = ""
    channel: str = ""
    """Public id of a channel, or the name of a kind."""
    owner: str = ""
    """me, none (assigned to nobody), agent (it talks), person (one talks), or the public id of whom it is assigned to."""
    state: str = ""
    """open, closed, waiting, live, unread; test: those of the test bench, which no other list holds."""
    outcome: str = ""
    tag: str = ""
    """Public id."""
    mood: str = ""
    """`Analysis.Sentiment`."""
    figure: str = ""
    """What a number of Home or Analytics counted, see `figure_filter`; the days are then those of what it counts."""
    since: date | None = None
    until: date | None = None

    @property
    def narrowed(self) -> bool:
        """Anything but the tab."""
        return any(getattr(self, each.name) for each in fields(self) if each.name != "tab")

    @property
    def order(self) -> Order:
        return LONGEST_WAIT if self.tab == "waiting" else NEWEST


def matching(actor: Actor, filters: InboxFilters) -> QuerySet[Conversation]:
    """Without the words: they are searched apart, see `inbox_search`."""
    found: QuerySet[Conversation] = Conversation.objects.of(actor.workspace).filter(test=filters.state == "test")
    found = _in_state(_in_tab(found, actor, filters.tab), filters.state)
    if filters.agent:
        found = found.filter(agent__public_id=_id(filters.agent))
    if filters.channel:
        found = found.filter(_by_channel(_id(filters.channel)))
    if filters.owner:
        found = found.filter(_owned(actor, _id(filters.owner)))
    if filters.outcome:
        found = found.filter(outcome=_id(filters.outcome))
    if filters.tag:
        tags = Tag.objects.of(actor.workspace).filter(public_id=_id(filters.tag))
        found = found.filter(
            Exists(Conversation.tags.through.objects.filter(conversation=OuterRef("pk"), tag__in=tags))
        )
    if filters.mood:
        found = found.filter(Exists(Analysis.objects.filter(conversation=OuterRef("pk"), sentiment=_id(filters.mood))))
    within = _days(actor.workspace, filters.since, filters.until)
    if filters.figure:
        return in_figure(found, _id(filters.figure), within)
    return found.filter(within.of("last_at"))


def live_in(workspace: Workspace) -> Q:
    """Somebody is on the line, or has the chat open."""
    return Q(pk__in=Leg.objects.of(workspace).filter(ended_at=None).values("conversation"))


UNREAD: Final = Q(heard_at__isnull=False) & (Q(read_at=None) | Q(heard_at__gt=F("read_at")))


def _in_tab(found: QuerySet[Conversation], actor: Actor, tab: str) -> QuerySet[Conversation]:
    match tab:
        case "mine":
            if actor.user is None:
                return found.none()
            mine = Q(assignee=actor.user) | Q(owner_user=actor.user, owner=Conversation.Owner.HUMAN)
            return found.filter(mine, status=Conversation.Status.OPEN)
        case "waiting":
            return found.filter(waits_since__isnull=False)
        case "live":
            return found.filter(live_in(actor.workspace))
    return found


def _in_state(found: QuerySet[Conversation], state: str) -> QuerySet[Conversation]:
    match state:
        case "open" | "closed":
            return found.filter(status=state)
        case "waiting":
            return found.filter(waits_since__isnull=False)
        case "live":
            return found.filter(Exists(Leg.objects.filter(conversation=OuterRef("pk"), ended_at=None)))
        case "unread":
            return found.filter(UNREAD)
    return found


def _owned(actor: Actor, owner: str) -> Q:
    match owner:
        case "me":
            return Q(assignee=actor.user) if actor.user is not None else Q(pk__in=[])
        case "none":
            return Q(assignee=None)
        case "agent":
            return Q(owner=Conversation.Owner.AI)
        case "person":
            return Q(owner=Conversation.Owner.HUMAN)
    return Q(assignee__public_id=owner)


def _by_channel(channel: str) -> Exists:
    leg = Leg.objects.filter(conversation=OuterRef("pk"))
    return Exists(leg.filter(channel__public_id=channel) if channel.startswith("ch_") else leg.filter(kind=channel))


def _days(workspace: Workspace, since: date | None, until: date | None) -> Within:
    zone = ZoneInfo(workspace.timezone)
    day = until + timedelta(days=1) if until else None
    return Within(
        datetime(since.year, since.month, since.day, tzinfo=zone) if since else None,
        datetime(day.year, day.month, day.day, tzinfo=zone) if day else None,
    )


def _id(text: str) -> str:
    return clean_text(text, 80)
