"""The pages of people: found, shown with all they came by, changed by who may, merged, erased with a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Agent
from channels_io.actions.find_contact import find_contact
from channels_io.actions.merge_contacts import merge_contacts
from channels_io.actions.write_fact import write_fact
from channels_io.models import Contact, ContactMerge, Fact, OptOut
from channels_io.pages.contacts import erase_word
from channels_io.reads.contacts import read_contacts
from parley.accounts.actor import system_actor
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

NUMBER = ("phone", "+353861234501")
ClientOf = Callable[[User], Client]


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


@pytest.fixture
def ann(acme: Workspace, agent: Agent) -> Contact:
    contact = find_contact(acme, [NUMBER, ("email", "ann@garden.example")], name="Ann Byrne")
    make_conversation(agent, identity=NUMBER)
    make_conversation(agent, identity=NUMBER, kind="api", media="text")
    write_fact(system_actor(acme), contact, name="city", value="Cork <b>")
    return contact


def page(client: Client, name: str, *args: str, **query: str) -> str:
    response = client.get(reverse(f"channels_io:{name}", args=args), query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def post(client: Client, route: str, /, *args: str, **data: str) -> int:
    return client.post(reverse(f"channels_io:{route}", args=args), data).status_code


def test_a_list_without_anybody_says_what_to_do(acme: Workspace, vera: User, client_of: ClientOf) -> None:
    assert "Nobody has come yet" in page(client_of(vera), "contacts")


def test_the_list_shows_who_by_what_and_when(ann: Contact, oscar: User, client_of: ClientOf) -> None:
    shown = page(client_of(oscar), "contacts")
    assert "Ann Byrne" in shown and "+353 86 123 4501" in shown and "ann@garden.example" in shown
    assert "2 conversations" in shown and "Web call" in shown or "mic" in shown


def test_a_viewer_reads_names_and_no_whole_address(ann: Contact, vera: User, client_of: ClientOf) -> None:
    shown = page(client_of(vera), "contacts")
    assert "Ann Byrne" in shown and "…01" in shown and "a…@…" in shown
    assert "123 4501" not in shown and "garden.example" not in shown


@pytest.mark.parametrize(
    "text", ["byrne", "ANN", "86 123", "0861234501", "+353 86 123 4501", "garden", "ann@garden.example"]
)
def test_somebody_is_found_by_a_part(ann: Contact, text: str) -> None:
    assert [row.contact for row in read_contacts(system_actor(ann.workspace), text).rows] == [ann]


def test_no_digit_of_a_number_is_told_to_who_may_not_read_it(
    ann: Contact, vera: User, oscar: User, client_of: ClientOf
) -> None:
    for text in ("86 123", "+353861234501", "garden", "ann@garden.example"):
        assert "Ann Byrne" in page(client_of(oscar), "contacts", q=text), text
        assert "Ann Byrne" not in page(client_of(vera), "contacts", q=text), text
    assert "Ann Byrne" in page(client_of(vera), "contacts", q="byrne")


@pytest.mark.parametrize("text", ["nobody", "99999", "%", "\x00", "' OR 1=1"])
def test_and_not_by_what_they_are_not(ann: Contact, text: str) -> None:
    if text == "\x00":
        assert [row.contact for row in read_contacts(system_actor(ann.workspace), text).rows] == [ann]
        return
    assert read_contacts(system_actor(ann.workspace), text).rows == ()


def test_pages_of_the_list_hold_everybody_once(acme: Workspace) -> None:
    now = timezone.now()
    made = [
        Contact(workspace=acme, name=f"N{number}", seen_at=now - timedelta(minutes=number // 2)) for number in range(11)
    ]
    Contact.objects.bulk_create(made)
    seen: list[str] = []
    before = ""
    while True:
        found = read_contacts(system_actor(acme), before=before, size=4)
        seen += [row.contact.name for row in found.rows]
        if not found.older:
            break
        before = found.older
    assert sorted(seen) == sorted(contact.name for contact in made) and len(seen) == 11
    back = read_contacts(system_actor(acme), after=found.newer, size=4)
    assert [row.contact.name for row in back.rows] == seen[4:8]
    assert [row.contact.name for row in read_contacts(system_actor(acme), before="nonsense", size=4).rows] == seen[:4]


def test_one_person_with_all_that_is_known(ann: Contact, oscar: User, client_of: ClientOf) -> None:
    shown = page(client_of(oscar), "contact", ann.public_id)
    for words in ("Ann Byrne", "+353 86 123 4501", "city", "Cork &lt;b&gt;", "Written by a member", "May be contacted"):
        assert words in shown, words
    assert "Erase this person" not in shown


def test_a_viewer_looks_and_changes_nothing(ann: Contact, vera: User, client_of: ClientOf) -> None:
    client, fact = client_of(vera), Fact.objects.get()
    shown = page(client, "contact", ann.public_id)
    assert "Cork" in shown and "data-open-dialog" not in shown
    for name, args in (
        ("contact-rename", (ann.public_id,)),
        ("contact-fact", (ann.public_id,)),
        ("contact-fact-erase", (ann.public_id, fact.public_id)),
        ("contact-opt-out", (ann.public_id,)),
        ("contact-merge", (ann.public_id,)),
        ("contact-erase", (ann.public_id,)),
    ):
        assert post(client, name, *args, name="x", value="x", word=erase_word(ann)) == 403, name
    assert client.get(reverse("channels_io:contact-merge", args=(ann.public_id,))).status_code == 403
    assert (Contact.objects.get().name, Fact.objects.get().value) == ("Ann Byrne", "Cork <b>")


def test_renamed_noted_forgotten(ann: Contact, oscar: User, client_of: ClientOf) -> None:
    client = client_of(oscar)
    assert post(client, "contact-rename", ann.public_id, name=" Ann  B. ") == 302
    assert Contact.objects.get().name == "Ann B."
    assert post(client, "contact-fact", ann.public_id, name="city", value="Dublin") == 302
    assert post(client, "contact-fact", ann.public_id, name="not a name", value="x") == 400
    fact = Fact.objects.get()
    assert fact.value == "Dublin"
    assert post(client, "contact-fact-erase", ann.public_id, fact.public_id) == 302
    assert not Fact.objects.exists()


def test_what_they_do_not_want(ann: Contact, oscar: User, client_of: ClientOf) -> None:
    client = client_of(oscar)
    assert post(client, "contact-opt-out", ann.public_id, scope="sms", address=NUMBER[1], wanted="no") == 302
    assert [(row.scope, row.address, row.source) for row in OptOut.objects.all()] == [("sms", NUMBER[1], "member")]
    assert "Not wanted since" in page(client, "contact", ann.public_id)
    post(client, "contact-opt-out", ann.public_id, scope="sms", address=NUMBER[1], wanted="yes")
    post(client, "contact-opt-out", ann.public_id, scope="sms", address="+15550000000", wanted="no")
    post(client, "contact-opt-out", ann.public_id, scope="post", address=NUMBER[1], wanted="no")
    assert not OptOut.objects.exists()


def test_a_merge_is_looked_at_done_and_undone(ann: Contact, acme: Workspace, oscar: User, client_of: ClientOf) -> None:
    client = client_of(oscar)
    other = find_contact(acme, [("whatsapp", "IE.1")], name="Annie")
    find_contact(acme, [("whatsapp", "IE.1"), NUMBER])
    assert "may be the same person" in page(client, "contact", ann.public_id)
    assert "Annie" in page(client, "contact-merge", ann.public_id)
    assert "Annie" in page(client, "contact-merge", ann.public_id, q="annie")
    preview = page(client, "contact-merge", ann.public_id, **{"with": other.public_id})
    assert "These two become one" in preview and not ContactMerge.objects.exists()
    assert post(client, "contact-merge", ann.public_id, **{"with": other.public_id}) == 302
    assert client.get(reverse("channels_io:contact", args=(other.public_id,))).url == reverse(
        "channels_io:contact", args=(ann.public_id,)
    )  # type: ignore[attr-defined]
    shown = page(client, "contact", ann.public_id)
    assert "may be the same person" not in shown and "Annie" in shown
    merge = ContactMerge.objects.get()
    assert post(client, "contact-unmerge", ann.public_id, merge.public_id) == 302
    assert post(client, "contact-unmerge", ann.public_id, merge.public_id) == 302
    assert "Annie" in page(client, "contact", other.public_id)


def test_a_merge_with_a_contact_of_others_is_no_merge(
    ann: Contact, globex: Workspace, oscar: User, client_of: ClientOf
) -> None:
    foreign = find_contact(globex, [NUMBER])
    client = client_of(oscar)
    assert post(client, "contact-merge", ann.public_id, **{"with": foreign.public_id}) == 404
    assert post(client, "contact-merge", ann.public_id) == 302
    assert post(client, "contact-merge", ann.public_id, **{"with": ann.public_id}) == 302
    assert not ContactMerge.objects.exists()


def test_erased_with_the_word_and_proved(ann: Contact, alice: User, vera: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert "Erase this person" in page(client, "contact", ann.public_id)
    assert post(client, "contact-erase", ann.public_id, word="wrong") == 302
    assert Contact.objects.get().name == "Ann Byrne"
    assert client.get(reverse("channels_io:contact-proof", args=(ann.public_id,))).status_code == 404
    assert post(client, "contact-erase", ann.public_id, word=f" {erase_word(ann).upper()} ") == 302
    shown = page(client_of(vera), "contact", ann.public_id)
    assert "Erased on" in shown and "Ann" not in shown and NUMBER[1] not in shown
    proof = client.get(reverse("channels_io:contact-proof", args=(ann.public_id,))).json()
    assert (proof["contact"], proof["removed"]["identities"], set(proof["left"].values())) == (ann.public_id, 2, {0})
    assert "Ann" not in str(proof)
    assert "Ann" not in page(client, "contacts")


def test_many_rows_take_no_more_questions(
    acme: Workspace, agent: Agent, vera: User, client_of: ClientOf, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(12):
        make_conversation(agent, identity=("phone", f"+35386123450{number:02d}"), exchanges=())
    client = client_of(vera)
    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]
        client.get(reverse("channels_io:contacts"))


def test_a_merged_contact_shows_up_nowhere_by_itself(
    ann: Contact, acme: Workspace, vera: User, client_of: ClientOf
) -> None:
    other = find_contact(acme, [("whatsapp", "IE.1")], name="Annie")
    merge_contacts(system_actor(acme), ann, other)
    assert [row.contact for row in read_contacts(system_actor(acme)).rows] == [ann]
    assert [row.contact for row in read_contacts(system_actor(acme), "IE.1").rows] == [ann]
