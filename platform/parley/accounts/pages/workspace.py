from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parley.accounts.actions import edit_workspace
from parley.accounts.forms import WorkspaceForm
from parley.accounts.middleware import SESSION_KEY
from parley.accounts.models import Membership
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_WORKSPACE)
def workspace(request: WorkspaceRequest) -> HttpResponse:
    form = WorkspaceForm(request.POST or None, instance=request.actor.workspace)
    if request.method == "POST" and form.is_valid():
        edit_workspace(request.actor, name=form.cleaned_data["name"], timezone=form.cleaned_data["timezone"])
        messages.success(request, _("The workspace is saved."))
        return redirect("accounts:workspace")
    return render_page(request, "accounts/workspace.html", {"form": form}, title=_("Workspace"))


@require_POST
@login_required
def switch(request: HttpRequest) -> HttpResponse:
    """Go over to another workspace of one's own. A workspace of others is missing."""
    chosen = request.POST.get("workspace", "").replace("\0", "")
    if not Membership.objects.filter(user=request.user, workspace__public_id=chosen).exists():  # type: ignore[misc]
        raise Http404
    request.session[SESSION_KEY] = chosen
    return redirect("channels_io:home")
