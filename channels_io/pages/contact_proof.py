"""What an erasure removed, in words and figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_NAMES: Final[Mapping[str, StrOrPromise]] = {
    "contacts": _("Contacts, with what was merged into them"),
    "identities": _("Addresses"),
    "facts": _("Facts"),
    "conversations": _("Conversations, emptied"),
    "turns": _("Turns, their words"),
    "events": _("Events, their details"),
    "states": _("States of flows"),
    "recordings": _("Recordings"),
    "calls": _("Telephone calls, their numbers"),
    "messages_received": _("Messages received"),
    "messages_sent": _("Messages sent"),
    "threads": _("Message threads"),
    "codes": _("One-time codes"),
    "campaign_lines": _("Lines of campaigns, emptied"),
    "opt_outs": _("Opt-outs"),
}


def figures(data: Mapping[str, Any]) -> list[tuple[StrOrPromise, int, int]]:
    """(what, how many were removed, how many are left), from the data of the audit row."""
    removed, left = data.get("removed", {}), data.get("left", {})
    return [(label, int(removed[name]), int(left.get(name, 0))) for name, label in _NAMES.items() if name in removed]
