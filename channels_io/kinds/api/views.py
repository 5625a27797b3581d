"""POST /api/v1/conversations/ and POST /api/v1/conversations/<id>/messages/."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.models import Agent
from channels_io.api.views import ConversationList
from channels_io.kinds.api.inbox import Entrance, MessageInProgress, open_conversation, take_message
from channels_io.live.exchange import Reply, exchange, whole_exchange
from channels_io.live.live_legs import RESTARTING
from channels_io.live.messages import ReplyText
from channels_io.live.opening import NothingToOpen, OpenedLeg
from channels_io.models import Channel, Conversation
from channels_io.sanitize import clean_text
from inference.errors import ParleyError
from inference.events import MAX_TEXT_CHARS
from parley.accounts.actor import actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.models import Workspace
from parley.accounts.scoping import get_or_404
from parley.api import StrictSerializer
from parley.lib.draining import is_draining

STREAM = "text/event-stream"
HANDED = 202
"""Taken, and a person answers."""


class Busy(APIException):
    status_code = 409
    default_code = "message_in_progress"
    default_detail = "A message of this conversation is being answered. Ask again in a second."


class MessageSerializer(StrictSerializer):
    text = serializers.CharField(max_length=MAX_TEXT_CHARS)
    id = serializers.CharField(
        max_length=64, required=False, help_text="Yours. Sent again with the same id, a message is answered once."
    )

    def validate_text(self, text: str) -> str:
        cleaned = clean_text(text, MAX_TEXT_CHARS).strip()
        if not cleaned:
            raise serializers.ValidationError("There is no text in this message.", code="blank")
        return cleaned

    def validate_id(self, message_id: str) -> str:
        return clean_text(message_id, 64)


class OpeningSerializer(MessageSerializer):
    agent = serializers.CharField(max_length=40, required=False, help_text="Public id or slug of an agent.")
    channel = serializers.CharField(
        max_length=40, required=False, help_text="Public id of a channel: instead of agent."
    )
    contact = serializers.CharField(
        max_length=200, required=False, help_text="Your name for the person, always the same for the same person."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("agent")) == bool(attrs.get("channel")):
            raise serializers.ValidationError({"agent": ["Name an agent or a channel, not both."]})
        return attrs


class ReplySerializer(serializers.Serializer[Any]):
    conversation = serializers.CharField()
    id = serializers.CharField(help_text="Of the message that is answered.")
    turn = serializers.IntegerField()
    text = serializers.CharField(help_text="The agent's answer.")
    ended = serializers.CharField(allow_blank=True, help_text="Not empty: the agent ended the conversation.")
    owner = serializers.ChoiceField(
        choices=["ai", "human"],
        help_text="human (status 202): a person has the conversation. There is no text: their answer is in the record.",
    )


class EventStreamRenderer(BaseRenderer):
    """Lets `Accept: text/event-stream` through; what is rendered here is an error before the stream."""

    media_type = STREAM
    format = "sse"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return _event("failed", data["error"] if isinstance(data, dict) and "error" in data else data).encode()


class StreamedEventSerializer(serializers.Serializer[Any]):
    event = serializers.ChoiceField(choices=["reply_text", "done", "failed"])
    data = serializers.CharField(  # type: ignore[assignment]  # a field's own name here
        help_text="JSON: of `reply_text` turn and text, of `done` the whole reply, of `failed` code and message."
    )


def _answers(status: int) -> dict[tuple[int, str], type[serializers.Serializer[Any]]]:
    answers: tuple[tuple[str, type[serializers.Serializer[Any]]], ...] = (
        ("application/json", ReplySerializer),
        (STREAM, StreamedEventSerializer),
    )
    return {(code, media): serializer for code in (status, HANDED) for media, serializer in answers}


class Conversations(ConversationList):
    """The list, and the way to begin one."""

    def get_renderers(self) -> list[BaseRenderer]:
        """A list is no stream: only an answer comes word by word."""
        return [JSONRenderer(), EventStreamRenderer()] if self.request.method == "POST" else [JSONRenderer()]

    def get_permissions(self) -> list[Any]:
        return [HasScope("conversations:read" if self.request.method == "GET" else "conversations:write")()]

    @extend_schema(operation_id="conversations_open", request=OpeningSerializer, responses=_answers(201))
    def post(self, request: Request) -> HttpResponseBase:
        """Write to an agent; the answer comes as JSON, or word by word with Accept: text/event-stream."""
        sent = _read(OpeningSerializer, request)
        workspace = actor_of(request).workspace
        entrance = _entrance(workspace, sent.get("agent", ""), sent.get("channel", ""))
        identity = ("api", sent["contact"]) if sent.get("contact") else None
        return _respond(
            request, sent, lambda message_id: open_conversation(entrance, message_id, sent["text"], identity), 201
        )


class Messages(APIView):
    permission_classes = [HasScope("conversations:write")]
    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(operation_id="conversations_message", request=MessageSerializer, responses=_answers(200))
    def post(self, request: Request, public_id: str) -> HttpResponseBase:
        """Write on in a conversation; the answer comes as JSON, or word by word with Accept: text/event-stream.

        While a person has it the status is 202, `owner` is "human" and nothing is streamed: read their answer in the record.
        """
        conversation = get_or_404(Conversation, actor_of(request).workspace, public_id)
        sent = _read(MessageSerializer, request)
        return _respond(request, sent, lambda message_id: take_message(conversation, message_id, sent["text"]), 200)


def _respond(
    request: Request, sent: dict[str, Any], take: Callable[[str], OpenedLeg | Reply], status: int
) -> HttpResponseBase:
    if is_draining():
        raise ParleyError(RESTARTING, code="draining")
    message_id = sent.get("id") or uuid4().hex
    try:
        taken = take(message_id)
    except MessageInProgress as error:
        raise Busy from error
    except NothingToOpen as error:
        raise NotFound from error
    if isinstance(taken, Reply) and taken.owner == "human":
        status = HANDED
    if request.accepted_renderer.media_type == STREAM:
        stream = _stream(taken, sent["text"], message_id)
        response = StreamingHttpResponse(stream, content_type=STREAM, status=status if status == HANDED else 200)
        response["Cache-Control"] = "no-store"
        return response
    reply = taken if isinstance(taken, Reply) else async_to_sync(whole_exchange)(taken, sent["text"], message_id)
    return Response(ReplySerializer(reply).data, status=HANDED if reply.owner == "human" else status)


async def _stream(taken: OpenedLeg | Reply, text: str, message_id: str) -> AsyncGenerator[str]:
    if isinstance(taken, Reply):
        yield _event("done", ReplySerializer(taken).data)
        return
    try:
        async with aclosing(exchange(taken, text, message_id)) as parts:
            async for part in parts:
                match part:
                    case ReplyText(turn=turn, text=words):
                        yield _event("reply_text", {"turn": turn, "text": words})
                    case Reply():
                        yield _event("done", ReplySerializer(part).data)
    except ParleyError as error:
        yield _event("failed", {"code": error.code, "message": error.message})


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _entrance(workspace: Workspace, agent_name: str, channel_id: str) -> Entrance:
    if channel_id:
        rows = Channel.objects.select_related("agent__published", "agent__workspace", "version")
        channel = get_or_404(rows, workspace, channel_id, enabled=True)
        agent, running = channel.agent, channel.running
    else:
        channel = None
        agents = Agent.objects.of(workspace).select_related("published", "workspace")
        named = agents.filter(slug=clean_text(agent_name)).first()
        agent = named or get_or_404(agents, workspace, agent_name)
        running = agent.published
    if running is None or agent.is_archived:
        raise NotFound
    return Entrance(agent, running, channel)


def _read(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    read = serializer(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)
