"""The frame around the pages of a carrier's channel: steps while it is being set up, tabs afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from channels_io import registry
from channels_io.models import Channel
from channels_io.phone_numbers import shown_number
from channels_io.public_url import public_problem
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STEPS: tuple[tuple[str, StrOrPromise], ...] = (
    ("kind", gettext_lazy("Kind")),
    ("account", gettext_lazy("Account")),
    ("number", gettext_lazy("Number and agent")),
    ("options", gettext_lazy("Options")),
    ("connect", gettext_lazy("Connect")),
    ("test", gettext_lazy("Test")),
)
TABS: tuple[tuple[str, str, StrOrPromise], ...] = (
    ("agent", "channels_io:channel", gettext_lazy("Agent")),
    ("options", "channels_io:channel-options", gettext_lazy("Options")),
    ("connect", "channels_io:channel-connect", gettext_lazy("Connect")),
    ("test", "channels_io:channel-test", gettext_lazy("Test it")),
)


@dataclass(frozen=True, slots=True)
class StepRow:
    number: int
    label: StrOrPromise
    state: str
    """done, current or later."""


def step_context(name: str) -> dict[str, Any]:
    here = [step for step, _label in STEPS].index(name)
    states = ("done", "current", "later")
    return {
        "steps": [
            StepRow(number + 1, label, states[(number >= here) + (number > here)])
            for number, (_step, label) in enumerate(STEPS)
        ]
    }


def channel_page(
    request: WorkspaceRequest, template: str, row: Channel, tab: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of a carrier's channel; `tab` as in TABS. With `?new=1` it is a step of the set-up."""
    new = bool(request.GET.get("new")) and tab != "agent"
    simulated = row.account is not None and row.account.simulated
    merged = {
        "channel": row,
        "account": row.account,
        "new": new,
        "again": "?new=1" if new else "",
        "shown_address": shown_number(row.address),
        "tabs": [(name == tab, reverse(route, args=[row.public_id]), label) for name, route, label in TABS],
        "may_manage": request.actor.may(Permission.MANAGE_CHANNELS),
        "problem": None if simulated else public_problem(),
        "public_url": settings.PARLEY_PUBLIC_URL,
        "port": settings.PARLEY_PORT,
        "icon": registry.channel_kind(row.kind).icon,
        **(step_context(tab) if new else {}),
        **context,
    }
    return render_page(request, template, merged, title=row.name, status=status)
