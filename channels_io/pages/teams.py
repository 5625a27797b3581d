"""Teams: who takes conversations over, when, and what happens when nobody does."""

from __future__ import annotations

from collections import Counter
from typing import Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_io.actions.save_team import delete_team, save_team
from channels_io.models import Handoff, Team
from channels_io.pages.form_errors import show_refusal
from channels_io.pages.team_form import TeamForm
from channels_io.reads.teams import is_open, people_free
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

PLACES: Final = {"hours": "open", "members": "name"}
"""Problems that are shown at another field."""


@require_safe
@workspace_page(Permission.VIEW)
def teams(request: WorkspaceRequest) -> HttpResponse:
    rows = Team.objects.of(request.actor.workspace).annotate(people=Count("memberships")).order_by("name", "pk")
    waiting = Handoff.objects.of(request.actor.workspace).filter(state=Handoff.State.WAITING)
    waits = Counter(waiting.values_list("team", flat=True))
    context = {
        "teams": [
            {"team": row, "open": is_open(row), "free": len(people_free(row)), "waits": waits[row.pk]} for row in rows
        ],
        "may_manage": request.actor.may(Permission.MANAGE_WORKSPACE),
        "lead": _("Agents hand conversations over to a team. Whoever is there takes them."),
    }
    return render_page(request, "channels_io/teams/list.html", context, title=_("Teams"))


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Permission.MANAGE_WORKSPACE)
def team_new(request: WorkspaceRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Permission.MANAGE_WORKSPACE)
def team(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    return _form(request, get_or_404(Team, request.actor.workspace, public_id))


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def team_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Team, request.actor.workspace, public_id)
    delete_team(request.actor, row)
    messages.success(request, _("%(team)s is deleted.") % {"team": row.name})
    return redirect("channels_io:teams")


def _form(request: WorkspaceRequest, row: Team | None) -> HttpResponse:
    form = TeamForm(request.actor.workspace, row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_team(request.actor, form.values(), row)
        except ValidationError as error:
            show_refusal(form, error, PLACES)
        else:
            messages.success(request, _("%(team)s is saved.") % {"team": saved.name})
            return redirect("channels_io:teams")
    title = row.name if row is not None else _("New team")
    status = 400 if form.errors else 200
    context = {"form": form, "team": row}
    return render_page(request, "channels_io/teams/edit.html", context, title=title, status=status)
