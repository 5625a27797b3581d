"""An agent as a file: out of the builder, into it, and into a new agent."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.actions.import_agent import import_agent, import_draft
from agents.errors import AgentsError, EditRefused
from agents.exchange import MAX_FILE, read_file, write_file
from agents.models import Agent, Version
from agents.pages.builder_data import draft_of
from agents.pages.builder_state import builder_data
from agents.pages.json_body import read_json, read_revision, refusal
from agents.problems import Problem
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_GET
@workspace_page(Permission.VIEW)
def builder_export(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """`?version=draft` (without it) or a version's id, as a download."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    wanted = request.GET.get("version", "draft")
    if wanted == "draft":
        content, suffix = draft_of(agent).content(), "draft"
    else:
        version = get_or_404(Version, request.actor.workspace, wanted, agent=agent)
        content, suffix = version.draft, f"v{version.number}"
    text = json.dumps(write_file(agent.name, content), ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{agent.slug}-{suffix}.json"'
    return response


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def builder_import(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """POST {"revision", "file"}: the draft says what the file says; undo takes it back."""
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    try:
        data = read_json(request.body)
        edited = import_draft(request.actor, agent, read_file(data.get("file")), revision=read_revision(data))
    except AgentsError as error:
        return refusal(error)
    notices: list[Any] = [notice.as_dict() for notice in edited.notices]
    return JsonResponse({**builder_data(request.actor, draft_of(agent)), "notices": notices})


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def agent_import(request: WorkspaceRequest) -> HttpResponse:
    """POST a `file`: a new agent of it, on its page; otherwise back to where a new agent begins."""
    try:
        agent = import_agent(request.actor, read_file(_uploaded(request)))
    except EditRefused as error:
        messages.error(request, error.message)
        return redirect("agents:create")
    messages.success(request, _("“%(name)s” is here. Look at its problems, then publish it.") % {"name": agent.name})
    return redirect("agents:detail", agent.public_id)


def _uploaded(request: WorkspaceRequest) -> object:
    """The JSON of the file sent. Raises EditRefused."""
    file = request.FILES.get("file")
    if file is None or file.size is None or file.size > MAX_FILE:
        message = _("Choose a file of at most %(limit)d MB.") % {"limit": MAX_FILE // 1_000_000}
        raise EditRefused([Problem("", "file", "too_large", message)])
    try:
        return json.loads(file.read())
    except (ValueError, RecursionError) as error:
        message = _("This file is not JSON. Choose one that was exported here.")
        raise EditRefused([Problem("", "file", "not_json", message)]) from error
