"""/api/v1/agents/<id>/versions/: list, read, restore into the draft."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.actions.restore_version import restore_version
from agents.api.base import BuilderView
from agents.api.serializers import DraftSerializer, ErrorSerializer, VersionRowSerializer, VersionSerializer
from agents.compile import find_problems
from agents.engines import engine_menu
from agents.models import Agent, Version
from agents.surroundings import surroundings_of
from parley.accounts.scoping import get_or_404

TAGS = ["agents"]


def find_version(agent: Agent, version_id: str) -> Version:
    """The agent's version; 404 otherwise."""
    return get_or_404(Version.objects.select_related("created_by"), agent.workspace, version_id, agent=agent)


class VersionsView(BuilderView, GenericAPIView[Version]):
    serializer_class = VersionRowSerializer

    @extend_schema(
        operation_id="versions_list",
        tags=TAGS,
        summary="List an agent's versions, newest first",
        responses=VersionRowSerializer(many=True),
    )
    def get(self, request: Request, public_id: str) -> Response:
        versions = self.agent(public_id).versions.select_related("created_by").order_by("-number")
        page = self.paginate_queryset(versions)
        return self.get_paginated_response(VersionRowSerializer(page, many=True).data)


class VersionView(BuilderView):
    @extend_schema(operation_id="versions_read", tags=TAGS, summary="Read a version", responses=VersionSerializer)
    def get(self, request: Request, public_id: str, version_id: str) -> Response:
        return Response(VersionSerializer(find_version(self.agent(public_id), version_id)).data)


class RestoreView(BuilderView):
    @extend_schema(
        operation_id="versions_restore",
        tags=TAGS,
        summary="Put what a version said into the draft",
        request=None,
        responses={200: DraftSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request, public_id: str, version_id: str) -> Response:
        agent = self.agent(public_id)
        draft = restore_version(self.actor, agent, find_version(agent, version_id))
        problems = find_problems(draft, around=surroundings_of(draft.agent.workspace, engine_menu()))
        return Response(DraftSerializer(draft, context={"problems": problems}).data)
