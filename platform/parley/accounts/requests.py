"""What the middleware and the page guard add to a request, said once for the type checker."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from parley.accounts.actor import Actor
from parley.accounts.models import Membership, Workspace


class WorkspaceRequest(HttpRequest):
    """A request behind `find_workspace` (membership, workspace) and `workspace_page` (actor). Never made: cast to."""

    membership: Membership | None
    workspace: Workspace | None
    actor: Actor


def extended(request: HttpRequest) -> WorkspaceRequest:
    """The same request, with the attributes known."""
    return cast(WorkspaceRequest, request)
