"""The list of conversations: filters, word search, keyset pages and what a row shows, without N+1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from channels_io.models import Conversation, Leg, Turn
from channels_io.reads.percentile import Percentile
from channels_io.registry import kinds
from channels_io.sanitize import clean_text
from parley.accounts.models import Workspace

PAGE_SIZE = 25
MAX_WORDS = 8
_WORD = re.compile(r"\w+")
_CURSOR = re.compile(r"(\d{1,17})\.(cv_[a-z2-7]{20})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty = no restriction. Days are whole days in the workspace's time zone."""

    text: str = ""
    agent: str = ""
    channel: str = ""
    """Public id of a channel, or the name of a kind."""
    state: str = ""
    """open, closed, human, failed; test: those of the test bench, which no other list holds."""
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return any((self.text, self.agent, self.channel, self.state, self.since, self.until))


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation as the list shows it."""

    conversation: Conversation
    legs: tuple[Leg, ...]
    turns: int
    snippet: str
    snippet_role: str
    p50: float | None

    @property
    def live(self) -> bool:
        return any(leg.ended_at is None for leg in self.legs)

    @property
    def failed(self) -> bool:
        return any(leg.failed for leg in self.legs)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(leg.kind for leg in self.legs))

    @property
    def recorded(self) -> bool:
        return any(leg.recording for leg in self.legs)


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Row, ...] = field(default=())
    older: str = ""
    """Cursor of the next page; empty on the last one."""
    newer: str = ""


def filtered(workspace: Workspace, filters: Filters) -> QuerySet[Conversation]:
    found: QuerySet[Conversation] = Conversation.objects.of(workspace).filter(test=filters.state == "test")
    if filters.agent:
        found = found.filter(agent__public_id=clean_text(filters.agent, 40))
    if filters.channel:
        channel = clean_text(filters.channel, 40)
        leg = Leg.objects.filter(conversation=OuterRef("pk"))
        by_channel = leg.filter(channel__public_id=channel) if channel.startswith("ch_") else leg.filter(kind=channel)
        found = found.filter(Exists(by_channel))
    match filters.state:
        case "open" | "closed":
            found = found.filter(status=filters.state)
        case "human":
            found = found.filter(owner=Conversation.Owner.HUMAN)
        case "failed":
            found = found.filter(outcome="failed")
    zone = ZoneInfo(workspace.timezone)
    if filters.since:
        found = found.filter(last_at__gte=_midnight(filters.since, zone))
    if filters.until:
        found = found.filter(last_at__lt=_midnight(filters.until + timedelta(days=1), zone))
    if filters.text.strip():
        found = found.filter(_says(workspace, filters.text))
    return found


def read_page(
    workspace: Workspace, filters: Filters, *, before: str = "", after: str = "", size: int = PAGE_SIZE
) -> Page:
    """Newest first. `before` and `after` are cursors of an earlier page; a damaged one is the first page."""
    found = filtered(workspace, filters).select_related("contact", "agent")
    if place := _place(after):
        at, public_id = place
        found = found.filter(Q(last_at__gt=at) | Q(last_at=at, public_id__gt=public_id))
        taken = list(found.order_by("last_at", "public_id")[: size + 1])
        more_newer, more_older = len(taken) > size, True
        taken = taken[:size][::-1]
    else:
        place = _place(before)
        if place:
            at, public_id = place
            found = found.filter(Q(last_at__lt=at) | Q(last_at=at, public_id__lt=public_id))
        taken = list(found.order_by("-last_at", "-public_id")[: size + 1])
        more_older, more_newer = len(taken) > size, place is not None
        taken = taken[:size]
    if not taken:
        return Page()
    return Page(
        rows=rows_of(taken, filters.text),
        older=_cursor(taken[-1]) if more_older else "",
        newer=_cursor(taken[0]) if more_newer else "",
    )


def rows_of(conversations: Sequence[Conversation], text: str = "") -> tuple[Row, ...]:
    """Rows for conversations whose contact and agent are loaded, in five queries whatever their number."""
    ids = [conversation.pk for conversation in conversations]
    legs: dict[int, list[Leg]] = {pk: [] for pk in ids}
    for leg in Leg.objects.filter(conversation__in=ids).select_related("channel").defer("peaks", "spec").order_by("pk"):
        legs[leg.conversation_id].append(leg)
    turns = Turn.objects.filter(conversation__in=ids)
    figures: dict[int, Mapping[str, Any]] = {
        row["conversation"]: row
        for row in turns.values("conversation").annotate(turns=Count("pk"), p50=Percentile("v2v_ms", fraction=0.5))
    }
    snippets = _snippets(turns, text)
    return tuple(
        Row(
            conversation=conversation,
            legs=tuple(legs[conversation.pk]),
            turns=figures.get(conversation.pk, {}).get("turns", 0),
            p50=figures.get(conversation.pk, {}).get("p50"),
            snippet=snippets.get(conversation.pk, ("", ""))[0],
            snippet_role=snippets.get(conversation.pk, ("", ""))[1],
        )
        for conversation in conversations
    )


def _snippets(turns: QuerySet[Turn], text: str) -> dict[int, tuple[str, str]]:
    """The last words of each conversation; where words are searched, the last turn that has them."""
    last = turns.exclude(text="").order_by("conversation", "-leg", "-number", "role").distinct("conversation")
    found = {turn.conversation_id: (turn.text[:200], turn.role) for turn in last}
    query = search_query(text)
    if query is not None:
        for turn in last.annotate(words=SearchVector("text", config="simple")).filter(words=query):
            found[turn.conversation_id] = (turn.text[:200], turn.role)
    return found


def search_words(text: str) -> list[str]:
    """The words that are searched for: so many count."""
    return _WORD.findall(clean_text(text, 200))[:MAX_WORDS]


def search_query(text: str) -> SearchQuery | None:
    """All words, each also as the beginning of a longer one; None without a word."""
    words = search_words(text)
    if not words:
        return None
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")


def _says(workspace: Workspace, text: str) -> Q:
    cleaned = clean_text(text, 200).strip()
    condition = Q(contact__name__icontains=cleaned) | Q(public_id=cleaned)
    query = search_query(cleaned)
    if query is None:
        return condition
    turns = Turn.objects.of(workspace).annotate(words=SearchVector("text", config="simple")).filter(words=query)
    return condition | Q(pk__in=turns.values("conversation"))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _cursor(conversation: Conversation) -> str:
    micros = int(conversation.last_at.timestamp()) * 1_000_000 + conversation.last_at.microsecond
    return f"{micros}.{conversation.public_id}"


def _place(cursor: str) -> tuple[datetime, str] | None:
    match = _CURSOR.match(cursor)
    if match is None:
        return None
    seconds, micros = divmod(int(match[1]), 1_000_000)
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=micros), match[2]
    except (OverflowError, ValueError, OSError):
        return None


def kinds_used(workspace: Workspace) -> list[str]:
    """Kinds that have any leg here, for the filter: from one to the next along the index, since all the legs are many."""
    following = "SELECT kind FROM channels_io_leg WHERE workspace_id = %s {more} ORDER BY kind LIMIT 1"
    query = f"""
        WITH RECURSIVE used AS (
            ({following.format(more="")})
            UNION ALL SELECT ({following.format(more="AND kind > used.kind")}) FROM used WHERE used.kind IS NOT NULL
        )
        SELECT kind FROM used WHERE kind IS NOT NULL
    """  # noqa: S608 -- of our own words
    with connection.cursor() as cursor:
        cursor.execute(query, [workspace.pk, workspace.pk])
        found = {kind for (kind,) in cursor.fetchall()}
    return [kind.name for kind in kinds() if kind.name in found]
