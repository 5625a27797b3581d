"""From a ticket (or a member's wish) to an open leg and all its session must know. ORM lives here, once per leg."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from django.http import Http404
from django.utils import timezone

from agents.compile import compile_draft
from agents.models import Agent, Version
from agents.problems import CompileError
from channels_io.actions.open_leg import open_leg
from channels_io.live.facts import KnownMessage, LegFacts
from channels_io.models import Channel, Conversation, Leg, Turn
from channels_io.tickets import Ticket
from inference.events import ConversationState
from inference.spec import AgentSpec
from parley.accounts.models import Workspace
from parley.accounts.scoping import get_or_404

KNOWN_MESSAGES = 100
"""The newest: more than a page can have waiting for an acknowledgement."""


class NothingToOpen(LookupError):
    """The agent, channel, version or conversation is not there, not published or not enabled."""


@dataclass(frozen=True, slots=True)
class OpenedLeg:
    leg: Leg
    facts: LegFacts
    record_sound: bool


def open_ticket(ticket: Ticket, media: Literal["voice", "text"]) -> OpenedLeg:
    """Raises NothingToOpen."""
    workspace = Workspace.objects.filter(public_id=ticket.workspace).first()
    try:
        agent = get_or_404(Agent.objects.select_related("published", "workspace"), workspace, ticket.agent)
        channel = get_or_404(Channel, workspace, ticket.channel) if ticket.channel else None
        conversation = get_or_404(Conversation, workspace, ticket.conversation) if ticket.conversation else None
        running = running_for(agent, channel, ticket.version)
    except Http404 as error:
        raise NothingToOpen("There is no such agent, channel, version or conversation.") from error
    return open_leg_for(
        agent=agent,
        running=running,
        kind=ticket.kind,
        media=media,
        channel=channel,
        identity=ticket.identity,
        conversation=conversation,
    )


def open_leg_for(
    *,
    agent: Agent,
    running: Version | AgentSpec,
    kind: str,
    media: Literal["voice", "text"],
    channel: Channel | None = None,
    identity: tuple[str, str] | None = None,
    conversation: Conversation | None = None,
) -> OpenedLeg:
    """Raises NothingToOpen when the channel is off, the agent archived, or the conversation another agent's."""
    if agent.is_archived or (channel is not None and (not channel.enabled or channel.agent_id != agent.pk)):
        raise NothingToOpen("The agent takes no conversations here.")
    if conversation is not None and conversation.agent_id != agent.pk:
        raise NothingToOpen("The conversation is another agent's.")
    leg = open_leg(
        agent=agent,
        running=running,
        kind=kind,
        media=media,
        channel=channel,
        identity=identity,
        conversation=conversation,
    )
    state = _state(conversation)
    facts = LegFacts(
        leg=leg.public_id,
        conversation=leg.conversation.public_id,
        agent=agent.name,
        spec=running.agent_spec() if isinstance(running, Version) else running,
        state=state,
        resumed=conversation is not None,
        known={} if conversation is None else _known(conversation, state),
        caller=moment(timezone.now(), agent.workspace.timezone),
    )
    records = running.draft.get("record_audio") if isinstance(running, Version) else agent.draft.record_audio
    return OpenedLeg(leg, facts, record_sound=media == "voice" and bool(records))


def moment(now: datetime, zone: str) -> str:
    """ "Now: Sunday 22 November 2026, 08:01", in the workspace's time zone."""
    return now.astimezone(ZoneInfo(zone)).strftime("Now: %A %-d %B %Y, %H:%M")


def running_for(agent: Agent, channel: Channel | None, version: str) -> Version | AgentSpec:
    """What "published", "draft" or a version's id stands for. Raises NothingToOpen, Http404."""
    if version == "draft":
        try:
            return compile_draft(agent.draft)
        except CompileError as error:
            raise NothingToOpen("The draft has problems and cannot be tried: open it in the builder.") from error
    if version == "published":
        running = agent.published if channel is None else channel.running
        if running is None:
            raise NothingToOpen("The agent is not published: publish it, or try its draft.")
        return running
    return get_or_404(Version, agent.workspace, version, agent=agent)


def _state(conversation: Conversation | None) -> ConversationState | None:
    if conversation is None or not conversation.state:
        return None
    return msgspec.convert(conversation.state, ConversationState)


def _known(conversation: Conversation, state: ConversationState | None) -> dict[str, KnownMessage]:
    """What was typed and taken: answered, or in the state with which a worker goes on.

    A message that is in neither was cut off with its process: sent again, it is answered, and still one row.
    """
    asked = list(
        Turn.objects.filter(conversation=conversation, role=Turn.Role.CALLER)
        .exclude(message_id="")
        .order_by("-pk")[:KNOWN_MESSAGES]
    )
    answers = Turn.objects.filter(leg__in={turn.leg_id for turn in asked}).exclude(role=Turn.Role.CALLER)
    replies = {(turn.leg_id, turn.number): (turn.number, turn.text) for turn in answers}
    found: dict[str, KnownMessage] = {}
    for turn in asked:
        reply = replies.get((turn.leg_id, turn.number))
        if reply is not None or _remembers(state, turn):
            found[turn.message_id] = KnownMessage(turn.number, turn.text, reply)
    return found


def _remembers(state: ConversationState | None, turn: Turn) -> bool:
    """A snapshot taken in a turn may still be without the words that began it."""
    if state is None or turn.number != state.turn:
        return state is not None and turn.number < state.turn
    said = [line.text for line in state.history if line.role == "user"]
    return said[-1:] == [turn.text]
