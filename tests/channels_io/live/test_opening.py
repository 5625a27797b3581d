from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from agents.models import Agent
from channels_io.actions.record_entries import record_entries
from channels_io.entries import AgentTurn, CallerTurn, Entry, StateSnapshot
from channels_io.live.facts import KnownMessage
from channels_io.live.opening import NothingToOpen, moment, open_ticket
from channels_io.models import Channel, Conversation, Leg
from channels_io.tickets import Ticket
from inference.events import ConversationState, Message
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme, greeting="Hello.", record_audio=True, consent="This call is recorded.")
    publish(agent)
    return agent


def ticket_for(agent: Agent, **more: Any) -> Ticket:
    return Ticket(workspace=agent.workspace.public_id, kind="browser_voice", agent=agent.public_id, **more)


def test_a_published_agent(agent: Agent) -> None:
    opened = open_ticket(ticket_for(agent, identity=("visitor", "v_1")), "voice")
    assert opened.leg.version == agent.published
    assert opened.leg.kind == "browser_voice"
    assert opened.facts.spec == agent.published.agent_spec()  # type: ignore[union-attr]
    assert opened.facts.agent == "Reception"
    assert opened.facts.state is None
    assert not opened.facts.resumed
    assert opened.record_sound


def test_text_is_never_recorded_as_sound(agent: Agent) -> None:
    assert not open_ticket(ticket_for(agent), "text").record_sound


def test_the_draft_runs_as_it_is_now(agent: Agent) -> None:
    agent.draft.greeting = "Hello, draft."
    agent.draft.record_audio = False
    agent.draft.save()
    opened = open_ticket(ticket_for(agent, version="draft"), "voice")
    assert opened.facts.spec.greeting == "Hello, draft."
    assert opened.leg.version is None
    assert not opened.record_sound


def test_a_channel_may_pin_a_version(agent: Agent) -> None:
    old = agent.published
    publish(agent)
    channel = Channel.objects.create(workspace=agent.workspace, kind="web_widget", name="W", agent=agent, version=old)
    opened = open_ticket(ticket_for(agent, channel=channel.public_id), "voice")
    assert opened.leg.version == old
    assert opened.leg.channel == channel


def test_a_conversation_goes_on_with_its_state(agent: Agent) -> None:
    first = open_ticket(ticket_for(agent), "voice")
    state = ConversationState(turn=3, greeted=True, history=(Message("user", "Hi"),))
    Conversation.objects.update(state=msgspec.to_builtins(state))
    again = open_ticket(ticket_for(agent, conversation=first.facts.conversation), "text")
    assert again.facts.state == state
    assert again.facts.resumed
    assert again.leg.conversation == first.leg.conversation


def test_what_cannot_be_opened(agent: Agent, globex: Workspace) -> None:
    stranger = make_agent(globex, name="Stranger")
    publish(stranger)
    silent = make_agent(agent.workspace, name="Silent")
    off = Channel.objects.create(workspace=agent.workspace, kind="web_widget", name="Off", agent=agent, enabled=False)
    others = Channel.objects.create(workspace=globex, kind="web_widget", name="O", agent=stranger)
    conversation = open_ticket(ticket_for(stranger), "voice").facts.conversation
    good = ticket_for(agent)
    before = Leg.objects.count()
    for bad in (
        msgspec.structs.replace(good, workspace="ws_none"),
        msgspec.structs.replace(good, agent="ag_none"),
        msgspec.structs.replace(good, agent="ag\x00none"),
        msgspec.structs.replace(good, agent=stranger.public_id),
        msgspec.structs.replace(good, agent=silent.public_id),
        msgspec.structs.replace(good, version="vn_none"),
        msgspec.structs.replace(good, version=stranger.published.public_id),  # type: ignore[union-attr]
        msgspec.structs.replace(good, channel=off.public_id),
        msgspec.structs.replace(good, channel=others.public_id),
        msgspec.structs.replace(good, conversation=conversation),
    ):
        with pytest.raises(NothingToOpen):
            open_ticket(bad, "voice")
    agent.archived_at = timezone.now()
    agent.save()
    with pytest.raises(NothingToOpen):
        open_ticket(good, "voice")
    assert Leg.objects.count() == before


def test_the_moment_is_the_workspaces() -> None:
    now = datetime(2026, 11, 22, 8, 1, tzinfo=UTC)
    assert moment(now, "Europe/Berlin") == "Now: Sunday 22 November 2026, 09:01"


def known_after(agent: Agent, *entries: Entry) -> dict[str, KnownMessage]:
    """What the next leg of a conversation with these entries knows."""
    opened = open_ticket(ticket_for(agent), "text")
    record_entries(opened.leg, entries)
    return dict(open_ticket(ticket_for(agent, conversation=opened.facts.conversation), "text").facts.known)


def test_a_new_leg_knows_what_was_typed_and_answered(agent: Agent) -> None:
    known = known_after(
        agent,
        CallerTurn(seq=1, number=1, text="Open?", source="text", message_id="m1"),
        AgentTurn(seq=2, number=1, text="Yes."),
        CallerTurn(seq=3, number=2, text="Spoken."),
    )
    assert known == {"m1": KnownMessage(1, "Open?", (1, "Yes."))}


@pytest.mark.parametrize(
    ("turn", "history", "taken"),
    [
        (3, ("Open?",), True),
        (2, ("Open?",), True),  # the worker goes on with an open question
        (2, ("Before.",), False),  # the state of the moment before it was asked
        (1, (), False),
    ],
)
def test_a_message_without_an_answer_is_known_if_the_state_has_it(
    agent: Agent, turn: int, history: tuple[str, ...], taken: bool
) -> None:
    state = ConversationState(turn=turn, history=tuple(Message("user", text) for text in history))
    known = known_after(
        agent,
        CallerTurn(seq=1, number=2, text="Open?", source="text", message_id="m1"),
        StateSnapshot(seq=2, state=state),
    )
    assert known == ({"m1": KnownMessage(2, "Open?")} if taken else {})


def test_a_new_conversation_knows_nothing(agent: Agent) -> None:
    assert open_ticket(ticket_for(agent), "text").facts.known == {}
