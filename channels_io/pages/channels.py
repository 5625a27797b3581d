"""Channels: where agents can be reached. The list, and one of them: whom it leads to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_io import registry
from channels_io.actions.save_channel import create_channel, delete_channel, edit_channel
from channels_io.models import Channel
from channels_io.pages.channel_forms import ChannelForm, WidgetForm, free_name, widget_initial
from channels_io.pages.channel_numbers import carrier_channel
from channels_io.widget_settings import DEFAULT_COLOUR, MODES, WIDGET_KIND, WidgetSettings
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


@require_safe
@workspace_page(Permission.VIEW)
def channels(request: WorkspaceRequest) -> HttpResponse:
    rows = (
        Channel.objects.of(request.actor.workspace)
        .select_related("agent__published", "version", "account")
        .annotate(conversations=Count("legs__conversation", distinct=True), last_at=Max("legs__started_at"))
        .order_by("name", "pk")
    )
    context = {"rows": rows, "may_manage": request.actor.may(Permission.MANAGE_CHANNELS)}
    return render_page(request, "channels_io/channels.html", context, title=_("Channels"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_new_widget(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    form = WidgetForm(workspace, request.POST or None, initial=_blank(workspace, request.GET.get("agent", "")))
    if request.method == "POST" and form.is_valid():
        channel = _saved(form, None, request.actor)
        if channel is not None:
            messages.success(request, _("The widget is ready. Copy the two lines below into your site."))
            return redirect("channels_io:channel", channel.public_id)
    context = {"form": form, "channel": None, "agents": form.has_agents}
    return render_page(request, "channels_io/channel.html", context, title=_("New web widget"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def channel(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    rows = Channel.objects.select_related("agent__published", "version", "account__workspace", "workspace")
    row = get_or_404(rows, request.actor.workspace, public_id)
    if registry.provider_of(row.kind):
        return carrier_channel(request, row)
    form_class = WidgetForm if row.kind == WIDGET_KIND else ChannelForm
    form = form_class(request.actor.workspace, request.POST or None, initial=widget_initial(row))
    if request.method == "POST" and form.is_valid() and _saved(form, row, request.actor) is not None:
        messages.success(request, _("Saved."))
        return redirect("channels_io:channel", row.public_id)
    context = {
        "form": form,
        "channel": row,
        "agents": True,
        "snippet": _snippet(row) if row.kind == WIDGET_KIND else "",
        "widget": WidgetSettings.of(row.settings),
        "may_manage": request.actor.may(Permission.MANAGE_CHANNELS),
    }
    return render_page(request, "channels_io/channel.html", context, title=row.name)


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Channel, request.actor.workspace, public_id)
    delete_channel(request.actor, row)
    messages.success(request, _("“%(name)s” was deleted. Its conversations stay.") % {"name": row.name})
    return redirect("channels_io:channels")


def _saved(form: ChannelForm, row: Channel | None, actor: Actor) -> Channel | None:
    """The saved channel; None when the action refused, with its reasons on the form."""
    cleaned = form.cleaned_data
    common = {"name": cleaned["name"], "agent": cleaned["agent"], "version": cleaned["version"]}
    try:
        if row is None:
            return create_channel(actor, kind=WIDGET_KIND, settings=form.settings_json(), **common)
        kept = {**row.settings, **form.settings_json()}
        return edit_channel(actor, row, settings=kept, enabled=cleaned["enabled"], **common)
    except ValidationError as error:
        form.add_error(None, error)
        return None


def _blank(workspace: Workspace, agent: str) -> dict[str, Any]:
    name = free_name(workspace, _("Website widget"))
    return {"name": name, "agent": agent, "colour": DEFAULT_COLOUR, "modes": list(MODES), "enabled": True}


def _snippet(row: Channel) -> str:
    script = settings.PARLEY_PUBLIC_URL + reverse("channels_io:widget-js")
    return f'<script type="module" src="{script}"></script>\n<parley-widget channel="{row.public_id}"></parley-widget>'
