"""One campaign: how far it is, its lines, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_io.actions.delete_campaign import delete_campaign
from channels_io.actions.pause_campaign import end_campaign, pause_campaign
from channels_io.actions.start_campaign import STARTABLE, start_campaign
from channels_io.campaigns.channels import is_call
from channels_io.campaigns.export import export_lines
from channels_io.campaigns.plan import Plan, load_plan
from channels_io.campaigns.progress import progress_of
from channels_io.campaigns.reasons import reason_label, sheet_label
from channels_io.campaigns.texts import disclosure_of
from channels_io.models import Campaign, CampaignEntry, CampaignList
from channels_io.pages.campaign_list import preview_context
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

LINES_A_PAGE = 50
_ROWS = Campaign.objects.select_related("channel__agent", "channel__account", "version", "workspace")


@require_safe
@workspace_page(Permission.VIEW)
def campaign(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(_ROWS, request.actor.workspace, public_id)
    plan = _plan(row)
    context = {
        **_live(request.actor, row),
        **_lines(request, row),
        **preview_context(row, request.actor),
        "call": is_call(row.channel),
        "plan": plan,
        "disclosure": disclosure_of(row, plan),
        "may_export": request.actor.may(Permission.EXPORT),
    }
    return render_page(request, "channels_io/campaign.html", context, title=row.name)


@require_safe
@workspace_page(Permission.VIEW)
def campaign_live(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """The part of the page that moves."""
    row = get_or_404(_ROWS, request.actor.workspace, public_id)
    return render(request, "channels_io/_campaign_live.html", _live(request.actor, row))


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def campaign_start(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    return _do(request, public_id, start_campaign, _("The campaign runs."))


@require_POST
@workspace_page(Permission.OPERATE)
def campaign_pause(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    return _do(request, public_id, pause_campaign, _("Paused. Calls that are being made go on to their end."))


@require_POST
@workspace_page(Permission.OPERATE)
def campaign_end(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    return _do(request, public_id, end_campaign, _("The campaign is over."))


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def campaign_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Campaign, request.actor.workspace, public_id)
    try:
        delete_campaign(request.actor, row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("channels_io:campaign", row.public_id)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": row.name})
    return redirect("channels_io:campaigns")


@require_safe
@workspace_page(Permission.EXPORT)
def campaign_results(request: WorkspaceRequest, public_id: str) -> StreamingHttpResponse:
    row = get_or_404(Campaign, request.actor.workspace, public_id)
    audit(request.actor, "campaign.exported", row, name=row.name)
    response = StreamingHttpResponse(export_lines(row), content_type="text/csv; charset=utf-8")
    name = slugify(row.name) or "campaign"
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _do(
    request: WorkspaceRequest, public_id: str, action: Callable[[Actor, Campaign], Campaign], done: str
) -> HttpResponse:
    row = get_or_404(Campaign, request.actor.workspace, public_id)
    try:
        action(request.actor, row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("channels_io:campaign", row.public_id)


def _live(actor: Actor, row: Campaign) -> dict[str, Any]:
    now = timezone.now()
    waiting = CampaignList.objects.filter(campaign=row).defer("content").first()
    progress = progress_of(row, now)
    return {
        "campaign": row,
        "progress": progress,
        "phase": _phase(row, waiting, progress.people + progress.skipped),
        "problem": sheet_label(waiting.problem) if waiting is not None and waiting.problem else "",
        "held": row.held_until is not None and row.held_until > now and row.state == Campaign.State.RUNNING,
        "reason": _reason(row),
        "may_manage": actor.may(Permission.MANAGE_CHANNELS),
        "may_operate": actor.may(Permission.OPERATE),
        "startable": row.state in STARTABLE,
    }


def _phase(row: Campaign, waiting: CampaignList | None, lines: int) -> str:
    """What the page is about: the list that is missing, its columns, its reading; then the campaign's state."""
    if row.state != Campaign.State.DRAFT:
        return row.state
    if waiting is not None:
        return "columns" if waiting.mapping is None else "reading"
    return "ready" if lines else "empty"


def _reason(row: Campaign) -> str:
    if row.reason == "breaker":
        return _("Too many of its last attempts failed at the carrier. Look at the lines, then let it go on.")
    return reason_label(row.reason)


def _plan(row: Campaign) -> Plan:
    try:
        return load_plan(row.plan)
    except msgspec.ValidationError:
        return Plan()


def _lines(request: WorkspaceRequest, row: Campaign) -> dict[str, Any]:
    shown = request.GET.get("state", "")
    entries = CampaignEntry.objects.filter(campaign=row).select_related("conversation", "contact")
    if shown in CampaignEntry.State.values:
        entries = entries.filter(state=shown)
    page = Paginator(entries.order_by("line"), LINES_A_PAGE).get_page(request.GET.get("page", "1"))
    return {"page": page, "shown": shown, "states": CampaignEntry.State.choices}
