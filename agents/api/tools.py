"""/api/v1/tools/: what agents may do over HTTP. Secrets are named here and never shown."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agents.actions.delete_tool import delete_tool
from agents.actions.save_tool import SavedTool, create_tool, edit_tool
from agents.api.base import BuilderView
from agents.api.serializers import ErrorSerializer
from agents.api.tool_serializers import (
    SavedToolSerializer,
    ToolCreateSerializer,
    ToolSerializer,
    ToolWriteSerializer,
)
from agents.models import Tool
from parley.accounts.scoping import get_or_404

TAGS = ["tools"]


class ToolsView(BuilderView, GenericAPIView[Tool]):
    serializer_class = ToolSerializer

    @extend_schema(
        operation_id="tools_list", tags=TAGS, summary="List tools, by name", responses=ToolSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(Tool.objects.of(self.actor.workspace).order_by("name"))
        return self.get_paginated_response(ToolSerializer(page, many=True).data)

    @extend_schema(
        operation_id="tools_create",
        tags=TAGS,
        summary="Create a tool",
        description="The address is checked now and again at every call: only public hosts are reached, unless the operator allows others.",
        request=ToolCreateSerializer,
        responses={201: SavedToolSerializer, 400: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = ToolCreateSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return _answer(create_tool(self.actor, sent.validated_data), status=201)


class ToolView(BuilderView):
    def _tool(self, public_id: str) -> Tool:
        return get_or_404(Tool, self.actor.workspace, public_id)

    @extend_schema(operation_id="tools_read", tags=TAGS, summary="Read a tool", responses=ToolSerializer)
    def get(self, request: Request, tool_id: str) -> Response:
        return Response(ToolSerializer(self._tool(tool_id)).data)

    @extend_schema(
        operation_id="tools_edit",
        tags=TAGS,
        summary="Change a tool, at once for every agent that uses it",
        request=ToolWriteSerializer,
        responses={200: SavedToolSerializer, 400: ErrorSerializer},
    )
    def patch(self, request: Request, tool_id: str) -> Response:
        tool = self._tool(tool_id)
        sent = ToolWriteSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        return _answer(edit_tool(self.actor, tool, sent.validated_data))

    @extend_schema(
        operation_id="tools_delete",
        tags=TAGS,
        summary="Delete a tool; agents that name it are told that there is none",
        responses={204: OpenApiResponse(description="It is gone.")},
    )
    def delete(self, request: Request, tool_id: str) -> Response:
        delete_tool(self.actor, self._tool(tool_id))
        return Response(status=204)


def _answer(saved: SavedTool, status: int = 200) -> Response:
    notices: list[dict[str, Any]] = [
        {"field": field, "code": code, "message": message} for field, code, message in saved.notices
    ]
    return Response(SavedToolSerializer({"tool": saved.tool, "notices": notices}).data, status=status)
