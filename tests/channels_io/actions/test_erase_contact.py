"""Erased is erased: a canary in every place that holds something of a person, and nowhere afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from agents.models import Agent
from channels_io import recordings
from channels_io.actions.erase_contact import CannotErase, erase_contact
from channels_io.actions.find_contact import find_contact
from channels_io.actions.merge_contacts import merge_contacts
from channels_io.actions.open_leg import open_leg
from channels_io.actions.record_entries import record_entries
from channels_io.entries import CallerTurn, EventEntry
from channels_io.messaging.content import TextContent, to_json
from channels_io.models import (
    Campaign,
    CampaignEntry,
    Contact,
    Conversation,
    Fact,
    InboundEvent,
    Leg,
    OneTimeCode,
    OptOut,
    OutboundMessage,
    PhoneCall,
    Thread,
    Turn,
)
from channels_io.reads.contacts import proof_of
from parley.accounts.actor import Actor
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import EXCHANGES, Said, make_conversation
from tests.support.messaging_lines import twilio_line

NUMBER = ("phone", "+353861239876")
CANARY = "canary-7f3a"


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


@pytest.fixture
def owner(acme: Workspace, alice: User) -> Actor:
    return actor_for(alice, acme)


@pytest.fixture
def canary(acme: Workspace, agent: Agent) -> Contact:
    """Somebody with something in every table that can hold anything of a person."""
    contact = find_contact(
        acme, [NUMBER, ("whatsapp", f"IE.{CANARY}"), ("email", f"{CANARY}@garden.example")], name=CANARY
    )
    said = (Said(f"I am {CANARY}", f"Hello {CANARY}"), *EXCHANGES[1:])
    more = [EventEntry(seq=900, kind="tool_call", data={"arguments": CANARY})]
    conversation = make_conversation(
        agent, identity=NUMBER, exchanges=said, recorded=True, more=more, kind="twilio_voice"
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        state={"variables": {"name": CANARY}, "flow": {"ended": False}}
    )
    channel = twilio_line(acme)
    thread = Thread.objects.create(workspace=acme, channel=channel, address=NUMBER[1], contact=contact)
    OutboundMessage.objects.create(
        workspace=acme, channel=channel, thread=thread, contact=contact, conversation=conversation, key="k1",
        content=to_json(TextContent(CANARY)), state="sent",
    )  # fmt: skip
    InboundEvent.objects.create(
        workspace=acme, account=channel.account, thread=thread, kind="message", key="SM1", body={"text": CANARY}
    )
    InboundEvent.objects.create(
        workspace=acme, account=channel.account, kind="call", key="CA1", body={"From": NUMBER[1]}
    )
    call = PhoneCall.objects.create(
        workspace=acme, contact=contact, conversation=conversation, key="c1", direction="inbound", remote=NUMBER[1],
        plan={"variables": {"name": CANARY}}, status="completed",
    )  # fmt: skip
    PhoneCall.objects.create(
        workspace=acme, parent=call, key="c2", direction="transfer", remote="+15550101234", plan={"briefing": CANARY}
    )
    PhoneCall.objects.create(
        workspace=acme, contact=contact, key="c3", direction="outbound", remote=NUMBER[1], due_at=timezone.now()
    )
    Fact.objects.create(
        workspace=acme,
        contact=contact,
        name="nickname",
        value=CANARY,
        learnt_at=timezone.now(),
        conversation=conversation,
    )
    OneTimeCode.objects.create(
        workspace=acme, conversation=conversation, address=NUMBER[1], digest="x", expires_at=timezone.now()
    )
    campaign = Campaign.objects.create(workspace=acme, name="Autumn", channel=channel)
    for line, state in ((1, "done"), (2, "waiting")):
        CampaignEntry.objects.create(
            campaign=campaign, line=line, address=NUMBER[1] if line == 1 else f"{NUMBER[1]}x", name=CANARY,
            variables={"name": CANARY}, state=state, contact=contact, conversation=conversation, due_at=timezone.now(),
        )  # fmt: skip
    OptOut.objects.create(workspace=acme, scope="sms", address=NUMBER[1])
    return contact


def places(*needles: str) -> dict[str, int]:
    """Model → rows that hold one of these anywhere, in every table there is."""
    found: dict[str, int] = {}
    for model in apps.get_models():
        rows = 0
        for values in model._default_manager.values():
            text = json.dumps(values, cls=DjangoJSONEncoder, default=repr, ensure_ascii=False)
            rows += any(needle in text for needle in needles)
        if rows:
            found[model.__name__] = rows
    return found


def test_nothing_is_left_of_the_person_anywhere(owner: Actor, canary: Contact) -> None:
    before = places(CANARY, NUMBER[1])
    assert {"Contact", "Identity", "Turn", "Event", "Conversation", "OutboundMessage", "InboundEvent", "Thread"} <= set(
        before
    )
    assert {"PhoneCall", "Fact", "OneTimeCode", "CampaignEntry", "OptOut"} <= set(before)
    leg = Leg.objects.exclude(recording="").get()
    file = recordings.path_of(leg.recording)
    assert file.is_file()
    counts = erase_contact(owner, canary, opt_outs=True)
    assert places(CANARY, NUMBER[1]) == {}
    assert not file.exists()
    assert (counts["files"], counts["messages_sent"], counts["messages_received"], counts["calls"]) == (1, 1, 2, 3)
    assert (counts["identities"], counts["facts"], counts["campaign_lines"], counts["opt_outs"]) == (3, 1, 2, 1)


def test_what_the_person_does_not_want_is_kept_unless_said_otherwise(owner: Actor, canary: Contact) -> None:
    erase_contact(owner, canary)
    assert places(CANARY, NUMBER[1]) == {"OptOut": 1}


def test_figures_stay(owner: Actor, canary: Contact) -> None:
    def figures() -> dict[str, Any]:
        return {
            "turns": list(Turn.objects.order_by("pk").values_list("v2v_ms", "role", "started_ms")),
            "legs": list(Leg.objects.order_by("pk").values_list("started_at", "ended_at", "end_reason")),
            "outcomes": list(Conversation.objects.values_list("outcome", "started_at")),
            "lines": sorted(CampaignEntry.objects.values_list("line", flat=True)),
            "done": CampaignEntry.objects.filter(state="done").count(),
        }

    before = figures()
    erase_contact(owner, canary)
    assert figures() == before
    assert CampaignEntry.objects.get(line=2).state == "skipped"
    assert PhoneCall.objects.get(key="c3").status == "canceled"


def test_the_proof_holds_figures_and_no_person(owner: Actor, canary: Contact) -> None:
    erase_contact(owner, canary)
    event = AuditEvent.objects.get(verb="contact.erased")
    assert event == proof_of(canary)
    assert (event.target_id, event.data["removed"]["identities"], event.data["files"]) == (canary.public_id, 3, 1)
    assert set(event.data["left"].values()) == {0}
    assert CANARY not in str(event.data) and NUMBER[1] not in str(event.data)
    assert Contact.objects.get(pk=canary.pk).erased_at is not None


def test_whoever_comes_again_is_somebody_new(owner: Actor, canary: Contact, agent: Agent, acme: Workspace) -> None:
    erase_contact(owner, canary)
    again = find_contact(acme, [NUMBER])
    assert again != canary and again.facts.count() == 0
    leg = open_leg(agent=agent, running=agent.published, kind="twilio_voice", media="voice", contact=canary)
    assert leg.conversation.contact not in (canary, again)


def test_not_while_they_talk(owner: Actor, agent: Agent, canary: Contact) -> None:
    open_leg(agent=agent, running=agent.published, kind="twilio_voice", media="voice", contact=canary)
    before = places(CANARY)
    with pytest.raises(CannotErase):
        erase_contact(owner, canary)
    assert places(CANARY) == before


def test_a_process_that_comes_back_writes_nothing_more(owner: Actor, canary: Contact) -> None:
    leg = Leg.objects.get()
    erase_contact(owner, canary, opt_outs=True)
    record_entries(leg, [CallerTurn(seq=5000, number=99, text=CANARY)])
    assert places(CANARY) == {}


def test_merged_parts_go_along(owner: Actor, canary: Contact, acme: Workspace) -> None:
    other = find_contact(acme, [("email", f"{CANARY}-2@garden.example")], name=f"{CANARY}-2")
    merge_contacts(owner, other, canary)
    assert erase_contact(owner, other, opt_outs=True)["contacts"] == 2
    assert places(CANARY, NUMBER[1]) == {}


def test_a_second_time_there_is_nothing_to_remove(owner: Actor, canary: Contact) -> None:
    erase_contact(owner, canary)
    counts = erase_contact(owner, canary)
    assert (counts["identities"], counts["turns"], counts["files"]) == (0, 0, 0)


def test_others_lose_nothing(owner: Actor, canary: Contact, acme: Workspace, globex: Workspace, agent: Agent) -> None:
    bea = ("phone", "+353861230000")
    find_contact(acme, [bea], name="Bea")
    find_contact(globex, [NUMBER], name="Globex's own")
    make_conversation(agent, identity=bea, exchanges=(Said("I am Bea", "Hello Bea"),))
    erase_contact(owner, canary)
    assert places("Bea")["Contact"] == 1 and places("I am Bea")["Turn"] == 1
    assert places(NUMBER[1])["Identity"] == 1
    with pytest.raises(CannotErase):
        erase_contact(owner, Contact.objects.get(workspace=globex))


@pytest.mark.parametrize("member", ["vera", "oscar"])
def test_who_may(canary: Contact, acme: Workspace, member: str, request: pytest.FixtureRequest) -> None:
    actor = actor_for(request.getfixturevalue(member), acme)
    with pytest.raises(PermissionDenied):
        erase_contact(actor, canary)
