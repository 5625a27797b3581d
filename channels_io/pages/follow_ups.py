"""What has to be done after conversations, for the whole team."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_io.actions.add_follow_up import assign_follow_up
from channels_io.actions.finish_follow_up import finish_follow_up
from channels_io.models import FollowUp
from channels_io.reads.follow_ups import SHOWN, follow_ups
from parley.accounts.models import User
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

A_PAGE = 50


@require_safe
@workspace_page(Permission.VIEW)
def follow_up_list(request: WorkspaceRequest) -> HttpResponse:
    shown = request.GET.get("show", "open")
    shown = shown if shown in SHOWN else "open"
    page = Paginator(follow_ups(request.actor, shown), A_PAGE).get_page(request.GET.get("page", "1"))
    labels = {"open": _("Open"), "mine": _("Mine"), "done": _("Done")}
    context = {
        "page": page,
        "shown": shown,
        "tabs": [
            (key, labels[key], None if key == "done" else follow_ups(request.actor, key).count()) for key in SHOWN
        ],
        "people": User.objects.filter(memberships__workspace=request.actor.workspace).order_by("name", "email"),
        "today": timezone.localdate(),
        "may_operate": request.actor.may(Permission.OPERATE),
    }
    return render_page(request, "channels_io/follow_ups.html", context, title=_("Follow-ups"))


@require_POST
@workspace_page(Permission.OPERATE)
def follow_up_done(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """`done`: yes or no."""
    row = get_or_404(FollowUp, request.actor.workspace, public_id)
    finish_follow_up(request.actor, row, done=request.POST.get("done") != "no")
    return redirect(_back(request))


@require_POST
@workspace_page(Permission.OPERATE)
def follow_up_assign(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(FollowUp, request.actor.workspace, public_id)
    wanted = request.POST.get("assignee", "").replace("\0", "")
    people = User.objects.filter(memberships__workspace=request.actor.workspace)
    person = people.filter(public_id=wanted).first() if wanted else None
    if wanted and person is None:
        messages.error(request, _("This person is not in the workspace."))
        return redirect(_back(request))
    try:
        assign_follow_up(request.actor, row, person)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(_back(request))


def _back(request: WorkspaceRequest) -> str:
    """Where the form stood, of this site only."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return reverse("channels_io:follow-ups")
