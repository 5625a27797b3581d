"""Sets `request.membership` and `request.workspace`: the one workspace in which this request reads and writes."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from parley.accounts.models import Membership
from parley.accounts.requests import extended

SESSION_KEY = "workspace"


def find_workspace(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The workspace chosen last in this session; else the first the person belongs to; else None.

    The membership is read on every request, so a person who is removed is out at once.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        membership = choose_membership(request)
        extended(request).membership = membership
        extended(request).workspace = membership.workspace if membership else None
        return get_response(request)

    return middleware


def choose_membership(request: HttpRequest) -> Membership | None:
    if not request.user.is_authenticated:
        return None
    memberships = list(
        Membership.objects.filter(user=request.user).select_related("workspace", "user").order_by("created_at", "pk")
    )
    chosen = request.session.get(SESSION_KEY)
    for membership in memberships:
        if membership.workspace.public_id == chosen:
            return membership
    return memberships[0] if memberships else None
