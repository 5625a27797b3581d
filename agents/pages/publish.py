"""Publish: a look at what changes, a note, and the button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.actions.publish_agent import NOTE, publish_agent
from agents.compile import find_problems
from agents.diff import compare_drafts
from agents.engines import engine_menu
from agents.errors import AgentsError
from agents.models import Agent, Draft
from agents.problems import CompileError, Problem
from agents.refusals import field_label
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.PUBLISH_AGENT)
def agent_publish(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """GET: the page, or with `?part=1` only its inside, for the dialog. POST: publish."""
    agent = get_or_404(Agent.objects.select_related("published"), request.actor.workspace, public_id)
    message = ""
    if request.method == "POST":
        try:
            version = publish_agent(
                request.actor, agent, note=request.POST.get("note", ""), revision=_revision(request)
            )
        except CompileError:
            message = _("The draft has problems. Fix them, then publish.")
        except AgentsError as error:
            message = error.message
        else:
            messages.success(request, _("Version %(number)d is live.") % {"number": version.number})
            return redirect("agents:detail", agent.public_id)
    return _page(request, agent, message)


def _page(request: WorkspaceRequest, agent: Agent, message: str) -> HttpResponse:
    draft = Draft.objects.select_related("agent__workspace").get(agent=agent)
    problems = find_problems(draft, menu=engine_menu())
    errors = [problem for problem in problems if problem.severity == "error"]
    context = {
        "agent": agent,
        "draft": draft,
        "changes": compare_drafts(agent.published.draft, draft.content()) if agent.published else [],
        "errors": _labelled(errors),
        "warnings": _labelled([problem for problem in problems if problem.severity == "warning"]),
        "next_number": (agent.versions.values_list("number", flat=True).first() or 0) + 1,
        "note": request.POST.get("note", ""),
        "note_limit": NOTE.max_length,
        "message": message,
        "part": request.GET.get("part") == "1",
    }
    template = "agents/publish_part.html" if context["part"] else "agents/publish.html"
    title = _("Publish %(name)s") % {"name": agent.name}
    return render_page(request, template, context, title=title, status=409 if message else 200)


def _labelled(problems: list[Problem]) -> list[tuple[str, Problem]]:
    return [(field_label(problem.field), problem) for problem in problems]


def _revision(request: WorkspaceRequest) -> int | None:
    """The draft revision that the page showed; None when it sent none."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
