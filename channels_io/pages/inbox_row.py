"""A row of the inbox as HTML: made of plain values only, so that what was drawn once is drawn again without the template."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from msgspec import Struct

from channels_io.models import Conversation
from channels_io.reads.inbox import InboxRow

KEPT: Final = 2048
"""Rows that a process keeps as they were drawn, of all workspaces; some 3 KB each."""


class TagView(Struct, frozen=True):
    public_id: str
    name: str
    colour: str


class RowView(Struct, frozen=True, kw_only=True):
    """All that `inbox/_row.html` is told. Times are drawn in the time zone that is active."""

    public_id: str
    place: str
    who: str
    contact: str
    """Public id."""
    kind: str
    status: str
    test: bool
    unread: bool
    live: bool
    call_since: datetime | None
    """Of a live call; a live chat shows no time."""
    last_at: datetime
    words: str
    role: str
    """Who said them: caller, agent, human."""
    waits_since: datetime | None
    due_at: datetime | None
    team: str
    agent: str
    outcome: str
    """Of a closed conversation that came to something out of the ordinary."""
    mood: str
    tags: tuple[TagView, ...]
    person_talks: bool
    person: str
    """Who talks, or whom it is assigned to; empty: nobody, or somebody who is gone."""
    assignee: str
    """Public id."""


def row_view(row: InboxRow) -> RowView:
    talk, live, handoff = row.conversation, row.live, row.handoff
    person_talks = talk.owner == Conversation.Owner.HUMAN
    person = talk.owner_user if person_talks else talk.assignee
    closed = talk.status == Conversation.Status.CLOSED
    return RowView(
        public_id=talk.public_id,
        place=row.place,
        who=str(talk.contact),
        contact=talk.contact.public_id,
        kind=talk.last_kind,
        status=talk.status,
        test=talk.test,
        unread=row.unread,
        live=live is not None,
        call_since=live.started_at if live is not None and live.media == "voice" else None,
        last_at=talk.last_at,
        words=row.words,
        role=row.role,
        waits_since=row.waits_since,
        due_at=handoff.due_at if handoff is not None else None,
        team=str(handoff.team) if handoff is not None and handoff.team is not None else "",
        agent=talk.agent.name,
        outcome=talk.outcome if closed and talk.outcome != "completed" else "",
        mood=row.mood,
        tags=tuple(TagView(tag.public_id, tag.name, tag.colour) for tag in row.tags),
        person_talks=person_talks,
        person=str(person) if person is not None else "",
        assignee=talk.assignee.public_id if talk.assignee is not None else "",
    )


def draw_row(row: InboxRow, searched: str, *, may_operate: bool) -> SafeString:
    """`searched`: words that are marked."""
    zone = timezone.get_current_timezone_name()
    return _drawn(row_view(row), searched, may_operate, translation.get_language() or "", zone)


@lru_cache(maxsize=KEPT)
def _drawn(view: RowView, searched: str, may_operate: bool, language: str, zone: str) -> SafeString:
    """`language` and `zone` are those that are active: the template asks for them by itself."""
    context = {"row": view, "searched": searched, "may_operate": may_operate}
    return render_to_string("channels_io/inbox/_row.html", context)
