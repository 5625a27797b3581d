"""/api/v1/conversations/<id>/analysis/: what a conversation came to."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_io.actions.analyse_again import analyse_again
from channels_io.after.report import analysis_json
from channels_io.api.analysis_serializers import AnalysisSerializer
from channels_io.models import Analysis, Conversation
from parley.accounts.actor import actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.scoping import get_or_404


class ConversationAnalysis(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("conversations:read" if self.request.method == "GET" else "conversations:write")()]

    @extend_schema(operation_id="conversations_analysis", responses={200: AnalysisSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """Summary, outcome, fields, what was left open, cost. 404 until it has been due once."""
        row = _conversation(request, public_id)
        analysis = Analysis.objects.filter(conversation=row).first()
        if analysis is None:
            raise NotFound
        analysis.conversation = row
        return Response(AnalysisSerializer(analysis_json(analysis)).data)

    @extend_schema(operation_id="conversations_analyse", request=None, responses={202: OpenApiResponse()})
    def post(self, request: Request, public_id: str) -> Response:
        """Look at it again."""
        analyse_again(actor_of(request), _conversation(request, public_id))
        return Response(status=202)


def _conversation(request: Request, public_id: str) -> Conversation:
    rows = Conversation.objects.select_related("workspace", "agent", "contact")
    return get_or_404(rows, actor_of(request).workspace, public_id)
