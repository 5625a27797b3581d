"""Two contacts become one and come apart again: nothing is lost, all of it is audited, no other workspace is touched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from agents.models import Agent
from channels_io.actions.find_contact import find_contact
from channels_io.actions.merge_contacts import CannotMerge, merge_contacts, preview
from channels_io.actions.open_leg import open_leg
from channels_io.actions.unmerge_contacts import unmerge_contacts
from channels_io.models import Alert, Contact, ContactMerge, Conversation, Fact, Identity, PhoneCall, Thread
from channels_io.reads.contacts import contacts_of
from parley.accounts.actor import Actor
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import make_conversation
from tests.support.messaging_lines import twilio_line

NUMBER, USER = ("phone", "+353861234501"), ("whatsapp", "IE.77")


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


@pytest.fixture
def actor(acme: Workspace, oscar: User) -> Actor:
    return actor_for(oscar, acme)


def learn(contact: Contact, name: str, value: str, *, days: int) -> Fact:
    made: Fact = Fact.objects.create(
        workspace=contact.workspace,
        contact=contact,
        name=name,
        value=value,
        learnt_at=timezone.now() - timedelta(days=days),
    )
    return made


@pytest.fixture
def two(acme: Workspace, agent: Agent) -> tuple[Contact, Contact]:
    """Ann by telephone, and somebody without a name on WhatsApp."""
    ann, other = find_contact(acme, [NUMBER], name="Ann"), find_contact(acme, [USER])
    make_conversation(agent, identity=NUMBER)
    make_conversation(agent, identity=USER, kind="whatsapp_cloud", media="text")
    channel = twilio_line(acme)
    Thread.objects.create(workspace=acme, channel=channel, address=USER[1], contact=other)
    PhoneCall.objects.create(workspace=acme, contact=other, key="k", direction="inbound", remote=NUMBER[1])
    learn(ann, "city", "Cork", days=9)
    learn(ann, "email", "ann@garden.example", days=1)
    learn(other, "city", "Dublin", days=2)
    learn(other, "pet", "a dog", days=2)
    learn(other, "email", "old@garden.example", days=8)
    return ann, other


def everything() -> dict[str, Any]:
    """All that belongs to somebody, with whom it belongs to."""
    rows: dict[str, Any] = {}
    for model in (Identity, Conversation, Thread, PhoneCall, Fact):
        rows[model.__name__] = sorted(model.objects.values_list("pk", "contact"))
    rows["facts"] = sorted(Fact.objects.values_list("contact", "name", "value"))
    rows["contacts"] = sorted(Contact.objects.values_list("pk", "name", "merged_into"))
    return rows


def test_all_that_was_the_others_is_the_ones(actor: Actor, two: tuple[Contact, Contact]) -> None:
    ann, other = two
    assert preview(ann, other) == {
        "identities": 1, "conversations": 1, "threads": 1, "calls": 1, "messages": 0, "entries": 0, "facts": 3,
    }  # fmt: skip
    merge = merge_contacts(actor, ann, other)
    assert {
        each.contact_id for model in (Identity, Conversation, Thread, PhoneCall) for each in model.objects.all()
    } == {ann.pk}
    facts = dict(Fact.objects.filter(contact=ann).values_list("name", "value"))
    assert facts == {"city": "Dublin", "email": "ann@garden.example", "pet": "a dog"}
    assert list(contacts_of(ann.workspace)) == [ann]
    assert find_contact(ann.workspace, [USER]) == ann
    event = AuditEvent.objects.get(verb="contact.merged")
    assert (event.target_id, event.data["gone"], event.data["merge"]) == (
        ann.public_id,
        other.public_id,
        merge.public_id,
    )
    assert NUMBER[1] not in str(event.data) and "Ann" not in str(event.data)


def test_undone_everything_is_where_it_was(actor: Actor, two: tuple[Contact, Contact]) -> None:
    ann, other = two
    before = everything()
    merge = merge_contacts(actor, ann, other)
    assert everything() != before
    assert unmerge_contacts(actor, merge) == other
    assert everything() == before
    assert AuditEvent.objects.filter(verb="contact.unmerged", target_id=ann.public_id).count() == 1
    again = merge_contacts(actor, other, ann)
    assert Contact.objects.get(pk=other.pk).name == "Ann"
    unmerge_contacts(actor, again)
    assert everything() == before


def test_what_came_after_the_merge_stays(actor: Actor, agent: Agent, two: tuple[Contact, Contact]) -> None:
    ann, other = two
    merge = merge_contacts(actor, ann, other)
    later = open_leg(agent=agent, running=agent.published, kind="twilio_voice", media="voice", contact=other)
    assert later.conversation.contact == ann
    unmerge_contacts(actor, merge)
    assert Conversation.objects.get(pk=later.conversation_id).contact == ann


def test_a_merge_is_undone_once(actor: Actor, two: tuple[Contact, Contact]) -> None:
    merge = merge_contacts(actor, *two)
    unmerge_contacts(actor, merge)
    before = everything()
    with pytest.raises(CannotMerge):
        unmerge_contacts(actor, merge)
    assert everything() == before


def test_merges_come_apart_in_their_order(actor: Actor, acme: Workspace, two: tuple[Contact, Contact]) -> None:
    ann, other = two
    third = find_contact(acme, [("email", "c@garden.example")])
    before = everything()
    first = merge_contacts(actor, ann, other)
    second = merge_contacts(actor, third, ann)
    assert Contact.objects.get(pk=other.pk).merged_into == third
    with pytest.raises(CannotMerge):
        unmerge_contacts(actor, first)
    unmerge_contacts(actor, second)
    unmerge_contacts(actor, first)
    assert everything() == before


@pytest.mark.parametrize("twice", [True, False])
def test_nobody_is_merged_with_themselves_or_with_who_is_gone(
    actor: Actor, two: tuple[Contact, Contact], twice: bool
) -> None:
    ann, other = two
    if not twice:
        with pytest.raises(CannotMerge):
            merge_contacts(actor, ann, ann)
        return
    merge_contacts(actor, ann, other)
    with pytest.raises(CannotMerge):
        merge_contacts(actor, ann, other)
    assert ContactMerge.objects.count() == 1


def test_never_across_workspaces(actor: Actor, globex: Workspace, charlie: User, two: tuple[Contact, Contact]) -> None:
    ann, other = two
    foreign = find_contact(globex, [NUMBER])
    before = everything()
    for kept, gone in ((ann, foreign), (foreign, ann)):
        with pytest.raises(CannotMerge):
            merge_contacts(actor, kept, gone)
    merge = merge_contacts(actor, ann, other)
    with pytest.raises(CannotMerge):
        unmerge_contacts(actor_for(charlie, globex), merge)
    unmerge_contacts(actor, merge)
    assert everything() == before


def test_a_viewer_merges_nobody(acme: Workspace, vera: User, two: tuple[Contact, Contact]) -> None:
    with pytest.raises(PermissionDenied):
        merge_contacts(actor_for(vera, acme), *two)


def test_the_suggestion_is_done_with(actor: Actor, two: tuple[Contact, Contact]) -> None:
    ann, other = two
    find_contact(ann.workspace, [USER, NUMBER])
    assert Alert.objects.filter(seen_at=None).count() == 1
    merge_contacts(actor, ann, other)
    assert Alert.objects.filter(seen_at=None).count() == 0
