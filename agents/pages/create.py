"""A new agent: from scratch, from a page of instructions, or from a whole flow of the gallery."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.actions.create_agent import create_agent
from agents.errors import EditRefused
from agents.schema import NAME
from agents.seed import seed_demo
from agents.starters import STARTERS, TEMPLATES
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.EDIT_AGENT)
def agent_create(request: WorkspaceRequest) -> HttpResponse:
    refused: EditRefused | None = None
    name = request.POST.get("name", "")
    chosen = request.POST.get("starter") or request.GET.get("starter") or "blank"
    if request.method == "POST":
        try:
            agent = create_agent(request.actor, name, starter=chosen)
        except EditRefused as error:
            refused = error
        else:
            return redirect("agents:detail", agent.public_id)
    context = {
        "groups": [
            (_("Start from a page of instructions"), [each for each in STARTERS.values() if each not in TEMPLATES]),
            (_("Start from a whole flow"), TEMPLATES),
        ],
        "chosen": chosen if chosen in STARTERS else "blank",
        "name": name,
        "name_field": NAME,
        "problems": refused.problems if refused else [],
    }
    return render_page(request, "agents/create.html", context, title=_("New agent"), status=400 if refused else 200)


@require_POST
@workspace_page(Permission.PUBLISH_AGENT)
def create_demo(request: WorkspaceRequest) -> HttpResponse:
    """The demo agents, ready to talk to."""
    agents = seed_demo(request.actor.workspace, request.actor)
    messages.success(request, _("The demo agents are ready. Talk to one."))
    return redirect("agents:detail", agents[0].public_id)
