"""Setting a number or sender up, first half: which kind, whose account, which number, which agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from channels_io import registry, splits
from channels_io.actions.save_channel import create_channel, edit_channel
from channels_io.kind_names import kind_label
from channels_io.models import Account, Channel
from channels_io.pages.channel_forms import CarrierForm, carrier_initial, free_name
from channels_io.pages.channel_steps import channel_page, step_context
from channels_io.pages.form_errors import show_refusal
from channels_io.setting_up import SetUpFailed
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class KindCard:
    """What the choice of a kind shows. `needs`: what to have at hand."""

    kind: str
    title: StrOrPromise
    about: StrOrPromise
    needs: tuple[StrOrPromise, ...]


CARDS = (
    KindCard(
        "twilio_voice",
        gettext_lazy("Telephone"),
        gettext_lazy("People call a number, the agent answers. It can call too, transfer, and take messages."),
        (
            gettext_lazy("A Twilio account: its SID and auth token"),
            gettext_lazy("A number of it that takes calls"),
            gettext_lazy("This server on the internet, with https"),
        ),
    ),
    KindCard(
        "twilio_messaging",
        gettext_lazy("SMS and WhatsApp, with Twilio"),
        gettext_lazy("People text a number or a WhatsApp sender of your Twilio account."),
        (
            gettext_lazy("A Twilio account: its SID and auth token"),
            gettext_lazy("A number that texts, or a registered WhatsApp sender"),
            gettext_lazy("This server on the internet, with https"),
        ),
    ),
    KindCard(
        "whatsapp_cloud",
        gettext_lazy("WhatsApp, straight from Meta"),
        gettext_lazy("Meta's own Cloud API: no carrier between, with read marks, typing and lists."),
        (
            gettext_lazy("A Meta app with the product WhatsApp: its app secret"),
            gettext_lazy("The WhatsApp Business Account's id, and a permanent access token"),
            gettext_lazy("This server on the internet, with https"),
        ),
    ),
)


@require_safe
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_new(request: WorkspaceRequest) -> HttpResponse:
    """Which kind."""
    context = {"cards": CARDS, "agent": request.GET.get("agent", ""), **step_context("kind")}
    return render_page(request, "channels_io/set_up/kinds.html", context, title=_("New channel"))


@require_safe
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_new_account(request: WorkspaceRequest) -> HttpResponse:
    """Whose account: one that is there, or a new one."""
    kind = _kind(request)
    accounts = Account.objects.of(request.actor.workspace).filter(provider=registry.provider_of(kind)).order_by("name")
    if not accounts:
        query = request.GET.urlencode()
        return redirect(f"{reverse('channels_io:account-new')}?{query}&provider={registry.provider_of(kind)}")
    context = {
        "accounts": accounts,
        "kind": kind,
        "provider": registry.provider_of(kind),
        "query": _query(request),
        **step_context("account"),
    }
    return render_page(request, "channels_io/set_up/account.html", context, title=kind_label(kind))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_new_number(request: WorkspaceRequest) -> HttpResponse:
    """Which number and which agent; a POST makes the channel."""
    kind, account = _kind(request), _account(request)
    form = CarrierForm(request.actor.workspace, request.POST or None, initial=_blank(request, kind))
    if request.method == "POST" and form.is_valid():
        try:
            row = create_channel(
                request.actor,
                kind=kind,
                account=account,
                address=form.chosen_address,
                settings={splits.KEY: form.cleaned_data["split"]},
                **_common(form),
            )
        except ValidationError as error:
            show_refusal(form, error, {"split": "runs", "account": "address"})
        else:
            return redirect(f"{reverse('channels_io:channel-options', args=[row.public_id])}?new=1")
    context = {
        "form": form,
        "kind": kind,
        "account": account,
        "query": _query(request),
        "agents": form.has_agents,
        **step_context("number"),
    }
    status = 400 if form.errors else 200
    return render_page(request, "channels_io/set_up/number.html", context, title=kind_label(kind), status=status)


@require_safe
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_new_numbers(request: WorkspaceRequest) -> HttpResponse:
    """The part of the page that asks the carrier: fetched by it, so that a slow carrier delays nothing."""
    kind, account = _kind(request), _account(request)
    context: dict[str, Any] = {"kind": kind, "chosen": request.GET.get("address", ""), "account": account}
    try:
        numbers = list(registry.setup_of(kind, account).numbers())
    except SetUpFailed as failed:
        return render(request, "channels_io/set_up/_numbers.html", {**context, "failed": failed})
    rows = Channel.objects.of(request.actor.workspace).filter(kind=kind)
    taken = {row.address: row.name for row in rows}
    context["numbers"] = [(number, taken.get(number.address, "")) for number in numbers]
    return render(request, "channels_io/set_up/_numbers.html", context)


def carrier_channel(request: WorkspaceRequest, row: Channel) -> HttpResponse:
    """A channel of a carrier: its number, its agent, what runs."""
    form = CarrierForm(request.actor.workspace, request.POST or None, initial=carrier_initial(row))
    if request.method == "POST" and form.is_valid():
        kept = {name: value for name, value in row.settings.items() if name != splits.KEY}
        try:
            edit_channel(
                request.actor,
                row,
                address=form.chosen_address,
                enabled=form.cleaned_data["enabled"],
                settings={**kept, splits.KEY: form.cleaned_data["split"]},
                **_common(form),
            )
        except ValidationError as error:
            row.refresh_from_db()
            show_refusal(form, error, {"split": "runs", "account": "address"})
        else:
            messages.success(request, _("Saved."))
            return redirect("channels_io:channel", row.public_id)
    return channel_page(request, "channels_io/set_up/agent.html", row, "agent", {"form": form})


def _common(form: CarrierForm) -> dict[str, Any]:
    cleaned = form.cleaned_data
    return {"name": cleaned["name"], "agent": cleaned["agent"], "version": cleaned["version"]}


def _kind(request: WorkspaceRequest) -> str:
    kind = request.GET.get("kind", "")
    if kind not in {card.kind for card in CARDS}:
        raise Http404(_("There is no such kind of channel."))
    return kind


def _account(request: WorkspaceRequest) -> Account:
    rows = Account.objects.select_related("workspace")
    provider = registry.provider_of(_kind(request))
    return get_or_404(rows, request.actor.workspace, request.GET.get("account", ""), provider=provider)


def _query(request: WorkspaceRequest) -> str:
    """What goes along from step to step."""
    kept = request.GET.copy()
    for name in [*kept]:
        if name not in ("kind", "account", "agent"):
            del kept[name]
    return kept.urlencode()


def _blank(request: WorkspaceRequest, kind: str) -> dict[str, Any]:
    titles = {card.kind: str(card.title) for card in CARDS}
    name = free_name(request.actor.workspace, titles[kind])
    return {"name": name, "agent": request.GET.get("agent", ""), "runs": "live", "enabled": True}
