"""The list of people, and what is known of one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Count, Max, Q, QuerySet

from channels_io.actions.erase_contact import ERASED
from channels_io.actions.find_contact import SAME_PERSON
from channels_io.models import Alert, Contact, ContactMerge, Conversation, Fact, Identity, Leg, OptOut
from channels_io.reads.conversations import Row, rows_of
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.models import AuditEvent, Workspace
from parley.accounts.permissions import Permission

PAGE_SIZE: Final = 25
NEWEST: Final = 20
"""Conversations that a contact's page shows at a time."""
FEW_DIGITS: Final = 3
_CURSOR: Final = re.compile(r"(\d{1,17})\.((?:ct|cv)_[a-z2-7]{20})\Z")
_NOT_DIGITS: Final = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class ContactRow:
    contact: Contact
    identities: tuple[Identity, ...]
    kinds: tuple[str, ...]
    """Kinds of the channels they came by, the latest first."""
    conversations: int


@dataclass(frozen=True, slots=True)
class ContactPage:
    rows: tuple[ContactRow, ...] = field(default=())
    older: str = ""
    """Cursor of the next page; empty on the last one."""
    newer: str = ""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    contact: Contact
    identities: tuple[Identity, ...]
    facts: tuple[Fact, ...]
    conversations: tuple[Row, ...]
    more: str
    """Cursor of older conversations; empty when these are all."""
    count: int
    opt_outs: tuple[OptOut, ...]
    merges: tuple[ContactMerge, ...]
    suggested: tuple[Contact, ...]
    """Who may be the same person."""


def contacts_of(workspace: Workspace) -> QuerySet[Contact]:
    """All that are somebody: not those that became a part of another, nor those that were erased."""
    rows: QuerySet[Contact] = Contact.objects.of(workspace)
    return rows.filter(merged_into=None, erased_at=None)


def found(actor: Actor, text: str) -> QuerySet[Contact]:
    """Those whose name holds `text`, or one of whose addresses does; a number is found by any of its digits in a row.

    By an address only for those who may read addresses: who may not would else find out a number digit by digit.
    """
    workspace = actor.workspace
    rows = contacts_of(workspace)
    wanted = clean_text(text, 100).strip()
    if not wanted:
        return rows
    named = Q(name__icontains=wanted) | Q(public_id=wanted)
    if not actor.may(Permission.READ_NUMBERS):
        return rows.filter(named)
    values = Q(value__icontains=wanted)
    digits = _NOT_DIGITS.sub("", wanted).lstrip("0")
    if len(digits) >= FEW_DIGITS and len(digits) >= len(wanted) // 2:
        values |= Q(value__contains=digits)
    known = Identity.objects.filter(values, workspace=workspace).exclude(kind__in=("visitor", "user", "command"))
    return rows.filter(named | Q(pk__in=known.values("contact")))


def read_contacts(
    actor: Actor, text: str = "", *, before: str = "", after: str = "", size: int = PAGE_SIZE
) -> ContactPage:
    """Last seen first. `before` and `after` are cursors of an earlier page; a damaged one is the first page."""
    rows = found(actor, text)
    if place := _place(after):
        at, public_id = place
        rows = rows.filter(Q(seen_at__gt=at) | Q(seen_at=at, public_id__gt=public_id))
        taken = list(rows.order_by("seen_at", "public_id")[: size + 1])
        more_newer, more_older = len(taken) > size, True
        taken = taken[:size][::-1]
    else:
        place = _place(before)
        if place:
            at, public_id = place
            rows = rows.filter(Q(seen_at__lt=at) | Q(seen_at=at, public_id__lt=public_id))
        taken = list(rows.order_by("-seen_at", "-public_id")[: size + 1])
        more_older, more_newer = len(taken) > size, place is not None
        taken = taken[:size]
    if not taken:
        return ContactPage()
    return ContactPage(
        rows=contact_rows(taken),
        older=_cursor(taken[-1].seen_at, taken[-1].public_id) if more_older else "",
        newer=_cursor(taken[0].seen_at, taken[0].public_id) if more_newer else "",
    )


def contact_rows(contacts: Sequence[Contact]) -> tuple[ContactRow, ...]:
    """In three queries, whatever their number."""
    keys = [contact.pk for contact in contacts]
    identities: dict[int, list[Identity]] = {pk: [] for pk in keys}
    for identity in Identity.objects.filter(contact__in=keys).order_by("pk"):
        identities[identity.contact_id].append(identity)
    talks = Conversation.objects.filter(contact__in=keys, test=False).order_by()
    counts: dict[int, int] = dict(talks.values_list("contact").annotate(count=Count("pk")))
    kinds: dict[int, list[str]] = {pk: [] for pk in keys}
    used: Iterable[Mapping[str, Any]] = (
        Leg.objects.filter(conversation__contact__in=keys, conversation__test=False)
        .order_by()
        .values("conversation__contact", "kind")
        .annotate(last=Max("started_at"))
        .order_by("-last")
    )
    for row in used:
        kinds[row["conversation__contact"]].append(row["kind"])
    return tuple(
        ContactRow(contact, tuple(identities[contact.pk]), tuple(kinds[contact.pk]), counts.get(contact.pk, 0))
        for contact in contacts
    )


def read_contact(contact: Contact, *, before: str = "") -> ContactRecord:
    identities = tuple(contact.identities.order_by("pk"))
    talks = Conversation.objects.filter(contact=contact, test=False).select_related("contact", "agent")
    count = talks.count()
    place = _place(before, "cv")
    if place:
        at, public_id = place
        talks = talks.filter(Q(last_at__lt=at) | Q(last_at=at, public_id__lt=public_id))
    taken = list(talks.order_by("-last_at", "-public_id")[: NEWEST + 1])
    values = [identity.value for identity in identities if identity.kind in ("phone", "whatsapp")]
    return ContactRecord(
        contact=contact,
        identities=identities,
        facts=tuple(contact.facts.select_related("conversation").order_by("name")),
        conversations=rows_of(taken[:NEWEST]),
        more=_cursor(taken[NEWEST - 1].last_at, taken[NEWEST - 1].public_id) if len(taken) > NEWEST else "",
        count=count,
        opt_outs=tuple(OptOut.objects.filter(workspace=contact.workspace_id, address__in=values).order_by("pk")),
        merges=tuple(contact.merges.filter(undone_at=None).select_related("gone", "by").order_by("-pk")),
        suggested=tuple(suggestions(contact)),
    )


def suggestions(contact: Contact) -> QuerySet[Contact]:
    """Contacts that a message named in one breath with this one."""
    alerts = Alert.objects.filter(
        workspace=contact.workspace_id, kind=SAME_PERSON, seen_at=None, data__contacts__contains=[contact.public_id]
    )
    ids = {name for alert in alerts for name in alert.data.get("contacts", ())} - {contact.public_id}
    return contacts_of(contact.workspace).filter(public_id__in=ids).order_by("pk")


def proof_of(contact: Contact) -> AuditEvent | None:
    """The audit row that says what was removed when the contact was erased: counts, and nothing of the person."""
    rows = AuditEvent.objects.filter(workspace=contact.workspace_id, verb=ERASED, target_id=contact.public_id).order_by(
        "-pk"
    )
    return rows.first()


def _cursor(at: datetime, public_id: str) -> str:
    return f"{int(at.timestamp()) * 1_000_000 + at.microsecond}.{public_id}"


def _place(cursor: str, prefix: str = "ct") -> tuple[datetime, str] | None:
    match = _CURSOR.match(cursor)
    if match is None or not match[2].startswith(prefix):
        return None
    seconds, micros = divmod(int(match[1]), 1_000_000)
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=micros), match[2]
    except (OverflowError, ValueError, OSError):
        return None
