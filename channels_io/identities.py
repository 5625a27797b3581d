"""What identifies a person: (kind, value), checked. Pure.

Kinds: "visitor" (a browser's random id), "user" (a member), "phone" (E.164), "whatsapp" (the user id that Meta gives),
"email", "api" (the program's own), "command".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _

from channels_io.e164 import exact_number
from channels_io.phone_numbers import shown_number
from channels_io.sanitize import clean_text

PHONE: Final = "phone"
WHATSAPP: Final = "whatsapp"
EMAIL: Final = "email"

_MAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_ICONS: Final = {
    PHONE: "call",
    WHATSAPP: "chat",
    EMAIL: "mail",
    "visitor": "language",
    "user": "badge",
    "api": "code",
    "command": "terminal",
}


def clean_identity(kind: str, value: str) -> tuple[str, str] | None:
    """As it is kept; None where it identifies nobody: "", "anonymous" and "+" are no telephone numbers."""
    kind, value = clean_text(kind, 40).strip(), clean_text(value.strip(), 200)
    if kind == PHONE:
        value = exact_number(value)
    elif kind == EMAIL:
        value = value.lower() if _MAIL.fullmatch(value) else ""
    return (kind, value) if kind and value else None


def clean_identities(identities: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that identify somebody, in their order, each once."""
    cleaned = (clean_identity(kind, value) for kind, value in identities)
    return list(dict.fromkeys(found for found in cleaned if found is not None))


def shown_identity(kind: str, value: str) -> str:
    """As people read it: a number with blanks, a browser's random id by its end."""
    match kind:
        case "phone":
            return shown_number(value)
        case "visitor" | "user" | "command":
            return f"…{value[-6:]}"
        case _:
            return value


def hidden_identity(kind: str, value: str) -> str:
    """For those who may not read addresses: "…67", "p…@…"."""
    match kind:
        case "phone" | "whatsapp":
            return f"…{value[-2:]}"
        case "email":
            return f"{value[:1]}…@…"
        case _:
            return shown_identity(kind, value)


def identity_label(kind: str) -> str:
    match kind:
        case "phone":
            return _("Telephone")
        case "whatsapp":
            return "WhatsApp"
        case "email":
            return _("E-mail")
        case "visitor":
            return _("Browser")
        case "user":
            return _("Member")
        case "api":
            return _("Program")
        case "command":
            return _("Terminal")
        case _:
            return kind


def identity_icon(kind: str) -> str:
    """Name of a Material Symbol."""
    return _ICONS.get(kind, "fingerprint")
