"""Who owns a conversation: one of two wins, whatever they press and when; every change is written down once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from agents.models import Agent
from channels_io import announce
from channels_io.actions import change_owner, take_over
from channels_io.actions.close_leg import close_leg
from channels_io.actions.open_leg import open_leg
from channels_io.actions.record_entries import record_entries
from channels_io.actions.steer_conversation import end_conversation, hold_call, say_for_agent, whisper
from channels_io.entries import AgentTurn, StateSnapshot
from channels_io.live.opening import open_leg_for
from channels_io.live.owner import owner_of
from channels_io.models import Conversation, Leg, OwnerChange, Turn
from channels_io.owner_errors import AlreadyTaken, NotLive, NotYours, UnknownPlace
from inference.events import ConversationState
from parley.accounts.actor import Actor
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


@pytest.fixture
def call(agent: Agent) -> Conversation:
    return make_conversation(agent, end_reason=None)


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """What was published, in place of Valkey."""
    published: list[tuple[str, bytes]] = []
    monkeypatch.setattr(announce, "publish", lambda topic, payload: published.append((topic, payload)))
    return published


def changes(conversation: Conversation) -> list[tuple[int, str, str, str]]:
    rows = OwnerChange.objects.filter(conversation=conversation).select_related("user")
    return [(row.number, row.owner, str(row.user or ""), row.by) for row in rows]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_wins(call: Conversation, alice: User, oscar: User) -> None:
    actors = [actor_for(alice), actor_for(oscar)]
    ready = threading.Barrier(2)
    won: list[str] = []
    lost: list[str] = []

    def press(actor: Actor) -> None:
        try:
            ready.wait()
            taken = take_over.take_over(actor, call, 0)
            won.append(str(taken.owner_user))
        except AlreadyTaken as error:
            lost.append(error.message)
        finally:
            connections.close_all()

    for _ in range(5):
        threads = [threading.Thread(target=press, args=(actor,)) for actor in actors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == len(lost) == 1
        assert won[0] in lost[0]
        assert changes(call) == [(1, "human", won[0], "taken")]
        assert AuditEvent.objects.filter(verb="conversation.owner").count() == 1
        OwnerChange.objects.all().delete()
        AuditEvent.objects.all().delete()
        Conversation.objects.update(owner="ai", owner_user=None, owner_number=0)
        won.clear()
        lost.clear()


def test_the_same_person_twice_is_once(call: Conversation, alice: User) -> None:
    actor = actor_for(alice)
    first = take_over.take_over(actor, call, 0)
    again = take_over.take_over(actor, call, 0)
    assert (first.owner_number, again.owner_number, again.owner_user) == (1, 1, alice)
    assert len(changes(call)) == 1


def test_an_old_page_takes_nothing(call: Conversation, alice: User, oscar: User) -> None:
    take_over.take_over(actor_for(alice), call, 0)
    take_over.give_back(actor_for(alice), call)
    with pytest.raises(AlreadyTaken) as refused:
        take_over.take_over(actor_for(oscar), call, 0)
    assert refused.value.conversation.owner_number == 2


def test_only_they_give_back_or_who_runs_the_workspace(call: Conversation, alice: User, bob: User, oscar: User) -> None:
    take_over.take_over(actor_for(oscar), call, 0)
    with pytest.raises(NotYours) as refused:
        take_over.give_back(actor_for(bob), call)
    assert "Oscar" in refused.value.message
    assert take_over.give_back(actor_for(alice), call).owner == "ai"
    assert take_over.give_back(actor_for(bob), call).owner_number == 2  # Nothing more happens.
    assert changes(call) == [(1, "human", "Oscar", "taken"), (2, "ai", "", "given_back")]


def test_the_agent_goes_on_at_a_step_that_there_is(call: Conversation, alice: User) -> None:
    actor = actor_for(alice)
    take_over.take_over(actor, call, 0)
    with pytest.raises(UnknownPlace):
        take_over.give_back(actor, call, "nowhere")
    (place, *_) = take_over.nodes_to_go_on_at(call)
    take_over.give_back(actor, call, place)
    now = owner_of(call.pk)
    assert (now.owner, now.number, now.node, now.by) == ("ai", 2, place, "given_back")


def test_whoever_may_not_is_refused_everywhere(call: Conversation, vera: User) -> None:
    actor = actor_for(vera)
    tries: list[Callable[[], object]] = [
        lambda: take_over.take_over(actor, call, 0),
        lambda: take_over.give_back(actor, call),
        lambda: whisper(actor, call, "Be kind."),
        lambda: say_for_agent(actor, call, "We close at six."),
        lambda: hold_call(actor, call, on=True),
        lambda: end_conversation(actor, call),
    ]
    for attempt in tries:
        with pytest.raises(PermissionDenied):
            attempt()
    assert changes(call) == []


def test_another_workspaces_conversation_is_not_there(call: Conversation, charlie: User) -> None:
    with pytest.raises(Conversation.DoesNotExist):
        take_over.take_over(actor_for(charlie), call, 0)


def test_what_is_asked_of_a_leg_reaches_it_after_the_commit(
    call: Conversation,
    alice: User,
    oscar: User,
    notes: list[tuple[str, bytes]],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        whisper(actor_for(alice), call, "  Offer ten\npercent off. ")
        take_over.take_over(actor_for(oscar), call, 0)
    topic = f"live:{call.public_id}:control"
    assert [payload for where, payload in notes if where == topic] == [
        b'{"do":"whisper","text":"Offer ten percent off.","by":"Alice"}',
        b'{"do":"owner","number":1}',
    ]
    whisper(actor_for(alice), call, "Also while Oscar talks.")
    with pytest.raises(NotYours):
        hold_call(actor_for(alice), call, on=True)
    with pytest.raises(NotYours):
        say_for_agent(actor_for(oscar), call, "He says it himself.")
    audited = AuditEvent.objects.filter(verb="conversation.whispered").first()
    assert audited is not None
    assert "ten percent" not in str(audited.data)


def test_nothing_is_asked_of_what_is_over(agent: Agent, alice: User) -> None:
    over = make_conversation(agent)
    with pytest.raises(NotLive):
        whisper(actor_for(alice), over, "Too late.")


def test_the_person_who_is_gone_loses_only_what_they_have(call: Conversation, alice: User, oscar: User) -> None:
    take_over.take_over(actor_for(alice), call, 0)
    assert not change_owner.lose_owner(call.pk, 0)
    take_over.give_back(actor_for(alice), call)
    take_over.take_over(actor_for(oscar), call, 2)
    assert not change_owner.lose_owner(call.pk, 1)
    assert change_owner.lose_owner(call.pk, 3)
    assert not change_owner.lose_owner(call.pk, 3)
    assert changes(call)[-1] == (4, "ai", "", "lost")


@pytest.mark.parametrize(("reason", "owner"), [("hangup", "ai"), ("person_ended", "ai"), ("lost", "human")])
def test_a_call_that_is_over_is_nobodys_and_one_cut_off_is(
    call: Conversation, alice: User, reason: str, owner: str
) -> None:
    take_over.take_over(actor_for(alice), call, 0)
    close_leg(Leg.objects.get(), reason)
    call.refresh_from_db()
    assert call.owner == owner
    assert (changes(call)[-1][3] == "ended") == (owner == "ai")


def test_a_chat_stays_its_persons(agent: Agent, alice: User) -> None:
    chat = make_conversation(agent, kind="web_chat", media="text", end_reason=None)
    take_over.take_over(actor_for(alice), chat, 0)
    close_leg(Leg.objects.get(), "hangup")
    assert owner_of(chat.pk).owner == "human"


def test_the_row_wins_over_the_state(call: Conversation, agent: Agent, alice: User) -> None:
    take_over.take_over(actor_for(alice), call, 0)
    leg = Leg.objects.get()
    record_entries(leg, [StateSnapshot(seq=1000, state=ConversationState(turn=9, owner="ai"))])
    call.refresh_from_db()
    assert call.owner == "human"
    close_leg(leg, "shutdown")
    assert agent.published is not None
    opened = open_leg_for(agent=agent, running=agent.published, kind="browser_voice", media="voice", conversation=call)
    assert (opened.facts.owner.owner, opened.facts.owner.name, opened.facts.owner.number) == ("human", "Alice", 1)


def test_a_persons_words_are_written_with_their_name(call: Conversation, agent: Agent, alice: User) -> None:
    leg = open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice", conversation=call)  # type: ignore[arg-type]
    entry = AgentTurn(seq=1, number=3, text="Hello, Alice here.", role="human", by=alice.public_id)
    record_entries(leg, [entry])
    turn = Turn.objects.get(leg=leg, role="human")
    assert (turn.by, turn.text) == (alice, "Hello, Alice here.")
