"""One person, however they come: found by any identity, and nobody by a number that is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from channels_io.actions.find_contact import SAME_PERSON, find_contact
from channels_io.models import Alert, Contact, Identity
from parley.accounts.models import Workspace

NUMBER = ("phone", "+353861234501")
USER = ("whatsapp", "IE.1234567")


def known(contact: Contact) -> list[tuple[str, str]]:
    return [(each.kind, each.value) for each in contact.identities.order_by("pk")]


def test_somebody_new_is_made_with_all_that_is_known(acme: Workspace) -> None:
    contact = find_contact(acme, [USER, NUMBER, USER], name=" Ann ")
    assert (contact.name, known(contact)) == ("Ann", [USER, NUMBER])


def test_the_same_person_over_another_channel_is_the_same(acme: Workspace) -> None:
    caller = find_contact(acme, [NUMBER])
    writer = find_contact(acme, [USER, NUMBER], name="Ann")
    assert (writer, known(writer), Contact.objects.count()) == (caller, [NUMBER, USER], 1)
    assert find_contact(acme, [USER]).name == "Ann"


def test_a_name_that_is_known_stays(acme: Workspace) -> None:
    find_contact(acme, [NUMBER], name="Ann Byrne")
    assert find_contact(acme, [NUMBER], name="annie99").name == "Ann Byrne"


def test_another_workspace_knows_nobody_of_this_one(acme: Workspace, globex: Workspace) -> None:
    assert find_contact(acme, [NUMBER]) != find_contact(globex, [NUMBER])
    assert Contact.objects.count() == 2


@pytest.mark.parametrize(
    "value",
    ["", " ", "anonymous", "+", "+35", "234501", "861234501", "353861234501", "+353861234501;ext=1", "client:ann", "restricted"],
)  # fmt: skip
def test_what_is_no_number_is_nobody(acme: Workspace, value: str) -> None:
    ann = find_contact(acme, [NUMBER])
    first, second = find_contact(acme, [("phone", value)]), find_contact(acme, [("phone", value)])
    assert len({ann.pk, first.pk, second.pk}) == 3
    assert (known(first), known(second)) == ([], [])


def test_an_address_is_found_in_any_case(acme: Workspace) -> None:
    ann = find_contact(acme, [("email", "Ann@Garden.Example")])
    assert find_contact(acme, [("email", "ann@garden.example")]) == ann
    assert known(find_contact(acme, [("email", "not an address")])) == []


def test_one_message_that_names_two_people_suggests_and_moves_nothing(acme: Workspace) -> None:
    ann, bea = find_contact(acme, [NUMBER], name="Ann"), find_contact(acme, [USER], name="Bea")
    assert find_contact(acme, [USER, NUMBER]) == bea
    assert (known(ann), known(bea)) == ([NUMBER], [USER])
    alert = Alert.objects.get()
    assert (alert.kind, sorted(alert.data["contacts"])) == (SAME_PERSON, sorted([ann.public_id, bea.public_id]))
    assert NUMBER[1] not in alert.text
    find_contact(acme, [NUMBER, USER])
    assert Alert.objects.get().count == 2


def test_whoever_was_merged_is_found_as_the_one_that_stayed(acme: Workspace) -> None:
    ann, bea = find_contact(acme, [NUMBER]), find_contact(acme, [USER])
    Contact.objects.filter(pk=bea.pk).update(merged_into=ann)
    assert find_contact(acme, [USER]) == ann


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_one_person(acme: Workspace) -> None:
    def find(_: int) -> int:
        try:
            return find_contact(acme, [USER, NUMBER]).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(find, range(12)))
    assert len(found) == 1
    assert sorted(Identity.objects.values_list("kind", flat=True)) == ["phone", "whatsapp"]
