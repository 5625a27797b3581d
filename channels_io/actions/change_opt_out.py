"""What a person does not want, as a member was told: added and taken back by hand. STOP and START do it by themselves."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.models import Contact, Identity, OptOut
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def change_opt_out(actor: Actor, contact: Contact, *, scope: OptOut.Scope, address: str, wanted: bool) -> None:
    """`wanted` False: nothing of this sort goes to `address` any more. Idempotent.

    Raises ValidationError ("opt_out_address"): only an address of the contact's own can be named.
    """
    require(actor, Permission.OPERATE)
    own = Identity.objects.filter(contact=contact, workspace=actor.workspace, kind__in=("phone", "whatsapp"))
    if not own.filter(value=address).exists():
        raise ValidationError(_("This is no number of the contact."), code="opt_out_address")
    with transaction.atomic():
        rows = OptOut.objects.filter(workspace=actor.workspace, scope=scope, address=address)
        if wanted:
            changed = bool(rows.delete()[0])
        else:
            _row, changed = OptOut.objects.get_or_create(
                workspace=actor.workspace, scope=scope, address=address, defaults={"source": "member"}
            )
        if changed:
            audit(actor, "opt_out.removed" if wanted else "opt_out.added", contact, scope=scope)
