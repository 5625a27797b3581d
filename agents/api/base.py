"""What the builder's API views share: the scope of each method, and refused writes as answers."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.errors import AgentsError, ToolRefused
from agents.models import Agent
from agents.problems import CompileError, Problem
from agents.refusals import describe_refusal
from parley.accounts.actor import Actor, actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.scoping import get_or_404

READ = "agents:read"
WRITE = "agents:write"


class BuilderView(APIView):
    """`scopes` maps a method to its scope; reading needs agents:read, anything else agents:write."""

    scopes: ClassVar[dict[str, str]] = {}

    request: Request

    def get_permissions(self) -> list[BasePermission]:
        method = self.request.method or ""
        default = READ if method in ("GET", "HEAD", "OPTIONS") else WRITE
        return [HasScope(self.scopes.get(method, default))()]

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def agents(self) -> QuerySet[Agent]:
        found: QuerySet[Agent] = Agent.objects.of(self.actor.workspace).select_related("published", "draft")
        return found

    def agent(self, public_id: str) -> Agent:
        """The agent of this workspace; 404 otherwise."""
        return get_or_404(self.agents(), self.actor.workspace, public_id)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ToolRefused):
            problems = [Problem("", *finding).as_dict() for finding in exc.findings]
            body = {"code": exc.code, "message": exc.message, "problems": problems}
            return Response({"error": body}, status=status.HTTP_400_BAD_REQUEST)
        if isinstance(exc, AgentsError | CompileError):
            code, body = describe_refusal(exc)
            return Response({"error": body}, status=code)
        return super().handle_exception(exc)
