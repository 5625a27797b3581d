"""Filters for what identifies a person."""

from __future__ import annotations

from django import template

from channels_io.identities import identity_icon, identity_label, shown_identity
from channels_io.models import Identity

register = template.Library()
register.filter("identity_icon", identity_icon)
register.filter("identity_label", identity_label)


@register.filter
def shown(identity: Identity) -> str:
    """As people read it: a number with blanks, a browser's id by its end."""
    return shown_identity(identity.kind, identity.value)


@register.filter
def readable(name: str) -> str:
    """ "first_name" → "first name"."""
    return name.replace("_", " ")


@register.filter
def initial(contact: object) -> str:
    """The first letter of what somebody is called."""
    return str(contact)[:1].upper()
