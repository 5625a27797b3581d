"""/api/v1/agents/: list, create, read, rename, duplicate, archive, bring back."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.actions.archive_agent import archive_agent
from agents.actions.create_agent import create_agent
from agents.actions.duplicate_agent import duplicate_agent
from agents.actions.rename_agent import rename_agent
from agents.actions.unarchive_agent import unarchive_agent
from agents.api.base import BuilderView
from agents.api.serializers import (
    AgentSerializer,
    CreateAgentSerializer,
    DuplicateAgentSerializer,
    ErrorSerializer,
    RenameAgentSerializer,
)
from agents.models import Agent

TAGS = ["agents"]


class AgentsView(BuilderView, GenericAPIView[Agent]):
    serializer_class = AgentSerializer

    @extend_schema(
        operation_id="agents_list",
        tags=TAGS,
        summary="List agents",
        parameters=[
            OpenApiParameter(
                "archived", OpenApiTypes.BOOL, description="Only archived ones; without it, only active ones."
            )
        ],
        responses=AgentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        archived = request.query_params.get("archived", "").lower() in ("1", "true")
        page = self.paginate_queryset(self.agents().filter(archived_at__isnull=not archived).order_by("pk"))
        return self.get_paginated_response(AgentSerializer(page, many=True).data)

    @extend_schema(
        operation_id="agents_create",
        tags=TAGS,
        summary="Create an agent",
        request=CreateAgentSerializer,
        responses={201: AgentSerializer, 400: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = CreateAgentSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        agent = create_agent(self.actor, sent.validated_data["name"], starter=sent.validated_data["starter"])
        return Response(AgentSerializer(self.agent(agent.public_id)).data, status=201)


class AgentView(BuilderView):
    @extend_schema(operation_id="agents_read", tags=TAGS, summary="Read an agent", responses=AgentSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(AgentSerializer(self.agent(public_id)).data)

    @extend_schema(
        operation_id="agents_rename",
        tags=TAGS,
        summary="Rename an agent",
        request=RenameAgentSerializer,
        responses={200: AgentSerializer, 400: ErrorSerializer, 409: ErrorSerializer},
    )
    def patch(self, request: Request, public_id: str) -> Response:
        sent = RenameAgentSerializer(data=request.data)
        agent = self.agent(public_id)
        sent.is_valid(raise_exception=True)
        rename_agent(self.actor, agent, sent.validated_data["name"])
        return Response(AgentSerializer(self.agent(public_id)).data)


class DuplicateView(BuilderView):
    @extend_schema(
        operation_id="agents_duplicate",
        tags=TAGS,
        summary="Copy an agent's draft into a new agent",
        request=DuplicateAgentSerializer,
        responses={201: AgentSerializer, 400: ErrorSerializer},
    )
    def post(self, request: Request, public_id: str) -> Response:
        agent = self.agent(public_id)
        sent = DuplicateAgentSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        copy = duplicate_agent(self.actor, agent, name=sent.validated_data["name"])
        return Response(AgentSerializer(self.agent(copy.public_id)).data, status=201)


class ArchiveView(BuilderView):
    @extend_schema(
        operation_id="agents_archive",
        tags=TAGS,
        summary="Take an agent out of service; nothing is deleted",
        request=None,
        responses=AgentSerializer,
    )
    def post(self, request: Request, public_id: str) -> Response:
        archive_agent(self.actor, self.agent(public_id))
        return Response(AgentSerializer(self.agent(public_id)).data)


class UnarchiveView(BuilderView):
    @extend_schema(
        operation_id="agents_unarchive",
        tags=TAGS,
        summary="Bring an archived agent back",
        request=None,
        responses=AgentSerializer,
    )
    def post(self, request: Request, public_id: str) -> Response:
        unarchive_agent(self.actor, self.agent(public_id))
        return Response(AgentSerializer(self.agent(public_id)).data)
