"""What the parts of a conversation are reckoned at."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from channels_io.actions.save_prices import save_prices
from channels_io.after.cost import prices_of
from channels_io.guards.rules import MILLION
from channels_io.prices import EXAMPLE, Prices
from channels_io.reads.analysis import currency_of
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission, require
from parley.lib.pages import render_page

FIELDS: Final = (
    ("asr_minute", gettext_lazy("Speech recognition"), gettext_lazy("a minute in which the caller speaks")),
    ("llm_prompt", gettext_lazy("Language model: read anew"), gettext_lazy("a million tokens")),
    ("llm_cached", gettext_lazy("Language model: from the cache"), gettext_lazy("a million tokens")),
    ("llm_reply", gettext_lazy("Language model: written"), gettext_lazy("a million tokens")),
    ("tts_characters", gettext_lazy("Speech, by characters"), gettext_lazy("a million characters")),
    ("tts_minute", gettext_lazy("Speech, by time"), gettext_lazy("a minute in which the agent speaks")),
    ("carrier_minute", gettext_lazy("Carrier: calls that come in"), gettext_lazy("a begun minute")),
    ("gpu_hour", gettext_lazy("Computing time"), gettext_lazy("an hour of a call")),
)


class PricesForm(forms.Form):
    """Money is written in units of the currency ("0.0043"), and kept in millionths."""

    def __init__(self, prices: Prices, data: Any = None) -> None:
        super().__init__(data, initial={name: plain(getattr(prices, name)) for name, _label, _unit in FIELDS})
        for name, label, unit in FIELDS:
            self.fields[name] = forms.DecimalField(
                label=label,
                help_text=unit,
                min_value=Decimal(0),
                max_value=Decimal(1_000_000),
                decimal_places=6,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )

    def as_prices(self) -> Prices:
        return Prices(**{name: int(self.cleaned_data[name] * MILLION) for name, _label, _unit in FIELDS})

    @property
    def rows(self) -> list[Any]:
        return [self[name] for name, _label, _unit in FIELDS]


def plain(micros: int) -> str:
    """4300 → "0.0043", 0 → "0"."""
    text = f"{Decimal(micros) / MILLION:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def prices(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    known = prices_of(workspace)
    form = PricesForm(known, request.POST or None)
    if request.method == "POST":
        require(request.actor, Permission.MANAGE_WORKSPACE)
        if form.is_valid():
            save_prices(request.actor, form.as_prices())
            messages.success(request, _("Saved. They hold for conversations that end from now on."))
            return redirect("channels_io:prices")
    context = {
        "form": form,
        "currency": currency_of(workspace),
        "free": known == Prices(),
        "example": [
            (label, plain(getattr(EXAMPLE, name)), unit) for name, label, unit in FIELDS if getattr(EXAMPLE, name)
        ],
        "may_manage": request.actor.may(Permission.MANAGE_WORKSPACE),
    }
    return render_page(
        request, "channels_io/prices.html", context, title=_("Prices"), status=400 if form.errors else 200
    )
