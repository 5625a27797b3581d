"""What the inbox shows of a conversation follows what is said in it, and who has to answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from channels_io.actions.assign_conversation import assign_conversation
from channels_io.actions.close_conversation import close_conversation, reopen_conversation
from channels_io.actions.close_leg import close_leg
from channels_io.actions.open_leg import open_leg
from channels_io.actions.record_entries import record_entries
from channels_io.actions.settle_waiting import settle_waiting
from channels_io.entries import AgentTurn, CallerTurn
from channels_io.models import Conversation, Handoff, Leg
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


def begin(agent: Agent, kind: str = "web_chat", media: str = "text") -> Leg:
    assert agent.published is not None
    return open_leg(agent=agent, running=agent.published, kind=kind, media=media, identity=("visitor", "v1"))


def row(leg: Leg) -> Conversation:
    return Conversation.objects.get(pk=leg.conversation_id)


def writes(leg: Leg, number: int, text: str, role: str = "caller", after: float = 0.0) -> CallerTurn | AgentTurn:
    at = leg.started_at + timedelta(seconds=number * 10 + after)
    if role == "caller":
        return CallerTurn(seq=number * 2 + 1, number=number, text=text, source="text", at=at)
    return AgentTurn(seq=number * 2 + 2, number=number, text=text, role=role, at=at)  # type: ignore[arg-type]


def handed(leg: Leg) -> Handoff:
    made: Handoff = Handoff.objects.create(
        workspace_id=leg.workspace_id, conversation_id=leg.conversation_id, key=leg.public_id, due_at=timezone.now()
    )
    settle_waiting(Conversation.objects.filter(pk=leg.conversation_id))
    return made


def test_the_newest_words_whatever_the_order_they_come_in(agent: Agent) -> None:
    leg = begin(agent)
    assert (row(leg).last_words, row(leg).last_kind) == ("", "web_chat")
    record_entries(leg, [writes(leg, 1, "When do\n you   open?")])
    assert (row(leg).last_words, row(leg).last_role) == ("When do you open?", "caller")
    record_entries(leg, [writes(leg, 1, "At nine.", "agent", 1)])
    assert (row(leg).last_words, row(leg).last_role) == ("At nine.", "agent")
    record_entries(leg, [writes(leg, 2, "Thanks " + "x" * 300)])
    assert len(row(leg).last_words) == 200
    record_entries(leg, [writes(leg, 1, "At ten.", "agent", 1)])
    assert row(leg).last_words.startswith("Thanks ")
    heard = row(leg).heard_at
    record_entries(leg, [writes(leg, 1, "When do you open?")])
    assert row(leg).heard_at == heard


def test_nobody_waits_while_the_agent_has_it(agent: Agent) -> None:
    leg = begin(agent)
    record_entries(leg, [writes(leg, 1, "Hello?")])
    assert row(leg).waits_since is None


def test_who_writes_to_a_person_waits_until_one_answers(agent: Agent, alice: User) -> None:
    leg = begin(agent)
    Conversation.objects.filter(pk=leg.conversation_id).update(owner="human", owner_user=alice)
    record_entries(leg, [writes(leg, 1, "Hello?")])
    since = row(leg).waits_since
    assert since == row(leg).heard_at
    record_entries(leg, [writes(leg, 2, "Anybody?")])
    assert row(leg).waits_since == since
    record_entries(leg, [writes(leg, 2, "Yes, I am here.", "human", 3)])
    assert row(leg).waits_since is None


def test_who_is_on_the_telephone_with_a_person_does_not_wait(agent: Agent, alice: User) -> None:
    leg = begin(agent, "twilio_voice", "voice")
    Conversation.objects.filter(pk=leg.conversation_id).update(owner="human", owner_user=alice)
    record_entries(leg, [writes(leg, 1, "Hello?")])
    assert row(leg).waits_since is None


def test_a_hand_off_waits_whoever_talks(agent: Agent) -> None:
    leg = begin(agent, "twilio_voice", "voice")
    record_entries(leg, [writes(leg, 1, "A person, please.")])
    waiting = handed(leg)
    since = row(leg).waits_since
    assert since == row(leg).heard_at
    record_entries(leg, [writes(leg, 1, "One moment.", "agent", 2), writes(leg, 2, "Well?")])
    assert row(leg).waits_since == since
    Handoff.objects.filter(pk=waiting.pk).update(state="taken")
    settle_waiting(Conversation.objects.filter(pk=leg.conversation_id))
    assert row(leg).waits_since is None


def test_a_call_that_ends_leaves_nobody_waiting(agent: Agent) -> None:
    leg = begin(agent, "twilio_voice", "voice")
    record_entries(leg, [writes(leg, 1, "A person, please.")])
    handed(leg)
    close_leg(leg, "hangup")
    assert (row(leg).status, row(leg).waits_since) == ("closed", None)
    assert row(leg).closed_at == row(leg).last_at


def test_a_chat_that_waits_stays_open(agent: Agent, alice: User) -> None:
    leg = begin(agent)
    Conversation.objects.filter(pk=leg.conversation_id).update(owner="human", owner_user=alice)
    record_entries(leg, [writes(leg, 1, "Hello?")])
    close_leg(leg, "lost")
    assert row(leg).status == "open"
    assert row(leg).waits_since is not None
    assert row(leg).outcome == "completed"


def test_what_is_assigned_is_closed_by_people(agent: Agent, alice: User) -> None:
    leg = begin(agent, "twilio_voice", "voice")
    assign_conversation(actor_for(alice), leg.conversation, alice)
    close_leg(leg, "hangup")
    assert row(leg).status == "open"
    assert close_conversation(actor_for(alice), leg.conversation)
    assert row(leg).status == "closed"


def test_the_contact_opens_it_again_by_a_new_leg_or_by_words(agent: Agent, alice: User) -> None:
    leg = begin(agent)
    actor = actor_for(alice)
    close_conversation(actor, leg.conversation)
    record_entries(leg, [writes(leg, 0, "Old words", after=-60)])
    assert row(leg).status == "closed"
    later = CallerTurn(seq=9, number=4, text="One more thing", source="text", at=timezone.now() + timedelta(seconds=1))
    record_entries(leg, [later])
    assert (row(leg).status, row(leg).closed_at) == ("open", None)
    close_leg(leg, "hangup")
    assert row(leg).status == "closed"
    assert agent.published is not None
    again = open_leg(
        agent=agent, running=agent.published, kind="whatsapp_cloud", media="text", conversation=leg.conversation
    )
    assert (row(again).status, row(again).closed_at, row(again).last_kind) == ("open", None, "whatsapp_cloud")


def test_closing_ends_the_wait_of_those_who_are_gone(agent: Agent, alice: User) -> None:
    leg = begin(agent)
    record_entries(leg, [writes(leg, 1, "A person, please.")])
    waiting = handed(leg)
    close_leg(leg, "lost")
    assert row(leg).status == "open"
    close_conversation(actor_for(alice), leg.conversation)
    waiting.refresh_from_db()
    assert (waiting.state, row(leg).waits_since) == ("left", None)
    reopen_conversation(actor_for(alice), leg.conversation)
    assert row(leg).waits_since is None


def test_a_batch_costs_one_query_and_one_update(agent: Agent) -> None:
    leg = begin(agent)
    record_entries(leg, [writes(leg, 1, "Hello?")])
    with CaptureQueriesContext(connection) as queries:
        record_entries(leg, [writes(leg, 2, "Hello again?")])
    mine = [each["sql"] for each in queries if "last_words" in each["sql"] and each["sql"].startswith("UPDATE")]
    assert len(mine) == 1
    assert not [
        each for each in queries if "waits_since" in each["sql"].split("WHERE")[0] and each["sql"].startswith("UPDATE")
    ]
