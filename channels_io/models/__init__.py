"""The record: channels, people, conversations, legs, turns as heard, spans and events."""

from __future__ import annotations

from channels_io.end_reasons import EndReason
from channels_io.models.channel import Channel
from channels_io.models.contact import Contact, Identity
from channels_io.models.conversation import Conversation, Outcome
from channels_io.models.event import Event, EventKind
from channels_io.models.leg import Leg
from channels_io.models.turn import Turn, TurnSpan
from channels_io.models.turn_state import TurnState

__all__ = [
    "Channel",
    "Contact",
    "Conversation",
    "EndReason",
    "Event",
    "EventKind",
    "Identity",
    "Leg",
    "Outcome",
    "Turn",
    "TurnSpan",
    "TurnState",
]
