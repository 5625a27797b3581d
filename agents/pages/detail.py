"""The agent page: a form that saves itself, with the draft's problems beside it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agents.engines import engine_menu
from agents.models import Agent, Draft
from agents.pages.form import bind_form
from agents.pages.state import editor_state
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


@require_GET
@workspace_page(Permission.VIEW)
def agent_detail(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    agent = get_or_404(Agent.objects.select_related("published"), request.actor.workspace, public_id)
    draft = Draft.objects.select_related("agent__published", "agent__workspace").get(agent=agent)
    menu = engine_menu()
    state = editor_state(draft, menu)
    editable = request.actor.may(Permission.EDIT_AGENT) and not agent.is_archived
    context = {
        "agent": agent,
        "draft": draft,
        "sections": bind_form(draft, menu),
        "state": state,
        "problem_fields": {problem["field"] for problem in state["problems"]},
        "editable": editable,
        "menu_live": menu.live,
        "may_edit": request.actor.may(Permission.EDIT_AGENT),
        "may_publish": request.actor.may(Permission.PUBLISH_AGENT) and not agent.is_archived,
        "may_archive": request.actor.may(Permission.PUBLISH_AGENT),
        "may_talk": request.actor.may(Permission.TALK) and not agent.is_archived,
        "config": editor_config(agent, draft, state, editable=editable),
        "tab": "edit",
    }
    return render_page(request, "agents/detail.html", context, title=agent.name)


def editor_config(agent: Agent, draft: Draft, state: dict[str, Any], *, editable: bool) -> dict[str, Any]:
    """What the page's module needs to know: addresses, values, words."""
    return {
        "editable": editable,
        "saveUrl": reverse("agents:draft", args=[agent.public_id]),
        "undoUrl": reverse("agents:undo", args=[agent.public_id]),
        "previewUrl": reverse("agents:preview", args=[agent.public_id]),
        "publishUrl": reverse("agents:publish", args=[agent.public_id]),
        "content": {"name": agent.name, **draft.content()},
        "state": state,
        "words": {
            "saved": _("All changes saved"),
            "saving": _("Saving…"),
            "unsaved": _("Not saved yet"),
            "offline": _("Not saved: the server does not answer. Trying again."),
            "signedOut": _("Not saved: you are signed out. Sign in in another tab; your text stays here."),
            "refused": _("Not saved:"),
            "leave": _("Some changes are not saved yet."),
            "noProblems": _("Nothing to fix. This draft can be published."),
            "undone": _("Undone:"),
            "redo": _("Redo"),
            "keepMine": _("Keep mine"),
            "takeTheirs": _("Take theirs"),
            "mine": _("Yours"),
            "theirs": _("Theirs"),
            "conflict": _("was changed by somebody else while you were editing. Both texts are kept: choose one."),
            "remove": _("Remove"),
            "characters": _("characters"),
            "tokens": _("tokens"),
            "of": _("of"),
            "nothingToHear": _("Write something first."),
            "noVoice": _("No worker answers, so nothing can be played. Start one with make run."),
            "on": _("on"),
            "off": _("off"),
        },
    }
