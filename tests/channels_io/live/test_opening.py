from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from django.utils import timezone

from agents.engines import BUILT_IN, KNOWN_KEY, EngineOffer
from agents.models import Agent
from channels_io.actions.record_entries import record_entries
from channels_io.entries import AgentTurn, CallerTurn, Entry, StateSnapshot
from channels_io.live.facts import KnownMessage
from channels_io.live.opening import NothingToOpen, moment, open_ticket
from channels_io.mocks import Mock
from channels_io.models import Channel, Conversation, Leg, TurnState
from channels_io.tickets import BackTo, Ticket
from inference.events import ConversationState, Message
from inference.flow.state import FlowState
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.trials import booking


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


def test_a_draft_may_name_a_model_that_some_worker_has(agent: Agent) -> None:
    agent.draft.chat_model = "large"
    agent.draft.save()
    with pytest.raises(NothingToOpen):
        open_ticket(ticket_for(agent, version="draft"), "voice")
    cache.set(KNOWN_KEY, (*BUILT_IN, EngineOffer("vllm", "chat", "large")))
    assert open_ticket(ticket_for(agent, version="draft"), "voice").facts.spec.models.chat == "large"


def test_a_channel_may_pin_a_version(agent: Agent) -> None:
    old = agent.published
    publish(agent)
    channel = Channel.objects.create(workspace=agent.workspace, kind="web_widget", name="W", agent=agent, version=old)
    opened = open_ticket(ticket_for(agent, channel=channel.public_id), "voice")
    assert opened.leg.version == old
    assert opened.leg.channel == channel


def test_a_split_channel_gives_a_visitor_the_same_version_each_time(agent: Agent) -> None:
    old = agent.published
    assert old is not None
    publish(agent)
    shares = [{"version": old.public_id, "weight": 1}, {"version": "live", "weight": 1}]
    channel = Channel.objects.create(
        workspace=agent.workspace, kind="web_widget", name="W", agent=agent, settings={"split": shares}
    )

    def run(visitor: str) -> Any:
        ticket = ticket_for(agent, channel=channel.public_id, identity=("visitor", visitor))
        return open_ticket(ticket, "text").leg.version

    drawn = {visitor: run(visitor) for visitor in map("v_{}".format, range(30))}
    assert set(drawn.values()) == {old, agent.published}
    assert {visitor: run(visitor) for visitor in drawn} == drawn


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


# --- the test bench


def test_a_test_is_marked_and_told_more(agent: Agent) -> None:
    opened = open_ticket(ticket_for(agent, version="draft", test=True, mocks={"find": Mock("[]")}), "text")
    assert opened.leg.conversation.test
    assert (opened.facts.test, opened.facts.mocks) == (True, {"find": Mock("[]")})
    plain = open_ticket(ticket_for(agent, mocks={"find": Mock("[]")}), "text")
    assert (plain.leg.conversation.test, plain.facts.test, plain.facts.mocks) == (False, False, {})


def test_going_back_begins_where_the_turn_before_ended(agent: Agent) -> None:
    first = booking(agent)
    conversation = first.conversation.public_id
    back = BackTo(first.public_id, 2)
    opened = open_ticket(ticket_for(agent, version="draft", test=True, conversation=conversation, back_to=back), "text")
    assert opened.facts.resumed
    assert opened.facts.state is not None
    assert (opened.facts.state.turn, opened.facts.state.history[0].text) == (1, "I want to book.")
    assert opened.leg.went_back_to is not None
    assert (opened.leg.went_back_to.leg, opened.leg.went_back_to.number) == (first, 1)
    again = open_ticket(ticket_for(agent, version="draft", test=True, conversation=conversation), "text")
    assert again.facts.state == opened.facts.state  # a connection lost at once goes on from there too


def test_going_back_to_the_very_beginning_is_a_new_conversation(agent: Agent) -> None:
    first = booking(agent)
    wish = {"conversation": first.conversation.public_id, "back_to": BackTo(first.public_id, 0)}
    opened = open_ticket(ticket_for(agent, version="draft", test=True, **wish), "text")
    assert opened.leg.conversation != first.conversation
    assert (opened.facts.resumed, opened.facts.state) == (False, None)


def test_going_back_to_a_node_that_was_deleted(agent: Agent) -> None:
    first = booking(agent)
    TurnState.objects.update(state=msgspec.to_builtins(ConversationState(turn=1, flow=FlowState(node="gone"))))
    wish = {"conversation": first.conversation.public_id, "back_to": BackTo(first.public_id, 2)}
    with pytest.raises(NothingToOpen, match="no longer in the flow"):
        open_ticket(ticket_for(agent, version="draft", test=True, **wish), "text")


def test_tests_and_conversations_do_not_mix(agent: Agent) -> None:
    tried = booking(agent).conversation.public_id
    real = open_ticket(ticket_for(agent), "text").leg.conversation.public_id
    for conversation, test in ((tried, False), (real, True)):
        with pytest.raises(NothingToOpen):
            open_ticket(ticket_for(agent, conversation=conversation, test=test), "text")


def test_nobody_goes_back_in_a_leg_of_another_conversation(agent: Agent) -> None:
    first, other = booking(agent), booking(agent)
    wish = {"conversation": first.conversation.public_id, "back_to": BackTo(other.public_id, 2)}
    with pytest.raises(NothingToOpen):
        open_ticket(ticket_for(agent, version="draft", test=True, **wish), "text")


# --- what the flow knows from the beginning


def test_the_flow_is_told_who_and_how(agent: Agent) -> None:
    first = open_ticket(ticket_for(agent, identity=("phone", "+4915112345678")), "voice")
    again = open_ticket(ticket_for(agent, identity=("phone", "+4915112345678")), "text")
    today = timezone.now().date().isoformat()
    assert first.facts.variables == {
        "caller": "+4915112345678",
        "channel": "voice",
        "date": today,
        "caller_verified": "no",
    }
    assert again.facts.variables["channel"] == "chat"
    assert first.facts.person == again.facts.person == first.leg.conversation.contact.public_id


def test_a_browser_has_no_address_and_a_test_no_person(agent: Agent) -> None:
    assert open_ticket(ticket_for(agent, identity=("visitor", "v_1")), "text").facts.variables["caller"] == ""
    assert open_ticket(ticket_for(agent, version="draft", test=True), "text").facts.person == ""
