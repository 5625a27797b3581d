"""Words, names and numbers over many conversations, in bounded time.

The word index tells quickly how many turns hold the words. Are they few, the conversations are listed from it. Are they
many, the newest conversations are looked through instead, where a page fills at once; after `LOOKED_AT` of them the search
answers with what it has and a place to go on from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef, Q, QuerySet

from channels_io.models import Contact, Conversation, Identity, Turn
from channels_io.reads.conversations import search_query
from channels_io.reads.keyset import Order
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission

FEW_TURNS: Final = 5000
FEW_CONTACTS: Final = 300
LOOKED_AT: Final = 600
"""Conversations that are looked through for one page."""
FEW_DIGITS: Final = 4
_NOT_DIGITS: Final = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class Search:
    """What was found before any conversation is read. `conversations`: all that say it; None: too many to list."""

    workspace: Workspace
    public_id: str
    query: SearchQuery | None
    contacts: tuple[int, ...]
    conversations: tuple[int, ...] | None

    @property
    def listed(self) -> Q:
        said = self.conversations or ()
        return Q(pk__in=said) | Q(contact__in=self.contacts) | Q(public_id=self.public_id)

    def among(self, block: Sequence[Conversation]) -> set[int]:
        """Keys of those of `block` that fit."""
        said = saying(self.workspace, self.query).filter(conversation__in=[each.pk for each in block])
        fitting = set(said.order_by().values_list("conversation", flat=True).distinct())
        people = set(self.contacts)
        return fitting | {each.pk for each in block if each.contact_id in people or each.public_id == self.public_id}


def begin_search(actor: Actor, text: str) -> Search | None:
    """None without anything to search for. A number finds its owner only for those who may read numbers."""
    cleaned = clean_text(text, 200).strip()
    if not cleaned:
        return None
    query = search_query(cleaned)
    people = _people(actor, cleaned, query)
    if query is None:
        return Search(actor.workspace, cleaned, None, people, ())
    turns = saying(actor.workspace, query).order_by().values_list("conversation", flat=True)
    found = list(turns[: FEW_TURNS + 1])
    listed = None if len(found) > FEW_TURNS else tuple(set(found))
    return Search(actor.workspace, cleaned, query, people, listed)


def saying(workspace: Workspace, query: SearchQuery | None) -> QuerySet[Turn]:
    """Turns in which all the words occur."""
    turns: QuerySet[Turn] = Turn.objects.of(workspace)
    if query is None:
        return turns.none()
    return turns.annotate(words=SearchVector("text", config="simple")).filter(words=query)


def _people(actor: Actor, cleaned: str, query: SearchQuery | None) -> tuple[int, ...]:
    found: set[int] = set()
    if query is not None:
        named = Contact.objects.of(actor.workspace).annotate(words=SearchVector("name", config="simple"))
        found.update(named.filter(words=query).order_by().values_list("pk", flat=True)[:FEW_CONTACTS])
    if actor.may(Permission.READ_NUMBERS) and (values := _address(cleaned)) is not None:
        known = Identity.objects.filter(values, workspace=actor.workspace)
        found.update(known.order_by().values_list("contact", flat=True)[:FEW_CONTACTS])
    return tuple(found)


def _address(text: str) -> Q | None:
    """What finds an e-mail address, or a number by some of its digits in a row."""
    if "@" in text:
        return Q(kind="email", value__startswith=text.lower())
    digits = _NOT_DIGITS.sub("", text).lstrip("0")
    if len(digits) < FEW_DIGITS or len(digits) < len(text) // 2:
        return None
    return Q(kind__in=("phone", "whatsapp"), value__contains=digits)


def look_through(found: QuerySet[Conversation], order: Order, search: Search, size: int) -> QuerySet[Conversation]:
    """At most `size` of the first `LOOKED_AT` of `found`: those that fit, in order."""
    near = Conversation.objects.filter(pk__in=order.sorted(found)[:LOOKED_AT].values("pk"))
    said = Exists(saying(search.workspace, search.query).filter(conversation=OuterRef("pk")))
    fitting = near.filter(said | Q(contact__in=search.contacts) | Q(public_id=search.public_id))
    return order.sorted(fitting)[:size]


def behind_the_look(found: QuerySet[Conversation], order: Order) -> str:
    """Where to go on after `look_through`; empty when there is nothing further."""
    last = order.sorted(found).only("public_id", "last_at", "waits_since")[LOOKED_AT - 1 : LOOKED_AT].first()
    return order.cursor(last) if last is not None else ""
