"""Write down a fact about a person, or correct one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.placeholders import is_name
from agents.variables import FACTS
from channels_io.actions.rename_contact import living_contact
from channels_io.fact_rules import LONGEST_VALUE
from channels_io.models import Contact, Conversation, Fact
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def write_fact(actor: Actor, contact: Contact, *, name: str, value: str) -> Fact:
    """New, or with another value. Conversations that know the old value know the new one from their next leg on.

    Raises ValidationError ("fact_name", "fact_value", "contact_gone").
    """
    require(actor, Permission.OPERATE)
    name, value = name.strip(), clean_text(" ".join(value.split()), LONGEST_VALUE)
    if not is_name(name) or name in FACTS:
        raise ValidationError(_("A name has letters, digits and _, such as “first_name”."), code="fact_name")
    if not value:
        raise ValidationError(_("Write what is known, or delete the fact."), code="fact_value")
    with transaction.atomic():
        contact = living_contact(actor, contact)
        before = Fact.objects.filter(contact=contact, name=name).first()
        fact, _made = Fact.objects.update_or_create(
            contact=contact,
            name=name,
            defaults={
                "workspace": actor.workspace,
                "value": value,
                "source": Fact.Source.MEMBER,
                "conversation": None,
                "learnt_at": timezone.now(),
            },
        )
        if before is not None:
            put_into_states(contact, name, before.value, value)
        audit(actor, "fact.written", contact, fact=fact.public_id)
    return fact


def put_into_states(contact: Contact, name: str, old: str, new: str) -> None:
    """Where the contact's conversations stand: what a later leg knows, and would teach us again at its end."""
    rows = Conversation.objects.select_for_update(of=("self",)).filter(contact=contact, test=False)
    for conversation in rows.exclude(state={}):
        if _put(conversation.state, name, old, new):
            conversation.save(update_fields=["state", "updated_at"])


def _put(state: dict[str, Any], name: str, old: str, new: str) -> bool:
    """Whether the state held `old` under this name, in any of its flows."""
    flow = state.get("flow")
    places: list[Any] = [state]
    if isinstance(flow, dict):
        places += [flow, *flow.get("frames", ())]
    changed = False
    for place in places:
        variables = place.get("variables") if isinstance(place, dict) else None
        if isinstance(variables, dict) and variables.get(name) == old:
            variables[name] = new
            changed = True
    return changed
