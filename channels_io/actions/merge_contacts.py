"""Two contacts are one person: everything of the one becomes the other's, and it is written down what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.find_contact import SAME_PERSON
from channels_io.models import (
    Alert,
    CampaignEntry,
    Contact,
    ContactMerge,
    Conversation,
    Fact,
    Identity,
    OutboundMessage,
    PhoneCall,
    Thread,
)
from inference.errors import ParleyError
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

MOVES: Final[Mapping[str, type[models.Model]]] = {
    "identities": Identity,
    "conversations": Conversation,
    "threads": Thread,
    "calls": PhoneCall,
    "messages": OutboundMessage,
    "entries": CampaignEntry,
}
"""What goes along as it is, by the name that `ContactMerge.moved` has for it; the values there are primary keys."""
FILLED: Final = ("name", "zone", "language")
"""Taken over where the contact that stays has none."""


class CannotMerge(ParleyError):
    code = "cannot_merge"


def merge_contacts(actor: Actor, kept: Contact, gone: Contact) -> ContactMerge:
    """`gone` becomes a part of `kept`. Both are of the actor's workspace, or there is nothing to merge (CannotMerge).

    Of two facts of one name the newer stays; the older one stays with `gone`, and comes back when this is undone.
    """
    require(actor, Permission.OPERATE)
    if kept.pk == gone.pk:
        raise CannotMerge(_("These two are the same contact already."))
    with transaction.atomic():
        kept, gone = _locked(actor, kept, gone)
        moved: dict[str, Any] = {name: _move(model, gone, kept) for name, model in MOVES.items()}
        moved["facts"], moved["replaced"] = _move_facts(kept, gone)
        moved["filled"] = _fill(kept, gone)
        moved["was"] = list(gone.was.values_list("pk", flat=True))
        gone.was.update(merged_into=kept)
        kept.seen_at = max(kept.seen_at, gone.seen_at)
        kept.save(update_fields=[*FILLED, "seen_at", "updated_at"])
        gone.merged_into = kept
        gone.save(update_fields=["merged_into", "updated_at"])
        merge = ContactMerge.objects.create(workspace=actor.workspace, kept=kept, gone=gone, moved=moved, by=actor.user)
        Alert.objects.of(actor.workspace).filter(key=key_of_pair(kept, gone), seen_at=None).update(
            seen_at=timezone.now()
        )
        audit(actor, "contact.merged", kept, gone=gone.public_id, merge=merge.public_id, **counts_of(moved))
    return merge


def preview(kept: Contact, gone: Contact) -> dict[str, int]:
    """How many rows of each sort a merge would move."""
    counts = {name: _of(model, gone).count() for name, model in MOVES.items()}
    return {**counts, "facts": Fact.objects.filter(contact=gone).count()}


def counts_of(moved: Mapping[str, Any]) -> dict[str, int]:
    return {name: len(moved.get(name, ())) for name in (*MOVES, "facts")}


def key_of_pair(one: Contact, other: Contact) -> str:
    """`Alert.key` of the suggestion that these two are one person."""
    return ":".join([SAME_PERSON, *sorted((one.public_id, other.public_id))])


def _locked(actor: Actor, kept: Contact, gone: Contact) -> tuple[Contact, Contact]:
    """As they are now, held until the end. In the order of their keys: two merges at once do not wait for each other."""
    rows = {
        row.pk: row
        for row in Contact.objects.of(actor.workspace)
        .select_for_update()
        .filter(pk__in=(kept.pk, gone.pk))
        .order_by("pk")
    }
    if len(rows) < 2:
        raise CannotMerge(_("There is no such contact."))
    if any(row.merged_into_id is not None or row.erased_at is not None for row in rows.values()):
        raise CannotMerge(_("One of the two was merged or erased in the meantime. Look again."))
    return rows[kept.pk], rows[gone.pk]


def _of(model: type[models.Model], contact: Contact) -> models.QuerySet[Any]:
    return model._default_manager.filter(contact=contact)


def _move(model: type[models.Model], gone: Contact, kept: Contact) -> list[int]:
    keys = list(_of(model, gone).order_by("pk").values_list("pk", flat=True))
    model._default_manager.filter(pk__in=keys).update(contact=kept)
    return keys


def _move_facts(kept: Contact, gone: Contact) -> tuple[list[str], list[str]]:
    """Public ids: of those that went over, and of what `kept` had instead, which `gone` has now."""
    theirs = {fact.name: fact for fact in Fact.objects.filter(contact=kept)}
    moved: list[str] = []
    replaced: list[str] = []
    for fact in Fact.objects.filter(contact=gone):
        known = theirs.get(fact.name)
        if known is not None and known.learnt_at >= fact.learnt_at:
            continue
        if known is None:
            Fact.objects.filter(pk=fact.pk).update(contact=kept)
        else:
            change_places(fact, known)
            replaced.append(known.public_id)
        moved.append(fact.public_id)
    return moved, replaced


def change_places(one: Fact, other: Fact) -> None:
    """Two facts of one name go to each other's contact, which has a name once."""
    Fact.objects.filter(pk=other.pk).update(name=f"\x01{other.pk}")
    Fact.objects.filter(pk=one.pk).update(contact=other.contact_id)
    Fact.objects.filter(pk=other.pk).update(contact=one.contact_id, name=other.name)


def _fill(kept: Contact, gone: Contact) -> list[str]:
    """Names of what `kept` had not and now has."""
    filled = [name for name in FILLED if not getattr(kept, name) and getattr(gone, name)]
    for name in filled:
        setattr(kept, name, getattr(gone, name))
    return filled
