"""Whether something is going on in a conversation just now, and what it runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from channels_io.call_settings import CallSettings
from channels_io.models import Conversation, Leg
from inference.spec import AgentSpec, decode_spec

ALIVE_SECONDS: Final = 60.0
"""A leg says every 20 s that it lives."""


def live_leg(conversation: Conversation) -> Leg | None:
    """The newest that runs at this moment, in whatever process."""
    alive = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    legs = Leg.objects.filter(conversation=conversation, ended_at=None, seen_at__gt=alive)
    return legs.select_related("channel", "version", "conversation").order_by("-pk").first()


def is_live(conversation: Conversation) -> bool:
    return live_leg(conversation) is not None


def spec_of_conversation(conversation: Conversation) -> AgentSpec | None:
    """What its newest leg ran, or would run now; None when nothing is published."""
    last = conversation.legs.select_related("version").order_by("-pk").first()
    if last is not None:
        spec = spec_of_leg(last)
        if spec is not None:
            return spec
    published = conversation.agent.published
    return published.agent_spec() if published is not None else None


def spec_of_leg(leg: Leg) -> AgentSpec | None:
    if leg.version is not None:
        return leg.version.agent_spec()
    return decode_spec(leg.spec) if leg.spec else None


def places_to_go_on(conversation: Conversation) -> list[dict[str, str]]:
    """[{"id", "title"}]: steps of the main flow that the agent can go on at after a person, as the builder named them."""
    spec = spec_of_conversation(conversation)
    if spec is None:
        return []
    last = conversation.legs.select_related("version").order_by("-pk").first()
    flow: dict[str, Any] = (last.version.draft.get("flow") or {}) if last is not None and last.version else {}
    names = {str(node.get("id")): str(node.get("name") or "") for node in flow.get("nodes", ())}
    return [{"id": node.id, "title": names.get(node.id) or node.id} for node in spec.flow.nodes]


def people_to_transfer_to(leg: Leg | None) -> list[str]:
    """Names of the people whom callers of this leg's channel may be put through to."""
    if leg is None or leg.channel is None or leg.media != Leg.Media.VOICE:
        return []
    return list(CallSettings.of(leg.channel.settings).people)
