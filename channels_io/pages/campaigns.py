"""The list of campaigns; a new one; one changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from channels_io.actions.save_campaign import create_campaign, edit_campaign
from channels_io.campaigns.channels import campaign_channels, is_call
from channels_io.campaigns.plan import Plan, load_plan
from channels_io.models import Campaign, CampaignEntry, Channel
from channels_io.pages.campaign_form import CampaignForm, form_for
from parley.accounts.actor import Actor
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

State = CampaignEntry.State


@require_safe
@workspace_page(Permission.VIEW)
def campaigns(request: WorkspaceRequest) -> HttpResponse:
    people = ~Q(entries__state=State.SKIPPED) & Q(entries__isnull=False)
    rows = (
        Campaign.objects.of(request.actor.workspace)
        .select_related("channel__agent")
        .annotate(
            people=Count("entries", filter=people),
            reached=Count("entries", filter=Q(entries__state=State.DONE)),
            unreached=Count("entries", filter=Q(entries__state=State.FAILED)),
        )
        .order_by("-created_at")[:200]
    )
    shown = [
        {"campaign": row, "percent": 100 * (row.reached + row.unreached) // row.people if row.people else 0}
        for row in rows
    ]
    context = {"rows": shown, "may_manage": request.actor.may(Permission.MANAGE_CHANNELS)}
    return render_page(request, "channels_io/campaigns.html", context, title=_("Campaigns"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
def campaign_new(request: WorkspaceRequest) -> HttpResponse:
    """Without `?channel=` the channels to choose from."""
    workspace = request.actor.workspace
    chosen = request.GET.get("channel", "")
    channels = list(campaign_channels(workspace))
    channel = next((row for row in channels if row.public_id == chosen), None)
    if channel is None:
        context: dict[str, Any] = {"channels": [{"channel": row, "call": is_call(row)} for row in channels]}
        return render_page(request, "channels_io/campaign_channels.html", context, title=_("New campaign"))
    form = form_for(channel)(channel, Plan(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        campaign = _saved(request.actor, form, channel, None)
        if campaign is not None:
            messages.success(request, _("Saved. Now upload the list of people."))
            return redirect("channels_io:campaign", campaign.public_id)
    return _page(request, form, channel, None)


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
def campaign_edit(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    rows = Campaign.objects.select_related("channel__agent", "channel__account", "version")
    campaign = get_or_404(rows, request.actor.workspace, public_id)
    given = {"name": campaign.name, "version": campaign.version.public_id if campaign.version else ""}
    form = form_for(campaign.channel)(campaign.channel, load_plan(campaign.plan), request.POST or None, initial=given)
    saved = request.method == "POST" and form.is_valid() and _saved(request.actor, form, campaign.channel, campaign)
    if saved:
        messages.success(request, _("Saved."))
        return redirect("channels_io:campaign", campaign.public_id)
    return _page(request, form, campaign.channel, campaign)


def _saved(actor: Actor, form: CampaignForm, channel: Channel, campaign: Campaign | None) -> Campaign | None:
    """None when the action refused, with its reasons on the form."""
    given: dict[str, Any] = {
        "name": form.cleaned_data["name"],
        "channel": channel,
        "version": form.chosen_version(),
        "plan": form.plan,
    }
    try:
        if campaign is None:
            return create_campaign(actor, **given)
        return edit_campaign(actor, campaign, **given)
    except ValidationError as error:
        form.add_error(None, error)
        return None


def _page(request: WorkspaceRequest, form: CampaignForm, channel: Channel, campaign: Campaign | None) -> HttpResponse:
    context = {
        "form": form,
        "channel": channel,
        "campaign": campaign,
        "call": is_call(channel),
        "templates": list(getattr(form, "templates", {}).values()),
        "workspace_name": request.actor.workspace.name,
    }
    title = campaign.name if campaign is not None else _("New campaign")
    return render_page(
        request, "channels_io/campaign_form.html", context, title=title, status=400 if form.errors else 200
    )
