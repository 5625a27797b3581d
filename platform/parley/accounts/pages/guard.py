"""The one door of every page of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from parley.accounts.actor import actor_of
from parley.accounts.permissions import Permission, require
from parley.accounts.requests import WorkspaceRequest, extended

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer", bound=HttpResponseBase)

__all__ = ["WorkspaceRequest", "workspace_page"]


def workspace_page(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Any, Parameters], Answer]], Callable[Concatenate[HttpRequest, Parameters], Any]]:
    """Signed in, member of a workspace, allowed by role; then `request.actor` is set. Else login page or 403."""

    def decorate(
        view: Callable[Concatenate[Any, Parameters], Answer],
    ) -> Callable[Concatenate[HttpRequest, Parameters], Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
            actor = actor_of(request)
            require(actor, permission)
            extended(request).actor = actor
            return view(request, *args, **kwargs)

        # What the tests' matrix of roles and pages reads.
        guarded.permission = permission  # type: ignore[attr-defined]
        return cast(Callable[Concatenate[HttpRequest, Parameters], Any], login_required(guarded))

    return decorate
