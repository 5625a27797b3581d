"""What the record holds of words that must be hidden, and who may look behind it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg import sql

from agents.models import Agent
from channels_io import recordings
from channels_io.actions.forget_old_words import forget_old_words
from channels_io.actions.record_entries import record_entries
from channels_io.actions.reveal_turn import reveal_turn
from channels_io.actions.save_privacy_rules import save_privacy_rules
from channels_io.entries import AgentTurn, CallerTurn, EventEntry, StateSnapshot
from channels_io.models import Channel, Conversation, Event, Leg, Note, PrivacyRules, Turn
from channels_io.privacy.rules import SORTS, Rules, forget_rules, privacy_rules
from channels_io.reads.export import export_record
from channels_io.reads.record import read_record
from inference.events import ConversationState, Message
from parley.accounts.actor import Actor, system_actor
from parley.accounts.models import AuditEvent, Role, User, Workspace
from parley.lib.sealing import Unsealable
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db
CARD = "4242 4242 4242 4242"


@pytest.fixture(autouse=True)
def _fresh_rules(acme: Workspace) -> None:
    forget_rules(acme.pk)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def recorded(agent: Agent) -> Leg:
    """A leg in whose second exchange a card number was said."""
    leg = make_conversation(agent).legs.get()
    text = f"My card is {CARD}."
    state = ConversationState(history=(Message("user", text), Message("assistant", "Thank you.")), turn=50)
    record_entries(
        leg,
        [
            CallerTurn(seq=9001, number=50, text=text),
            AgentTurn(seq=9002, number=50, text=f"I heard {CARD}.", full_text=f"I heard {CARD}. Is that right?"),
            EventEntry(
                seq=9003, kind="tool_call", data={"call": "c", "name": "pay", "arguments": f'{{"card":"{CARD}"}}'}
            ),
            StateSnapshot(seq=9004, state=state),
        ],
    )
    return leg


def test_a_card_number_is_nowhere_in_the_database_but_sealed(agent: Agent) -> None:
    leg = recorded(agent)
    caller = Turn.objects.get(leg=leg, number=50, role="caller")
    assert caller.text == caller.full_text == "My card is [card …4242]."
    assert Turn.objects.get(leg=leg, number=50, role="agent").full_text == "I heard [card …4242]. Is that right?"
    assert Event.objects.get(leg=leg, seq=9003).data["arguments"] == '{"card":"[card …4242]"}'
    stored = Conversation.objects.get(pk=leg.conversation_id)
    assert stored.state["history"][0]["text"] == "My card is [card …4242]."
    assert "4242 4242" not in json.dumps(export_record(read_record(stored)), default=str)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            query = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text LIKE %s").format(sql.Identifier(table))
            cursor.execute(query, ["%4242 4242%"])
            assert cursor.fetchone() == (0,), f"{table} holds the number"


def test_an_entry_that_comes_twice_stays_hidden(agent: Agent) -> None:
    leg = recorded(agent)
    record_entries(leg, [CallerTurn(seq=9010, number=50, text="Never mind the card.")])
    turn = Turn.objects.get(leg=leg, number=50, role="caller")
    assert (turn.text, turn.sealed) == ("Never mind the card.", "")


def test_an_owner_looks_behind_it_and_that_is_written_down(agent: Agent, acme: Workspace) -> None:
    leg = recorded(agent)
    turn = Turn.objects.get(leg=leg, number=50, role="caller")
    assert reveal_turn(system_actor(acme), turn).text == f"My card is {CARD}."
    seen = AuditEvent.objects.get(verb="turn.revealed")
    assert (seen.target_id, CARD in json.dumps(seen.data)) == (turn.public_id, False)
    for role in (Role.BUILDER, Role.OPERATOR, Role.VIEWER):
        with pytest.raises(PermissionDenied):
            reveal_turn(Actor(acme, role=role), turn)


def test_sealed_words_open_in_their_own_turn_only(agent: Agent, acme: Workspace) -> None:
    leg = recorded(agent)
    turn = Turn.objects.get(leg=leg, number=50, role="caller")
    other = Turn.objects.filter(leg=leg, role="caller").exclude(pk=turn.pk).first()
    assert other is not None
    other.sealed = turn.sealed
    other.save(update_fields=["sealed"])
    with pytest.raises(Unsealable):
        reveal_turn(system_actor(acme), other)


def test_the_workspace_chooses_what_is_hidden(agent: Agent, acme: Workspace) -> None:
    save_privacy_rules(system_actor(acme), Rules(mask=("email",)), {})
    forget_rules(acme.pk)
    leg = make_conversation(agent).legs.get()
    record_entries(leg, [CallerTurn(seq=9001, number=50, text=f"{CARD}, a@b.ie")])
    assert Turn.objects.get(leg=leg, number=50).text == f"{CARD}, [e-mail]"


def test_rules_that_cannot_be_read_hide_everything_and_delete_nothing(acme: Workspace) -> None:
    PrivacyRules.objects.create(workspace=acme, rules={"mask": ["soul"], "keep_days": 1})
    assert privacy_rules(acme.pk) == Rules(mask=SORTS)


# --- keeping ------------------------------------------------------------------------------------


def aged(agent: Agent, days: int) -> Conversation:
    conversation = make_conversation(agent)
    moment = timezone.now() - timedelta(days=days)
    Leg.objects.filter(conversation=conversation).update(started_at=moment, ended_at=moment)
    Conversation.objects.filter(pk=conversation.pk).update(last_at=moment, last_words="See you on Saturday")
    Note.objects.create(workspace=agent.workspace, conversation=conversation, text="A nice person")
    return Conversation.objects.get(pk=conversation.pk)


def test_words_go_when_their_days_are_over_and_figures_stay(agent: Agent, acme: Workspace) -> None:
    old, young = aged(agent, 31), aged(agent, 29)
    save_privacy_rules(system_actor(acme), Rules(keep_days=30), {})
    assert forget_old_words() == 1
    old.refresh_from_db()
    assert (old.state, old.last_words, old.words_gone_at is not None) == ({}, "", True)
    assert not old.notes.exists()
    assert not old.turns.exclude(text="", full_text="").exists()
    assert old.turns.filter(v2v_ms__isnull=False).exists()
    assert young.turns.exclude(text="").exists()
    assert forget_old_words() == 0


def test_a_channel_may_wish_for_longer_and_a_talk_over_two_keeps_the_longest(agent: Agent, acme: Workspace) -> None:
    talk = aged(agent, 31)
    save_privacy_rules(system_actor(acme), Rules(keep_days=30), {})
    leg = talk.legs.get()
    leg.channel = Channel.objects.create(workspace=acme, kind="browser_voice", name="Site", agent=agent)
    leg.save(update_fields=["channel"])
    save_privacy_rules(system_actor(acme), Rules(keep_days=30), {leg.channel.public_id: (60, None)})
    assert forget_old_words() == 0
    save_privacy_rules(system_actor(acme), Rules(keep_days=None), {leg.channel.public_id: (10, None)})
    assert forget_old_words() == 1


def test_recordings_go_before_the_words(agent: Agent, acme: Workspace) -> None:
    talk = make_conversation(agent, recorded=True)
    leg = talk.legs.get()
    path = recordings.path_of(leg.recording)
    assert path.exists()
    Leg.objects.filter(pk=leg.pk).update(ended_at=timezone.now() - timedelta(days=8))
    save_privacy_rules(system_actor(acme), Rules(keep_sound_days=7), {})
    assert forget_old_words() == 1
    leg.refresh_from_db()
    assert (leg.recording, leg.peaks, path.exists()) == ("", {}, False)
    assert talk.turns.exclude(text="").exists()


# --- the page -----------------------------------------------------------------------------------


def test_the_page_saves_rules_and_refuses_nonsense(client: Client, alice: User, acme: Workspace) -> None:
    client.force_login(alice)
    assert client.get("/privacy/").status_code == 200
    assert client.post("/privacy/", {"mask": ["card", "phone"], "keep_days": "90"}).status_code == 302
    assert privacy_rules(acme.pk) == Rules(mask=("card", "phone"), keep_days=90)
    assert client.post("/privacy/", {"keep_days": "0"}).status_code == 400
    assert privacy_rules(acme.pk).keep_days == 90
