"""From a ticket (or a member's wish) to an open leg and all its session must know. ORM lives here, once per leg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from django.http import Http404
from django.utils import timezone

from agents.compile import compile_draft
from agents.models import Agent, Version
from agents.problems import CompileError
from agents.surroundings import surroundings_of
from channels_io.actions.open_leg import open_leg
from channels_io.hand_over_lines import lines_of
from channels_io.identities import EMAIL, PHONE
from channels_io.live.facts import KnownMessage, LegFacts, OwnerNow
from channels_io.live.owner import owner_of
from channels_io.live.rejoin import version_of_cut_off_leg
from channels_io.live.remembered import known_of
from channels_io.live.tool_names import nodes_of
from channels_io.mocks import Mocks
from channels_io.models import Channel, Contact, Conversation, Leg, Turn, TurnState
from channels_io.privacy.rules import masked_sorts
from channels_io.proof import holds_proof, was_proved, with_proof
from channels_io.reads.said import state_before
from channels_io.splits import version_for
from channels_io.tickets import Ticket
from inference.events import ConversationState
from inference.nodes import VERIFIED
from inference.spec import AgentSpec
from parley.accounts.models import Workspace
from parley.accounts.scoping import get_or_404

ADDRESSES = (PHONE, EMAIL)
"""Kinds of identity that a person can be told."""
KNOWN_MESSAGES = 100
"""The newest: more than a page can have waiting for an acknowledgement."""


class NothingToOpen(LookupError):
    """The agent, channel, version or conversation is not there, not published or not enabled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """That a leg tries an agent in the test bench."""

    back_to: TurnState | None = None
    """The turn after which it begins; None: at the conversation's end, or a new one."""
    mocks: Mocks = field(default_factory=dict)


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
        person = ticket.identity[1] if ticket.identity else ""
        running = running_for(agent, channel, ticket.version, person)
        if conversation is not None and ticket.version == "published":
            running = version_of_cut_off_leg(conversation) or running
        trial, conversation = _trial(ticket, conversation)
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
        trial=trial,
    )


def _trial(ticket: Ticket, conversation: Conversation | None) -> tuple[Trial | None, Conversation | None]:
    """What a test's ticket stands for. Before a turn that no state precedes, its conversation begins anew."""
    if not ticket.test:
        return None, conversation
    if ticket.back_to is None or conversation is None:
        return Trial(mocks=ticket.mocks), conversation
    leg = get_or_404(Leg, conversation.workspace, ticket.back_to.leg, conversation=conversation)
    state = state_before(leg, ticket.back_to.turn)
    return Trial(back_to=state, mocks=ticket.mocks), None if state is None else conversation


def open_leg_for(
    *,
    agent: Agent,
    running: Version | AgentSpec,
    kind: str,
    media: Literal["voice", "text"],
    channel: Channel | None = None,
    identity: tuple[str, str] | None = None,
    conversation: Conversation | None = None,
    trial: Trial | None = None,
    contact: Contact | None = None,
    variables: Mapping[str, str] | None = None,
) -> OpenedLeg:
    """Raises NothingToOpen when the channel is off, the agent archived, or the conversation another agent's.

    `contact` is whose leg it is, where the channel has found that out already; else `identity` finds them. A call of theirs
    that goes on with a conversation begins with its open question; one in which a code was given is not gone on with. `variables`: what the flow knows besides the facts.

    A test goes on in a test conversation only, and from an earlier turn only where the flow still has its node.
    """
    if agent.is_archived or (channel is not None and (not channel.enabled or channel.agent_id != agent.pk)):
        raise NothingToOpen("The agent takes no conversations here.")
    if conversation is not None and conversation.agent_id != agent.pk:
        raise NothingToOpen("The conversation is another agent's.")
    if conversation is not None and conversation.test != (trial is not None):
        raise NothingToOpen("A test goes on in a test conversation, and nothing else does.")
    spec = running.agent_spec() if isinstance(running, Version) else running
    back_to = trial.back_to if trial is not None else None
    if back_to is not None:
        _check_place(back_to, spec)
    new_call = contact is not None and media == "voice"
    proved = conversation is not None and not new_call and holds_proof(conversation, kind, media, channel)
    if conversation is not None and new_call and was_proved(conversation):
        conversation = None  # Its next words may be private, and whoever calls has proved nothing yet.
    leg = open_leg(
        agent=agent,
        running=running,
        kind=kind,
        media=media,
        channel=channel,
        identity=identity,
        contact=contact,
        conversation=conversation,
        test=trial is not None,
        back_to=back_to,
    )
    state = _state(conversation if back_to is None else leg.conversation)
    known = known_of(leg, spec, by_number=media == "voice" and (identity is None or identity[0] == PHONE))
    verified = proved and trial is None
    if state is not None and trial is None:
        state = with_proof(state, proved=verified)
    drawn = running.draft if isinstance(running, Version) else agent.draft.content()
    facts = LegFacts(
        leg=leg.public_id,
        conversation=leg.conversation.public_id,
        agent=agent.name,
        spec=spec,
        state=state,
        resumed=conversation is not None,
        known={} if conversation is None or back_to is not None else _known(conversation, state),
        again=new_call and conversation is not None,
        caller="\n".join(line for line in (moment(timezone.now(), agent.workspace.timezone), known.words) if line),
        person="" if trial is not None else leg.conversation.contact.public_id,
        variables={**known.variables, **_variables(leg), **(variables or {}), VERIFIED: "yes" if verified else "no"},
        test=trial is not None,
        mocks={} if trial is None else trial.mocks,
        flow=drawn.get("flow") or {},
        masks=masked_sorts(agent.workspace_id),
        owner=owner_of(leg.conversation_id) if leg.conversation.owner_number else OwnerNow(),
        lines=lines_of(channel, drawn),
    )
    return OpenedLeg(leg, facts, record_sound=media == "voice" and bool(drawn.get("record_audio")))


def _variables(leg: Leg) -> dict[str, str]:
    """Somebody without an address of their own (a browser, a member who tests) has none here."""
    contact = leg.conversation.contact
    address = contact.identities.filter(kind__in=ADDRESSES).order_by("pk").values_list("value", flat=True).first()
    today = timezone.now().astimezone(ZoneInfo(leg.workspace.timezone)).date()
    channel = "voice" if leg.media == Leg.Media.VOICE else "chat"
    return {"caller": address or "", "channel": channel, "date": today.isoformat()}


def moment(now: datetime, zone: str) -> str:
    """ "Now: Sunday 22 November 2026, 08:01", in the workspace's time zone."""
    return now.astimezone(ZoneInfo(zone)).strftime("Now: %A %-d %B %Y, %H:%M")


def running_for(agent: Agent, channel: Channel | None, version: str, person: str = "") -> Version | AgentSpec:
    """What "published", "draft" or a version's id stands for. Raises NothingToOpen, Http404.

    `person`: whatever stays the same when they come again. A channel that is split gives them the same version each time.
    """
    if version == "draft":
        try:
            return compile_draft(agent.draft, around=surroundings_of(agent.workspace))
        except CompileError as error:
            raise NothingToOpen("The draft has problems and cannot be tried: open it in the builder.") from error
    if version == "published":
        running = agent.published if channel is None else version_for(channel, person)
        if running is None:
            raise NothingToOpen("The agent is not published: publish it, or try its draft.")
        return running
    return get_or_404(Version, agent.workspace, version, agent=agent)


def _check_place(back_to: TurnState, spec: AgentSpec) -> None:
    """The draft may have been edited since: the node that the conversation stood at has to be there."""
    state = msgspec.convert(back_to.state, ConversationState)
    if state.agent not in ("", spec.agent):
        return  # It was another agent's turn.
    flow = state.flow
    nodes = {node.id for node in nodes_of(spec.flow)}
    places = [flow.node, *(frame.node for frame in flow.frames)]
    if any(place and place not in nodes for place in places):
        raise NothingToOpen("The node where this turn stood is no longer in the flow. Go back further, or begin again.")


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
