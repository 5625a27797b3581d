"""An agent as a file, out and in; and what changed between two states of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.actions.import_agent import import_agent
from agents.api.base import BuilderView
from agents.api.serializers import AgentSerializer, ErrorSerializer
from agents.api.versions import find_version
from agents.diff import compare_drafts
from agents.diff_flow import compare_flows
from agents.exchange import read_file, write_file
from agents.flow_field import FLOW
from agents.models import Agent
from agents.models.draft import OLDER
from parley.api import StrictSerializer

TAGS = ["agents"]
STATE = "`draft`, `published` or a version's id."


class ImportSerializer(StrictSerializer):
    file = serializers.DictField(help_text="As it was exported.")


class NodeChangeSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    flow = serializers.CharField(allow_blank=True, help_text="Of a sub-flow; empty for the main one.")
    kind = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    change = serializers.CharField(help_text="added, removed, changed, moved")
    words = serializers.ListField(child=serializers.CharField())


class EdgeChangeSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    flow = serializers.CharField(allow_blank=True)
    change = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField())


class DiffSerializer(serializers.Serializer[Any]):
    changed = serializers.ListField(child=serializers.CharField(), help_text="Fields of the draft but the flow.")
    nodes = NodeChangeSerializer(many=True)
    edges = EdgeChangeSerializer(many=True)
    words = serializers.ListField(child=serializers.CharField(), help_text="All of it, counted.")


class ExportView(BuilderView):
    @extend_schema(
        operation_id="agents_export",
        tags=TAGS,
        summary="Read an agent as a file: without secrets and without ids of this server",
        parameters=[OpenApiParameter("version", OpenApiTypes.STR, description=f"{STATE} Without it: the draft.")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, public_id: str) -> Response:
        agent = self.agent(public_id)
        return Response(write_file(agent.name, said_by(agent, request.query_params.get("version", "draft"))))


class ImportView(BuilderView):
    @extend_schema(
        operation_id="agents_import",
        tags=TAGS,
        summary="Make a new agent of a file",
        request=ImportSerializer,
        responses={201: AgentSerializer, 400: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = ImportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        agent = import_agent(self.actor, read_file(sent.validated_data["file"]))
        return Response(AgentSerializer(self.agent(agent.public_id)).data, status=201)


class DiffView(BuilderView):
    @extend_schema(
        operation_id="agents_diff",
        tags=TAGS,
        summary="Compare two states of an agent, node by node, in words",
        parameters=[
            OpenApiParameter("before", OpenApiTypes.STR, description=f"{STATE} Without it: published."),
            OpenApiParameter("after", OpenApiTypes.STR, description=f"{STATE} Without it: the draft."),
        ],
        responses=DiffSerializer,
    )
    def get(self, request: Request, public_id: str) -> Response:
        agent = self.agent(public_id)
        before = said_by(agent, request.query_params.get("before", "published"))
        after = said_by(agent, request.query_params.get("after", "draft"))
        flow = compare_flows(before.get(FLOW.name, OLDER[FLOW.name]), after.get(FLOW.name, OLDER[FLOW.name]))
        nodes = [
            {
                "id": change.node.id,
                "flow": change.flow,
                "kind": change.node.kind,
                "name": change.node.title,
                "change": change.change,
                "words": change.words,
            }
            for change in flow.nodes
        ]
        edges = [
            {"id": change.edge.id, "flow": change.flow, "change": change.change, "words": change.words}
            for change in flow.edges
        ]
        changed = [change.name for change in compare_drafts(before, after) if change.name != FLOW.name]
        body = {"changed": changed, "nodes": nodes, "edges": edges, "words": flow.words}
        return Response(DiffSerializer(body).data)


def said_by(agent: Agent, key: str) -> dict[str, Any]:
    """What the draft or a version says; of an agent that was never published nothing. 404 for an unknown version."""
    if key == "draft":
        return agent.draft.content()
    if key == "published":
        return agent.published.draft if agent.published is not None else {}
    said: dict[str, Any] = find_version(agent, key).draft
    return said
