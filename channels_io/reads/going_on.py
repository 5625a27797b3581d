"""Which conversation somebody goes on with when they come back, by whatever channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from agents.models import Agent
from channels_io.models import Contact, Conversation

GO_ON_HOURS: Final = 24.0


def conversation_to_go_on(
    contact: Contact, agent: Agent, *, now: datetime, hours: float = GO_ON_HOURS
) -> Conversation | None:
    """The contact's newest conversation with the agent, of any channel, when it is not over.

    None when the agent has ended it, when nothing happened in it for `hours`, and for 0 hours. Tests are not gone on
    with. Whether the person is talking in it at this moment is the caller's question.
    """
    if hours <= 0:
        return None
    newest = (
        Conversation.objects.filter(contact=contact, agent=agent, test=False, last_at__gt=now - timedelta(hours=hours))
        .order_by("-last_at", "-pk")
        .first()
    )
    return None if newest is None or has_ended(newest) else newest


def has_ended(conversation: Conversation) -> bool:
    """Whether its flow has come to an end, and not only a leg of it: a call put through to a person is such a leg."""
    flow = conversation.state.get("flow")
    return isinstance(flow, dict) and bool(flow.get("ended")) and not flow.get("put_through")
