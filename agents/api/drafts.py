"""/api/v1/agents/<id>/draft/: read, edit, undo; publish."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.api.base import BuilderView
from agents.api.serializers import (
    DraftSerializer,
    EditDraftSerializer,
    ErrorSerializer,
    PublishSerializer,
    VersionSerializer,
)
from agents.compile import find_problems
from agents.engines import engine_menu
from agents.models import Agent, Draft
from agents.surroundings import surroundings_of

TAGS = ["agents"]


class DraftView(BuilderView):
    @extend_schema(operation_id="drafts_read", tags=TAGS, summary="Read the draft", responses=DraftSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return self._answer(self.agent(public_id))

    @extend_schema(
        operation_id="drafts_edit",
        tags=TAGS,
        summary="Change fields of the draft",
        description=(
            "Fields that others changed since `revision` are kept when you do not send them. When you do, the answer is "
            "409 draft_stale and nothing is saved. A draft may be saved with problems; it cannot be published with errors."
        ),
        request=EditDraftSerializer,
        responses={200: DraftSerializer, 400: ErrorSerializer, 409: ErrorSerializer},
    )
    def patch(self, request: Request, public_id: str) -> Response:
        agent = self.agent(public_id)
        sent = EditDraftSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        changes = {name: value for name, value in sent.validated_data.items() if name != "revision"}
        for name in {"pronunciations", "languages"} & changes.keys():
            changes[name] = [dict(row) for row in changes[name]]
        edit_draft(self.actor, agent, changes, revision=sent.validated_data["revision"])
        return self._answer(agent)

    def _answer(self, agent: Agent) -> Response:
        draft = Draft.objects.select_related("agent__workspace").get(agent=agent)
        problems = find_problems(draft, around=surroundings_of(draft.agent.workspace, engine_menu()))
        return Response(DraftSerializer(draft, context={"problems": problems}).data)


class PublishView(BuilderView):
    @extend_schema(
        operation_id="agents_publish",
        tags=TAGS,
        summary="Publish the draft as the next version",
        request=PublishSerializer,
        responses={201: VersionSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request, public_id: str) -> Response:
        agent = self.agent(public_id)
        sent = PublishSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        version = publish_agent(
            self.actor, agent, note=sent.validated_data["note"], revision=sent.validated_data["revision"]
        )
        return Response(VersionSerializer(version).data, status=201)
