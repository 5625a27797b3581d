"""The builder: the page around the flow canvas. Its data comes from `builder/data/`, its script from `agents/builder`."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agents.models import Agent
from agents.pages.builder_words import builder_words
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


@require_GET
@workspace_page(Permission.VIEW)
def agent_builder(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    agent = get_or_404(Agent, request.actor.workspace, public_id)
    here = reverse("agents:builder", args=[agent.public_id])
    config = {
        "dataUrl": f"{here}data/",
        "agentUrl": reverse("agents:detail", args=[agent.public_id]),
        "words": builder_words(),
        "failed": _("The flow could not be opened."),
    }
    title = _("Flow of %(name)s") % {"name": agent.name}
    return render_page(request, "agents/builder.html", {"agent": agent, "config": config}, title=title)
