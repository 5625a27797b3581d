"""Why something was not let out: the codes, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from inference.errors import ParleyError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NEVER: Final = frozenset({"country_refused", "number_refused", "opted_out"})
"""Asking again later changes nothing."""

LABELS: Final[Mapping[str, StrOrPromise]] = {
    "country_refused": _("Country not allowed"),
    "number_refused": _("Number not allowed"),
    "opted_out": _("Does not want to be contacted"),
    "cap_number": _("Too many to this number"),
    "cap_range": _("Too many in this number range"),
    "cap_agent": _("Too many by this agent"),
    "cap_workspace": _("Too many in this workspace"),
    "concurrency": _("Too many calls at once"),
    "budget": _("Budget used up"),
    "guard_unavailable": _("Limits could not be checked"),
}

ADVICE: Final[Mapping[str, StrOrPromise]] = {
    "country_refused": _(
        "This workspace does not call or write to that country. An owner can allow it under Spending."
    ),
    "number_refused": _(
        "This number is not one that may be dialled: it is malformed, expensive or on the refused list."
    ),
    "opted_out": _("This person asked not to be contacted this way."),
    "cap_number": _("This number was called or written to as often as the workspace allows. Try again later."),
    "cap_range": _("Very many numbers of one range were asked for: that is how fraud looks. Try again later."),
    "cap_agent": _("This agent has reached its limit for the hour. Try again later."),
    "cap_workspace": _("The workspace has reached its limit. Try again later."),
    "concurrency": _("As many calls run as the workspace allows. Try again when one has ended."),
    "budget": _("The workspace's budget is used up. An owner can change it under Spending."),
    "guard_unavailable": _("The limits could not be checked, so nothing was sent. Try again later."),
}


class NotAllowed(ParleyError):
    """`code` is one of LABELS. `permanent`: never; else `retry_after` seconds are worth waiting."""

    code = "number_refused"

    def __init__(self, code: str, *, retry_after: float = 0.0) -> None:
        super().__init__(str(ADVICE[code]), code=code)
        self.permanent = code in NEVER
        self.retry_after = retry_after


def label_of(code: str) -> str:
    """For people; a code of others stays as it is."""
    return str(LABELS.get(code, code))
