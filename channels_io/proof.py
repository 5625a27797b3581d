"""Whether a caller has proved who they are, and where that holds. A number proves nothing: whoever calls can choose it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from msgspec.structs import replace

from channels_io.models import Channel, Conversation, OneTimeCode
from inference.events import ConversationState
from inference.nodes import VERIFIED

PROVED_HOURS: Final = 24


def holds_proof(conversation: Conversation, kind: str, media: str, channel: Channel | None) -> bool:
    """Whether a code that was used in an earlier leg still holds in one of this kind on this channel.

    For lines that are the same person's as before: in writing the provider vouches for the sender, a page and a program
    show a ticket or a key, a call that was broken off is the same call. A new call is none of these: do not ask for it.
    """
    return OneTimeCode.objects.filter(
        conversation=conversation,
        used_at__gt=timezone.now() - timedelta(hours=PROVED_HOURS),
        leg__kind=kind,
        leg__media=media,
        leg__channel=channel,
    ).exists()


def was_proved(conversation: Conversation) -> bool:
    """Whether what was said in it may be meant for one person alone."""
    flow = conversation.state.get("flow")
    places = [conversation.state, flow if isinstance(flow, dict) else {}]
    known = [place.get("variables") for place in places]
    if any(isinstance(variables, dict) and variables.get(VERIFIED) == "yes" for variables in known):
        return True
    return OneTimeCode.objects.filter(conversation=conversation, used_at__isnull=False, leg__isnull=False).exists()


def with_proof(state: ConversationState, *, proved: bool) -> ConversationState:
    """The state as a leg may go on with it: what was proved elsewhere is not proved here."""
    if proved:
        return state
    flow = replace(
        state.flow,
        variables=_unproved(state.flow.variables),
        frames=tuple(replace(frame, variables=_unproved(frame.variables)) for frame in state.flow.frames),
    )
    return replace(state, variables=_unproved(state.variables), flow=flow)


def _unproved(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "no" if name == VERIFIED else value for name, value in variables.items()}
