"""One conversation: what was said and heard, how fast, and what went wrong."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from rest_framework.utils.encoders import JSONEncoder

from channels_io.actions.erase_recording import erase_recording
from channels_io.models import Conversation, Leg
from channels_io.pages.pane import PEOPLE, pane_context
from channels_io.pages.waterfall import budget_ms, legend, waterfalls
from channels_io.reads.export import export_record
from channels_io.reads.record import Record, read_record
from parley.accounts.audit import audit
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


def _record(request: WorkspaceRequest, public_id: str) -> Record:
    rows = Conversation.objects.select_related("workspace", "contact", "agent")
    return read_record(get_or_404(rows, request.actor.workspace, public_id))


@require_safe
@workspace_page(Permission.VIEW)
def conversation(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """The conversation's pane; ?tab=record: every leg with its recording and the times of its answers."""
    if request.GET.get("tab") == "record":
        return _record_page(request, public_id)
    found = get_or_404(Conversation.objects.select_related(*PEOPLE), request.actor.workspace, public_id)
    context = {**pane_context(request, found), "may_export": request.actor.may(Permission.EXPORT)}
    return _page(request, context, found)


def _page(request: WorkspaceRequest, context: dict[str, Any], found: Conversation) -> HttpResponse:
    title = _("Conversation with %(who)s") % {"who": found.contact}
    return render_page(request, "channels_io/conversation.html", context, title=title)


def _record_page(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    record = _record(request, public_id)
    drawn = waterfalls(record.turns)
    timed = [drawn[each.turn.pk] for each in record.timed if each.turn.pk in drawn]
    context = {
        "tab": "record",
        "record": record,
        "conversation": record.conversation,
        "waterfalls": drawn,
        "timed": timed,
        "legend": legend(timed or [*drawn.values()]),
        "budget_ms": budget_ms(),
        "may_erase": request.actor.may(Permission.OPERATE),
        "may_export": request.actor.may(Permission.EXPORT),
        "may_read_numbers": request.actor.may(Permission.READ_NUMBERS),
    }
    return _page(request, context, record.conversation)


@require_safe
@workspace_page(Permission.EXPORT)
def export_json(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    record = _record(request, public_id)
    audit(request.actor, "conversation.exported", record.conversation)
    response = JsonResponse(
        export_record(record), encoder=JSONEncoder, json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="{public_id}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@workspace_page(Permission.OPERATE)
def erase(request: WorkspaceRequest, public_id: str, leg_id: str) -> HttpResponse:
    leg = get_or_404(Leg, request.actor.workspace, leg_id, conversation__public_id=public_id)
    if erase_recording(request.actor, leg):
        messages.success(request, _("The recording was deleted. The transcript stays."))
    else:
        messages.warning(request, _("There is no finished recording to delete."))
    return redirect(f"{reverse('channels_io:conversation', args=[public_id])}?tab=record")
