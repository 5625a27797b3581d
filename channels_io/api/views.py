"""/api/v1/conversations/ and /api/v1/channels/."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.models import Agent, Version
from channels_io.actions.save_channel import create_channel, delete_channel, edit_channel
from channels_io.api.serializers import (
    ChannelSerializer,
    ChannelWriteSerializer,
    CheckSerializer,
    ConversationPageSerializer,
    RecordSerializer,
)
from channels_io.models import Account, Channel, Conversation, Leg
from channels_io.pages.recording import recording_response
from channels_io.reads.channel_checks import run_all
from channels_io.reads.conversations import Filters, read_page
from channels_io.reads.export import export_record
from channels_io.reads.record import read_record
from parley.accounts.actor import actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.scoping import get_or_404
from parley.api import StrictSerializer


class ListQuery(serializers.Serializer[Any]):
    """What the list can be asked."""

    q = serializers.CharField(required=False, max_length=200, help_text="Words that were said, or a contact's name.")
    agent = serializers.CharField(required=False, max_length=40, help_text="Public id of an agent.")
    channel = serializers.CharField(required=False, max_length=40, help_text="Public id of a channel, or a kind.")
    state = serializers.ChoiceField(required=False, choices=("open", "closed", "human", "failed"))
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    before = serializers.CharField(required=False, max_length=80)
    after = serializers.CharField(required=False, max_length=80)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=25)


class ConversationList(APIView):
    permission_classes = [HasScope("conversations:read")]

    @extend_schema(
        operation_id="conversations_list", parameters=[ListQuery], responses={200: ConversationPageSerializer}
    )
    def get(self, request: Request) -> Response:
        """Newest first, in pages."""
        query = ListQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        filters = Filters(
            text=asked.get("q", ""),
            agent=asked.get("agent", ""),
            channel=asked.get("channel", ""),
            state=asked.get("state", ""),
            since=asked.get("since"),
            until=asked.get("until"),
        )
        page = read_page(
            actor_of(request).workspace,
            filters,
            before=asked.get("before", ""),
            after=asked.get("after", ""),
            size=asked["limit"],
        )
        return Response(
            ConversationPageSerializer({"results": page.rows, "older": page.older, "newer": page.newer}).data
        )


class ConversationDetail(APIView):
    permission_classes = [HasScope("conversations:read")]

    @extend_schema(operation_id="conversations_read", responses={200: RecordSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """Everything about one conversation: the same as the downloaded file."""
        rows = Conversation.objects.select_related("contact", "agent")
        row = get_or_404(rows, actor_of(request).workspace, public_id)
        return Response(export_record(read_record(row)))


class RecordingFile(APIView):
    permission_classes = [HasScope("conversations:read")]

    @extend_schema(
        operation_id="conversations_recording",
        parameters=[OpenApiParameter("Range", OpenApiTypes.STR, OpenApiParameter.HEADER)],
        responses={(200, "audio/wav"): OpenApiTypes.BINARY, (206, "audio/wav"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, public_id: str, leg_id: str) -> HttpResponseBase:
        """The recording of a leg: stereo WAV, caller left, agent right."""
        leg = get_or_404(Leg, actor_of(request).workspace, leg_id, conversation__public_id=public_id)
        return recording_response(request._request, leg)


class ChannelList(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("channels:read" if self.request.method == "GET" else "channels:write")()]

    @extend_schema(operation_id="channels_list", responses={200: ChannelSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """All channels of the workspace, by name."""
        rows = Channel.objects.of(actor_of(request).workspace).select_related("agent", "version", "account")
        return Response(ChannelSerializer(rows, many=True).data)

    @extend_schema(operation_id="channels_create", request=ChannelWriteSerializer, responses={201: ChannelSerializer})
    def post(self, request: Request) -> Response:
        """Add a channel."""
        actor = actor_of(request)
        sent = _read(ChannelWriteSerializer, request)
        agent, version = _runs(request, sent)
        channel = create_channel(
            actor,
            kind=sent["kind"],
            name=sent["name"],
            agent=agent,
            version=version,
            settings=sent["settings"],
            account=_account(request, sent),
            address=sent["address"],
        )
        return Response(ChannelSerializer(channel).data, status=201)


class ChannelDetail(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("channels:read" if self.request.method == "GET" else "channels:write")()]

    def _row(self, request: Request, public_id: str) -> Channel:
        rows = Channel.objects.select_related("agent", "version", "account__workspace", "workspace")
        return get_or_404(rows, actor_of(request).workspace, public_id)

    @extend_schema(operation_id="channels_read", responses={200: ChannelSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """One channel."""
        return Response(ChannelSerializer(self._row(request, public_id)).data)

    @extend_schema(operation_id="channels_write", request=ChannelWriteSerializer, responses={200: ChannelSerializer})
    def put(self, request: Request, public_id: str) -> Response:
        """Change a channel. Its kind stays."""
        channel = self._row(request, public_id)
        sent = _read(ChannelWriteSerializer, request)
        if sent["kind"] != channel.kind:
            raise serializers.ValidationError({"kind": ["A channel's kind cannot be changed. Make a new channel."]})
        agent, version = _runs(request, sent)
        edit_channel(
            actor_of(request),
            channel,
            name=sent["name"],
            agent=agent,
            version=version,
            settings=sent["settings"],
            enabled=sent["enabled"],
            account=_account(request, sent),
            address=sent["address"],
        )
        return Response(ChannelSerializer(channel).data)

    @extend_schema(operation_id="channels_delete", responses={204: OpenApiResponse()})
    def delete(self, request: Request, public_id: str) -> Response:
        """Delete a channel; its conversations stay."""
        delete_channel(actor_of(request), self._row(request, public_id))
        return Response(status=204)


class ChannelChecks(APIView):
    permission_classes = [HasScope("channels:write")]

    @extend_schema(operation_id="channels_checks", request=None, responses={200: CheckSerializer(many=True)})
    def post(self, request: Request, public_id: str) -> Response:
        """Is the channel ready? Asks its carrier, calls our own webhook as the carrier would, looks at the workers."""
        rows = Channel.objects.select_related("agent__published", "version", "account__workspace", "workspace")
        channel = get_or_404(rows, actor_of(request).workspace, public_id)
        results = [
            {
                "name": check.name,
                "label": str(check.label),
                "verdict": found.verdict,
                "text": found.text,
                "advice": found.advice,
            }
            for check, found in run_all(channel)
        ]
        return Response(CheckSerializer(results, many=True).data)


def _read(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    read = serializer(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


def _runs(request: Request, sent: dict[str, Any]) -> tuple[Agent, Version | None]:
    """The agent and version that were named, of this workspace only."""
    workspace = actor_of(request).workspace
    agent = Agent.objects.of(workspace).filter(public_id=sent["agent"]).first()
    if agent is None:
        raise serializers.ValidationError({"agent": ["There is no such agent."]})
    if not sent["version"]:
        return agent, None
    version = Version.objects.of(workspace).filter(public_id=sent["version"]).first()
    if version is None:
        raise serializers.ValidationError({"version": ["There is no such version."]})
    return agent, version


def _account(request: Request, sent: dict[str, Any]) -> Account | None:
    """The account that was named, of this workspace only."""
    if not sent["account"]:
        return None
    account = Account.objects.of(actor_of(request).workspace).filter(public_id=sent["account"]).first()
    if account is None:
        raise serializers.ValidationError({"account": ["There is no such account."]})
    return account
