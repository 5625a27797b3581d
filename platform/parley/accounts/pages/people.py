from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from parley.accounts.actions import add_member, change_role, remove_member
from parley.accounts.errors import AccountsError
from parley.accounts.forms import MemberForm, RoleForm
from parley.accounts.models import Membership, Role
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

ROLE_HELP = [
    (Role.OWNER, gettext_lazy("Everything, and people, roles and keys.")),
    (Role.BUILDER, gettext_lazy("Builds and publishes agents, sets up channels.")),
    (Role.OPERATOR, gettext_lazy("Works in conversations, talks to agents, exports.")),
    (Role.VIEWER, gettext_lazy("Reads.")),
]


@require_GET
@workspace_page(Permission.VIEW)
def people(request: WorkspaceRequest) -> HttpResponse:
    return _list(request, MemberForm())


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
@sensitive_variables("password")
def person_add(request: WorkspaceRequest) -> HttpResponse:
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=400)
    try:
        membership, password = add_member(
            request.actor,
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            role=Role(form.cleaned_data["role"]),
        )
    except AccountsError as error:
        form.add_error(None, error.message)
        return _list(request, form, status=409)
    if password is None:
        messages.success(request, _("%(person)s is in.") % {"person": membership.user})
        return redirect("accounts:people")
    # Shown in this answer only: not in a redirect's message, which would be kept in the session.
    return _list(request, MemberForm(), added=membership, password=password)


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def person_role(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    membership = get_or_404(Membership, request.actor.workspace, public_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            change_role(request.actor, membership, Role(form.cleaned_data["role"]))
            messages.success(request, _("The role of %(person)s is changed.") % {"person": membership.user})
        except AccountsError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, _("There is no such role."))
    return redirect("accounts:people")


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def person_remove(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    membership = get_or_404(Membership, request.actor.workspace, public_id)
    person, oneself = membership.user, membership.user == request.actor.user
    try:
        with transaction.atomic():
            remove_member(request.actor, membership)
        messages.success(request, _("%(person)s is out of the workspace.") % {"person": person})
    except AccountsError as error:
        messages.error(request, error.message)
        return redirect("accounts:people")
    return redirect("accounts:profile" if oneself else "accounts:people")


def _list(
    request: WorkspaceRequest,
    form: MemberForm,
    *,
    status: int = 200,
    added: Membership | None = None,
    password: str | None = None,
) -> HttpResponse:
    memberships = (
        Membership.objects.filter(workspace=request.workspace).select_related("user").order_by("user__name", "pk")
    )
    context = {
        "memberships": memberships,
        "roles": Role.choices,
        "role_help": [(role.label, help_text) for role, help_text in ROLE_HELP],
        "form": form,
        "may_manage": request.membership is not None and request.membership.may(Permission.MANAGE_WORKSPACE),
        "added": added,
        "password": password,
    }
    return render_page(request, "accounts/people.html", context, title=_("People"), status=status)
