"""Words, names and numbers over many conversations, in bounded time.

Where the other filters leave no more conversations than may be looked through, all of them are, without the word index.
Else the newest are looked through first: a word that is in every third of them fills its page there, and the index, which
would have to gather all of its many turns, is not asked. Where that fills no page, the index tells whether the turns are
few: then all conversations are listed from it. Are they many, the look goes on; after all `BLOCKS` the search answers with
what it has and a place to go on from.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet

from channels_io.models import Contact, Conversation, Identity, Turn
from channels_io.reads.conversations import search_query, search_words
from channels_io.reads.keyset import Order, cursor_of
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission

FEW_TURNS: Final = 2000
FEW_CONTACTS: Final = 300
BLOCKS: Final = (120, 330)
"""Conversations that are looked through at a time, and for one page at most: the first without asking the word index."""
FEW_DIGITS: Final = 4
_NOT_DIGITS: Final = re.compile(r"\D+")


class Candidate(NamedTuple):
    """What a search needs of a conversation. `at`: its place in the list's order."""

    pk: int
    public_id: str
    contact_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for, and what was found before any conversation is read: the people of that name or number.

    `letters`: plain words that a turn must hold somewhere, which is far cheaper to see than where its words begin and end.
    """

    workspace: Workspace
    public_id: str
    query: SearchQuery | None
    letters: tuple[str, ...]
    contacts: frozenset[int]

    def among(self, block: Collection[Candidate]) -> set[int]:
        """Keys of those of `block` that fit."""
        keys = [each.pk for each in block]
        said: set[int] = set()
        if keys and self.query is not None:
            turns = self.said_in(keys)
            said = set(turns.order_by().values_list("conversation", flat=True).distinct())
        return said | {
            each.pk for each in block if each.contact_id in self.contacts or each.public_id == self.public_id
        }

    def said_in(self, conversations: Collection[int]) -> QuerySet[Turn]:
        """Turns of these few conversations that hold all the words."""
        turns = saying(self.workspace, self.query).filter(conversation__in=conversations)
        for letters in self.letters:
            turns = turns.filter(text__icontains=letters)
        return turns

    def listed(self) -> Q | None:
        """All that fit, from the word index; None: too many to list."""
        said: set[int] = set()
        if self.query is not None:
            turns = saying(self.workspace, self.query).order_by().values_list("conversation", flat=True)
            found = list(turns[: FEW_TURNS + 1])
            if len(found) > FEW_TURNS:
                return None
            said = set(found)
        return Q(pk__in=said) | Q(contact__in=self.contacts) | Q(public_id=self.public_id)


@dataclass(frozen=True, slots=True)
class Found:
    """Keys of conversations in order, `size` at most; `older`: cursor of what comes next, empty at the end."""

    keys: tuple[int, ...]
    older: str


def begin_search(actor: Actor, text: str) -> Search | None:
    """None without anything to search for. A number finds its owner only for those who may read numbers."""
    cleaned = clean_text(text, 200).strip()
    if not cleaned:
        return None
    query = search_query(cleaned)
    letters = tuple(word for word in search_words(cleaned) if word.isascii() and word.isalnum())
    return Search(actor.workspace, cleaned, query, letters, frozenset(_people(actor, cleaned, query)))


def search_in(found: QuerySet[Conversation], order: Order, search: Search, size: int) -> Found:
    """The first of `found` that fit. A page may be short and go on."""
    ordered = order.sorted(found).values_list("pk", "public_id", "contact_id", order.field)
    # All that may be looked at, in one query: what other filters cost, they cost once.
    newest = [Candidate(*row) for row in ordered[: sum(BLOCKS)]]
    if len(newest) < sum(BLOCKS):
        fits = search.among(newest)
        return _page([each for each in newest if each.pk in fits], size)
    fitting: list[Candidate] = []
    looked = 0
    for number, length in enumerate(BLOCKS):
        if number == 1 and (listed := search.listed()) is not None:
            return _page([Candidate(*row) for row in ordered.filter(listed)[: size + 1]], size)
        block = newest[looked : looked + length]
        fits = search.among(block)
        fitting += [each for each in block if each.pk in fits]
        looked += length
        if len(fitting) > size:
            return _page(fitting, size)
    return Found(tuple(each.pk for each in fitting), cursor_of(newest[-1].at, newest[-1].public_id))


def _page(fitting: Sequence[Candidate], size: int) -> Found:
    last = fitting[size - 1] if len(fitting) > size else None
    return Found(tuple(each.pk for each in fitting[:size]), cursor_of(last.at, last.public_id) if last else "")


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
