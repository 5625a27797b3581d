"""What people keep in the inbox: saved views, and the team's tags."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse, QueryDict
from django.views.decorators.http import require_POST

from channels_io.actions.save_tag import delete_tag, save_tag
from channels_io.actions.save_view import delete_view, order_views, save_view
from channels_io.models import SavedView, Tag
from channels_io.pages.inbox_form import query_of
from channels_io.pages.talk_json import refusal
from channels_io.reads.saved_views import views_of
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_POST
@workspace_page(Permission.VIEW)
def new_view(request: WorkspaceRequest) -> HttpResponse:
    """Fields: `name`, `query` (the inbox's), `shared` ("1"). {"id", "name", "query", "shared"}."""
    return _saved_view(request, None)


@require_POST
@workspace_page(Permission.VIEW)
def change_view(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """As `new_view`; without `query` it keeps its own."""
    return _saved_view(request, get_or_404(views_of(request.actor), request.actor.workspace, public_id))


@require_POST
@workspace_page(Permission.VIEW)
def remove_view(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    delete_view(request.actor, get_or_404(views_of(request.actor), request.actor.workspace, public_id))
    return HttpResponse(status=204)


@require_POST
@workspace_page(Permission.VIEW)
def sort_views(request: WorkspaceRequest) -> HttpResponse:
    """`ids` (comma between), in the new order."""
    order_views(request.actor, request.POST.get("ids", "").replace("\0", "").split(","))
    return HttpResponse(status=204)


@require_POST
@workspace_page(Permission.OPERATE)
def new_tag(request: WorkspaceRequest) -> HttpResponse:
    """Fields: `name`, `colour`. {"id", "name", "colour"}."""
    return _saved_tag(request, None)


@require_POST
@workspace_page(Permission.OPERATE)
def change_tag(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    return _saved_tag(request, get_or_404(Tag, request.actor.workspace, public_id))


@require_POST
@workspace_page(Permission.OPERATE)
def remove_tag(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    delete_tag(request.actor, get_or_404(Tag, request.actor.workspace, public_id))
    return HttpResponse(status=204)


def _saved_view(request: WorkspaceRequest, view: SavedView | None) -> HttpResponse:
    sent = request.POST
    query = query_of(QueryDict(sent.get("query", ""))) if "query" in sent or view is None else view.query
    shared = sent.get("shared", "") == "1"
    try:
        saved = save_view(request.actor, view, name=sent.get("name", ""), query=query, shared=shared)
    except ValidationError as error:
        return _invalid(error)
    return JsonResponse({"id": saved.public_id, "name": saved.name, "query": saved.query, "shared": shared})


def _saved_tag(request: WorkspaceRequest, tag: Tag | None) -> HttpResponse:
    sent = request.POST
    try:
        saved = save_tag(request.actor, tag, name=sent.get("name", ""), colour=sent.get("colour", "grey"))
    except ValidationError as error:
        return _invalid(error)
    answer: dict[str, Any] = {"id": saved.public_id, "name": saved.name, "colour": saved.colour}
    return JsonResponse(answer)


def _invalid(error: ValidationError) -> JsonResponse:
    return refusal(error.code or "invalid", " ".join(error.messages), 400)
