"""The inbox: keyset pages of conversations and what a row shows, in a fixed number of queries whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import F, Q, QuerySet, Value

from channels_io.models import Analysis, Conversation, Handoff, Leg, Tag
from channels_io.reads.inbox_filters import TABS, InboxFilters, matching
from channels_io.reads.inbox_search import Candidate, Search, begin_search, search_in
from channels_io.reads.keyset import Order
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace

PAGE_SIZE: Final = 20
"""More than a screen holds: what comes next is fetched before anybody has scrolled there."""
MOST_COUNTED: Final = 100
"""Counts end here: what is more is shown as "99+"."""
MOST_ASKED: Final = 100
"""Rows that are fetched by id at a time."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A conversation as the inbox shows it. `place`: its cursor in the list's order."""

    conversation: Conversation
    place: str
    live: Leg | None
    """Its newest leg that goes on."""
    tags: tuple[Tag, ...]
    handoff: Handoff | None
    """The one that waits."""
    mood: str
    words: str
    role: str
    """Who said `words`: caller, agent, human."""

    @property
    def unread(self) -> bool:
        heard, read = self.conversation.heard_at, self.conversation.read_at
        return heard is not None and (read is None or heard > read)

    @property
    def waits_since(self) -> datetime | None:
        return self.conversation.waits_since


@dataclass(frozen=True, slots=True)
class InboxPage:
    rows: tuple[InboxRow, ...] = field(default=())
    older: str = ""
    """Cursor of what comes next; empty at the end. A page may be short and go on: a search looks at so many at a time."""


def read_inbox(actor: Actor, filters: InboxFilters, *, before: str = "", size: int = PAGE_SIZE) -> InboxPage:
    """The rows behind `before`, which is the cursor of an earlier page; a damaged one is the beginning."""
    order, search = filters.order, begin_search(actor, filters.text)
    found = order.after(matching(actor, filters), before)
    if search is not None:
        page = search_in(found, order, search, size)
        taken = list(order.sorted(_whole(Conversation.objects.filter(pk__in=page.keys)))) if page.keys else []
        return InboxPage(inbox_rows(actor.workspace, taken, order, search), page.older)
    taken = list(order.sorted(_whole(found))[: size + 1])
    older = order.cursor(taken[size - 1]) if len(taken) > size else ""
    return InboxPage(inbox_rows(actor.workspace, taken[:size], order, search), older)


def read_rows(actor: Actor, filters: InboxFilters, ids: Iterable[str]) -> tuple[InboxRow, ...]:
    """Those of `ids` (public ids, `MOST_ASKED` at most) that the filters let through, in the list's order."""
    order, search = filters.order, begin_search(actor, filters.text)
    found = matching(actor, filters).filter(public_id__in=list(ids)[:MOST_ASKED])
    taken = list(order.sorted(_whole(found)))
    if search is not None:
        keys = search.among([Candidate(each.pk, each.public_id, each.contact_id, each.last_at) for each in taken])
        taken = [each for each in taken if each.pk in keys]
    return inbox_rows(actor.workspace, taken, order, search)


def tab_counts(actor: Actor) -> dict[str, int]:
    """How many conversations each tab holds, counted up to `MOST_COUNTED`, in one query."""
    found = [
        matching(actor, InboxFilters(tab=tab)).order_by().annotate(tab=Value(tab)).values_list("tab", flat=True)
        for tab in TABS
    ]
    first, *others = (each[:MOST_COUNTED] for each in found)
    counts = Counter(first.union(*others, all=True))
    return {tab: counts[tab] for tab in TABS}


def shown_count(count: int) -> str:
    """ "0", "42", "99+"."""
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def inbox_rows(
    workspace: Workspace, conversations: Sequence[Conversation], order: Order, search: Search | None = None
) -> tuple[InboxRow, ...]:
    keys = [each.pk for each in conversations]
    if not keys:
        return ()
    live = {
        leg.conversation_id: leg
        for leg in Leg.objects.filter(conversation__in=keys, ended_at=None)
        .only("conversation", "kind", "media", "started_at")
        .order_by("pk")
    }
    tags: dict[int, list[Tag]] = {key: [] for key in keys}
    placed = Tag.objects.filter(conversations__in=keys).annotate(on=F("conversations")).order_by("name")
    for tag in placed:
        tags[tag.on].append(tag)
    handoffs = {
        each.conversation_id: each
        for each in Handoff.objects.filter(conversation__in=keys, state=Handoff.State.WAITING).select_related("team")
    }
    moods = dict(Analysis.objects.filter(conversation__in=keys).values_list("conversation", "sentiment"))
    said = _said(keys, search)
    return tuple(
        InboxRow(
            conversation=each,
            place=order.cursor(each),
            live=live.get(each.pk),
            tags=tuple(tags[each.pk]),
            handoff=handoffs.get(each.pk),
            mood=moods.get(each.pk, ""),
            words=said.get(each.pk, (each.last_words, ""))[0],
            role=said.get(each.pk, ("", each.last_role))[1],
        )
        for each in conversations
    )


def _said(keys: Sequence[int], search: Search | None) -> dict[int, tuple[str, str]]:
    """Where words are searched: the last turn of each that has them."""
    if search is None or search.query is None:
        return {}
    last = search.said_in(keys).order_by("conversation", "-leg", "-number", "role").distinct("conversation")
    return {each.conversation_id: (each.text[:200], each.role) for each in last.only("conversation", "text", "role")}


def _whole(found: QuerySet[Conversation]) -> QuerySet[Conversation]:
    people = ("contact", "agent", "assignee", "owner_user")
    return found.select_related(*people).defer("state")


def any_conversation(actor: Actor) -> bool:
    return Conversation.objects.of(actor.workspace).filter(Q(test=False)).exists()
