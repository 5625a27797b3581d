"""Publish: a look at what changes, a note, and the button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.actions.publish_agent import NOTE, publish_agent
from agents.compile import find_problems
from agents.diff import compare_drafts
from agents.engines import engine_menu
from agents.errors import AgentsError
from agents.graph import read_flow
from agents.models import Agent, Draft
from agents.problems import CompileError, Problem
from agents.refusals import labelled
from agents.schema import DRAFT_FIELDS
from agents.surroundings import surroundings_of
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
    problems = find_problems(draft, around=surroundings_of(draft.agent.workspace, engine_menu()))
    errors = [problem for problem in problems if problem.severity == "error"]
    context = {
        "agent": agent,
        "draft": draft,
        "changes": compare_drafts(agent.published.draft, draft.content()) if agent.published else [],
        "errors": _labelled(agent, draft, errors),
        "warnings": _labelled(agent, draft, [problem for problem in problems if problem.severity == "warning"]),
        "next_number": (agent.versions.values_list("number", flat=True).first() or 0) + 1,
        "note": request.POST.get("note", ""),
        "note_limit": NOTE.max_length,
        "message": message,
        "part": request.GET.get("part") == "1",
    }
    template = "agents/publish_part.html" if context["part"] else "agents/publish.html"
    title = _("Publish %(name)s as version %(number)d") % {"name": agent.name, "number": context["next_number"]}
    return render_page(request, template, context, title=title, status=409 if message else 200)


def _labelled(agent: Agent, draft: Draft, problems: list[Problem]) -> list[dict[str, str]]:
    """Each with what it is about and the address where it is fixed: the form, or the canvas."""
    form, canvas = (reverse(f"agents:{name}", args=[agent.public_id]) for name in ("detail", "builder"))
    found = labelled(problems, read_flow(draft.flow))
    for problem in found:
        in_form = not draft.flow or problem["field"] in DRAFT_FIELDS and not problem["node"]
        problem["url"] = f"{form}#field-{problem['field']}" if in_form else f"{canvas}#{problem['node']}"
        if not in_form:
            problem["label"] = ": ".join(part for part in (problem["title"], problem["label"]) if part)
    return found


def _revision(request: WorkspaceRequest) -> int | None:
    """The draft revision that the page showed; None when it sent none."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
