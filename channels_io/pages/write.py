"""The owner of a written conversation answers: what the pane sends, and what stands against it."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from channels_io.actions.write_as_person import NotWritten, write_as_person, write_template_as_person
from channels_io.models import Conversation, MessageTemplate, Turn
from channels_io.reads.ways import way_of
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Permission.OPERATE)
def write(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """GET: {"way": …} (`reads.ways.Way.as_json`). POST `text`, or `template` with its `template_value`s, and `key`:
    {"turn", "text"}; 409 {"error": {"code", "message"}, "way"} when it cannot be written now.
    """
    conversation = get_or_404(Conversation, request.actor.workspace, public_id)
    if request.method != "POST":
        return JsonResponse({"way": way_of(conversation).as_json()})
    try:
        turn = _written(request, conversation)
    except NotWritten as error:
        status = 409 if error.code in ("not_yours", "window_closed", "opted_out", "nobody_there") else 400
        problem = {"code": error.code, "message": error.message}
        return JsonResponse({"error": problem, "way": way_of(conversation).as_json()}, status=status)
    return JsonResponse({"turn": turn.public_id, "text": turn.text})


def _written(request: WorkspaceRequest, conversation: Conversation) -> Turn:
    """Raises NotWritten."""
    sent = request.POST
    key = sent.get("key", "")
    if not sent.get("template"):
        return write_as_person(request.actor, conversation, sent.get("text", ""), key)
    template = get_or_404(MessageTemplate, request.actor.workspace, sent["template"])
    values = sent.getlist("template_value")
    return write_template_as_person(request.actor, conversation, template, values, key)
