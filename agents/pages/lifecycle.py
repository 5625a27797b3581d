"""Duplicate, archive, bring back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.actions.archive_agent import archive_agent
from agents.actions.duplicate_agent import duplicate_agent
from agents.actions.unarchive_agent import unarchive_agent
from agents.models import Agent
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def agent_duplicate(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    copy = duplicate_agent(request.actor, agent)
    messages.success(request, _("This is the copy. Give it a name of its own."))
    return redirect("agents:detail", copy.public_id)


@require_POST
@workspace_page(Permission.PUBLISH_AGENT)
def agent_archive(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    archive_agent(request.actor, agent)
    messages.success(request, _("“%(name)s” is archived. It takes no calls.") % {"name": agent.name})
    return redirect("agents:list")


@require_POST
@workspace_page(Permission.PUBLISH_AGENT)
def agent_unarchive(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    unarchive_agent(request.actor, agent)
    messages.success(request, _("“%(name)s” is back.") % {"name": agent.name})
    return redirect("agents:detail", agent.public_id)
