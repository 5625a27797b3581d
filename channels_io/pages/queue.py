"""What waits for a person, as a small panel of every page; taking it; whether I take any at all."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_io.actions.note_presence import note_presence
from channels_io.actions.take_handoff import take_handoff
from channels_io.models import Conversation, Handoff, OperatorPresence
from channels_io.owner_errors import AlreadyTaken
from channels_io.reads.handoffs import Waiting, queue_of
from parley.accounts.actor import Actor
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_safe
@workspace_page(Permission.VIEW)
def queue(request: WorkspaceRequest) -> HttpResponse:
    """{"html", "count", "mine": [{"id", "title", "words", "link"}], "available"}: the panel, and what a notification says."""
    rows = queue_of(request.actor)
    html = render_to_string(
        "channels_io/queue/_rows.html", {"rows": rows, "may_take": _may_take(request.actor)}, request
    )
    answer = {
        "html": html,
        "count": len(rows),
        "mine": [_notice(row) for row in rows if row.mine],
        "available": is_available(request.actor),
    }
    response = JsonResponse(answer)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@workspace_page(Permission.TAKE_OVER)
def queue_take(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """{"conversation", "link"}; 409 {"error": {"code", "message"}} when somebody was faster."""
    row = get_or_404(Handoff, request.actor.workspace, public_id)
    try:
        taken = take_handoff(request.actor, row)
    except AlreadyTaken as error:
        return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=409)
    except Conversation.DoesNotExist:
        words = _("This conversation was erased.")
        return JsonResponse({"error": {"code": "not_found", "message": words}}, status=404)
    return JsonResponse({"conversation": taken.public_id, "link": _link(taken)})


@require_POST
@workspace_page(Permission.TAKE_OVER)
def availability(request: WorkspaceRequest) -> HttpResponse:
    """`available`: "1" or "" → {"available"}."""
    available = request.POST.get("available") == "1"
    note_presence(request.actor, available=available)
    return JsonResponse({"available": available})


def is_available(actor: Actor) -> bool:
    """As they said it last; whoever never said anything takes conversations."""
    rows = OperatorPresence.objects.filter(workspace=actor.workspace, user=actor.user)
    said: bool | None = rows.values_list("available", flat=True).first()
    return said is not False


def _may_take(actor: Actor) -> bool:
    return actor.user is not None and actor.may(Permission.TAKE_OVER)


def _notice(row: Waiting) -> dict[str, str]:
    handoff = row.handoff
    who = str(handoff.conversation.contact.name or _("Somebody"))
    team = handoff.team.name if handoff.team is not None else ""
    return {
        "id": handoff.public_id,
        "title": _("%(who)s waits for %(team)s") % {"who": who, "team": team},
        "words": handoff.reason,
        "link": _link(handoff.conversation),
    }


def _link(conversation: Conversation) -> str:
    return f"{reverse('channels_io:inbox')}?c={conversation.public_id}"
