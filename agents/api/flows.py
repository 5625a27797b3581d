"""/api/v1/agents/<id>/flow/: the graph of the draft. Kinds of nodes and templates: what a flow is made of."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.actions.edit_draft import edit_draft
from agents.api.base import BuilderView
from agents.api.flow_serializers import (
    FlowDraftSerializer,
    NodeKindSerializer,
    TemplateSerializer,
    WriteFlowSerializer,
)
from agents.api.serializers import ErrorSerializer
from agents.compile import find_problems
from agents.engines import engine_menu
from agents.graph import plain_flow
from agents.models import Agent, Draft
from agents.nodes.registry import node_kinds
from agents.starters import TEMPLATES
from agents.surroundings import surroundings_of

TAGS = ["flows"]


class FlowView(BuilderView):
    @extend_schema(
        operation_id="flows_read",
        tags=TAGS,
        summary="Read the flow of the draft",
        description="A plain agent, which only has instructions, is shown as the flow it stands for (`plain` is true).",
        responses=FlowDraftSerializer,
    )
    def get(self, request: Request, public_id: str) -> Response:
        return self._answer(self.agent(public_id))

    @extend_schema(
        operation_id="flows_write",
        tags=TAGS,
        summary="Replace the flow of the draft",
        description=(
            "The whole flow, as docs/builder-data.md describes it. It may be saved with problems; it cannot be published with "
            "errors. 409 draft_stale: somebody else changed it since `revision`, and nothing was saved."
        ),
        request=WriteFlowSerializer,
        responses={200: FlowDraftSerializer, 400: ErrorSerializer, 409: ErrorSerializer},
    )
    def put(self, request: Request, public_id: str) -> Response:
        agent = self.agent(public_id)
        sent = WriteFlowSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        edit_draft(self.actor, agent, {"flow": sent.validated_data["flow"]}, revision=sent.validated_data["revision"])
        return self._answer(agent)

    def _answer(self, agent: Agent) -> Response:
        draft = Draft.objects.select_related("agent__workspace").get(agent=agent)
        return Response(FlowDraftSerializer(described(draft)).data)


def described(draft: Draft) -> dict[str, Any]:
    problems = find_problems(draft, around=surroundings_of(draft.agent.workspace, engine_menu()))
    return {
        "revision": draft.revision,
        "plain": not draft.flow,
        "flow": draft.flow or plain_flow(),
        "problems": [problem.as_dict() for problem in problems],
        "can_publish": not any(problem.severity == "error" for problem in problems),
    }


class NodeKindsView(BuilderView):
    @extend_schema(
        operation_id="node_kinds_list",
        tags=TAGS,
        summary="List the kinds of nodes, with their fields, ports and JSON schema",
        responses=NodeKindSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(NodeKindSerializer([kind.describe() for kind in node_kinds()], many=True).data)


class TemplatesView(BuilderView):
    @extend_schema(
        operation_id="templates_list",
        tags=TAGS,
        summary="List the templates: whole flows to begin with",
        description="Create an agent from one with `starter`.",
        responses=TemplateSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(TemplateSerializer(TEMPLATES, many=True).data)
