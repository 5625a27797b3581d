"""Filters for what identifies a person."""

from __future__ import annotations

from django import template
from django.template import Context

from channels_io.identities import hidden_identity, identity_icon, identity_label, shown_identity
from channels_io.models import Identity
from parley.accounts.actor import Actor
from parley.accounts.permissions import Permission

register = template.Library()
register.filter("identity_icon", identity_icon)
register.filter("identity_label", identity_label)


@register.simple_tag(takes_context=True)
def shown(context: Context, identity: Identity) -> str:
    """As people read it: a number with blanks, a browser's id by its end; hidden from whoever may not read addresses."""
    if may_read_numbers(context):
        return shown_identity(identity.kind, identity.value)
    return hidden_identity(identity.kind, identity.value)


def may_read_numbers(context: Context) -> bool:
    actor = getattr(context.get("request"), "actor", None)
    return isinstance(actor, Actor) and actor.may(Permission.READ_NUMBERS)


@register.filter
def readable(name: str) -> str:
    """ "first_name" → "first name"."""
    return name.replace("_", " ")


@register.filter
def initial(contact: object) -> str:
    """The first letter of what somebody is called."""
    return str(contact)[:1].upper()
