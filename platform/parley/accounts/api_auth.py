"""Who calls the API: a key ("Authorization: Bearer pk_...") or a signed-in member's session. One entry, no other header."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from parley.accounts.actor import actor_of
from parley.accounts.models import ApiKey
from parley.accounts.requests import extended
from parley.accounts.roles import SCOPE_PERMISSIONS

if TYPE_CHECKING:
    from rest_framework.views import APIView

LAST_USED_STEP = timedelta(minutes=1)
"""How exactly `last_used_at` is kept: not every request writes a row."""


class ApiKeyAuthentication(BaseAuthentication):
    """Bearer authentication with an API key; sets `request.auth` to the key and `request.workspace` to its workspace."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        words = get_authorization_header(request).split()
        if not words:
            return None
        if len(words) != 2 or words[0].lower() != b"bearer":
            raise AuthenticationFailed(_("Write the key as: Authorization: Bearer pk_..."), code="key_malformed")
        key = ApiKey.find(words[1].decode("latin-1"))
        if key is None:
            raise AuthenticationFailed(_("This API key is unknown, expired or revoked."), code="key_invalid")
        now = timezone.now()
        if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        inner = extended(request._request)
        inner.membership, inner.workspace = None, key.workspace
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "parley.accounts.api_auth.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key of the workspace: pk_..."}


class DenyByDefault(BasePermission):
    """A view that names no scope serves nobody."""

    message = _("This address names no permission, so it serves nobody.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False


class ScopePermission(BasePermission):
    """Allows a key that carries the scope, and a member whose role allows all that the scope does."""

    scope = ""

    @property
    def message(self) -> str:
        return _("This needs the scope %(scope)s.") % {"scope": self.scope}

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, ApiKey):
            return self.scope in request.auth.scopes
        if getattr(request, "membership", None) is None:
            return False
        return SCOPE_PERMISSIONS[self.scope] <= actor_of(request).permissions


def HasScope(scope: str) -> type[BasePermission]:  # noqa: N802 -- used like a class: permission_classes = [HasScope("agents:read")]
    """The permission class for one scope of `parley.accounts.roles.SCOPE_PERMISSIONS`."""
    if scope not in SCOPE_PERMISSIONS:
        raise ValueError(f"unknown scope {scope!r}")
    return type("HasScope", (ScopePermission,), {"scope": scope})
