"""Forget one thing that is known of a person."""

from __future__ import annotations

from django.db import transaction

from channels_io.actions.write_fact import put_into_states
from channels_io.models import Fact
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def erase_fact(actor: Actor, fact: Fact) -> None:
    """Also where a conversation that may go on still holds it: else it would be learnt again. Idempotent."""
    require(actor, Permission.OPERATE)
    with transaction.atomic():
        rows = Fact.objects.of(actor.workspace).select_for_update(of=("self",)).select_related("contact")
        found = rows.filter(pk=fact.pk).first()
        if found is None:
            return
        put_into_states(found.contact, found.name, found.value, "")
        audit(actor, "fact.erased", found.contact, fact=found.public_id)
        found.delete()
