"""Call a contact by another name."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.models import Contact
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def rename_contact(actor: Actor, contact: Contact, *, name: str) -> None:
    """Raises ValidationError ("contact_gone")."""
    require(actor, Permission.OPERATE)
    with transaction.atomic():
        contact = living_contact(actor, contact)
        contact.name = clean_text(" ".join(name.split()), 200)
        contact.save(update_fields=["name", "updated_at"])
        audit(actor, "contact.renamed", contact)


def living_contact(actor: Actor, contact: Contact) -> Contact:
    """As it is now, held until the transaction ends. Raises ValidationError ("contact_gone"): it was merged or erased."""
    found = Contact.objects.of(actor.workspace).select_for_update().filter(pk=contact.pk).first()
    if found is None or found.merged_into_id is not None or found.erased_at is not None:
        raise ValidationError(_("This contact was merged or erased in the meantime."), code="contact_gone")
    return found
