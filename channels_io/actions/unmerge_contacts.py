"""Take apart again what was merged by mistake: everything goes back to where it came from."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.merge_contacts import MOVES, CannotMerge, change_places, counts_of
from channels_io.models import Contact, ContactMerge, Fact
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def unmerge_contacts(actor: Actor, merge: ContactMerge) -> Contact:
    """The contact that was gone, as it was; what has come since the merge stays where it is. Raises CannotMerge."""
    require(actor, Permission.OPERATE)
    with transaction.atomic():
        merge = _locked(actor, merge)
        kept, gone = merge.kept, merge.gone
        gone.merged_into = None
        gone.save(update_fields=["merged_into", "updated_at"])
        Contact.objects.filter(pk__in=merge.moved.get("was", ()), merged_into=kept).update(merged_into=gone)
        for name, model in MOVES.items():
            model._default_manager.filter(pk__in=merge.moved.get(name, ()), contact=kept).update(contact=gone)
        _move_facts_back(merge)
        for name in merge.moved.get("filled", ()):
            if getattr(kept, name) == getattr(gone, name):
                setattr(kept, name, "")
        kept.save(update_fields=["name", "zone", "language", "updated_at"])
        merge.undone_at = timezone.now()
        merge.save(update_fields=["undone_at", "updated_at"])
        audit(actor, "contact.unmerged", kept, gone=gone.public_id, merge=merge.public_id, **counts_of(merge.moved))
    return gone


def _locked(actor: Actor, merge: ContactMerge) -> ContactMerge:
    found = (
        ContactMerge.objects.of(actor.workspace)
        .select_for_update(of=("self",))
        .select_related("kept", "gone")
        .filter(pk=merge.pk)
        .first()
    )
    if found is None:
        raise CannotMerge(_("There is no such merge."))
    if found.undone_at is not None:
        raise CannotMerge(_("This merge has been undone already."))
    rows = {
        row.pk: row
        for row in Contact.objects.select_for_update().filter(pk__in=(found.kept_id, found.gone_id)).order_by("pk")
    }
    found.kept, found.gone = rows[found.kept_id], rows[found.gone_id]
    if any(row.erased_at is not None for row in rows.values()):
        raise CannotMerge(_("This person was erased: there is nothing to take apart."))
    if found.kept.merged_into_id is not None or found.gone.merged_into_id != found.kept_id:
        raise CannotMerge(_("Another merge came after this one. Undo that one first."))
    return found


def _move_facts_back(merge: ContactMerge) -> None:
    theirs = {fact.name: fact for fact in Fact.objects.filter(contact=merge.gone)}
    for fact in Fact.objects.filter(public_id__in=merge.moved.get("facts", ()), contact=merge.kept):
        known = theirs.get(fact.name)
        if known is None:
            Fact.objects.filter(pk=fact.pk).update(contact=merge.gone)
        else:
            change_places(fact, known)
