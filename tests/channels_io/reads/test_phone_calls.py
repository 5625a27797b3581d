"""What the record says of a leg's telephone call, and the page and the export of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from channels_io.api.serializers import RecordSerializer
from channels_io.models import Conversation, Leg, PhoneCall
from channels_io.reads.export import export_record
from channels_io.reads.phone_calls import calls_of
from channels_io.reads.record import read_record
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation
from tests.support.telephone import CALLER, PERSON


@pytest.fixture
def conversation(acme: Workspace) -> Conversation:
    agent = make_agent(acme)
    publish(agent)
    return make_conversation(agent)


def call(conversation: Conversation, **more: Any) -> PhoneCall:
    key = f"k{PhoneCall.objects.count()}"
    return PhoneCall.objects.create(
        workspace=conversation.workspace, conversation=conversation, key=key, **{"remote": CALLER, **more}
    )


def inbound(conversation: Conversation, **more: Any) -> PhoneCall:
    leg = Leg.objects.get(conversation=conversation)
    return call(conversation, leg=leg, direction="inbound", status="completed", result="answered", **more)


def test_a_browsers_leg_has_none(conversation: Conversation) -> None:
    assert calls_of(conversation) == {}
    assert read_record(conversation).legs[0].call is None


def test_transfers_stand_at_the_call_they_came_of(conversation: Conversation) -> None:
    row = inbound(conversation, plan={"consent": "yes"}, stream_number=2)
    call(conversation, parent=row, direction="transfer", remote=PERSON, result="busy")
    call(
        conversation,
        parent=row,
        direction="transfer",
        remote=PERSON,
        result="connected",
        plan={"mode": "warm"},
        seconds=65,
    )
    found = calls_of(conversation)[row.leg_id or 0]
    assert [(each.label, each.tone, each.announced, each.seconds) for each in found.transfers] == [
        ("was busy", "warn", False, 0),
        ("took the call", "good", True, 65),
    ]
    assert found.notes == ("Agreed to be recorded", "Taken up again after an interruption of ours")


@pytest.mark.parametrize(
    ("answered_by", "result", "notes"),
    [
        ("human", "answered", ("A person answered",)),
        ("machine_end_beep", "message_left", ("An answering machine answered", "A message was left")),
        ("fax", "machine", ("A fax answered",)),
    ],
)
def test_who_took_a_call_of_ours(
    conversation: Conversation, answered_by: str, result: str, notes: tuple[str, ...]
) -> None:
    leg = Leg.objects.get()
    call(conversation, leg=leg, direction="outbound", answered_by=answered_by, result=result)
    found = calls_of(conversation)[leg.pk]
    assert (found.outbound, found.notes) == (True, notes)


def test_the_page_shows_numbers_to_those_who_may_see_them(
    conversation: Conversation, alice: User, vera: User, client_of: Callable[[User], Client]
) -> None:
    row = inbound(conversation)
    call(conversation, parent=row, direction="transfer", remote=PERSON, result="connected", plan={"mode": "warm"})
    url = f"/conversations/{conversation.public_id}/?tab=record"
    page = client_of(alice).get(url).content.decode()
    assert "+353 86 123 4567" in page and "+353 87 111 2233" in page
    assert "took the call" in page and "announced" in page
    hidden = client_of(vera).get(url).content.decode()
    assert "took the call" in hidden
    assert PERSON not in hidden and "+353 87 111 2233" not in hidden


def test_the_export_is_as_its_schema_says(conversation: Conversation) -> None:
    row = inbound(conversation, plan={"consent": "no"})
    call(conversation, parent=row, direction="transfer", remote=PERSON, result="no_answer")
    told = export_record(read_record(conversation))["legs"][0]["telephone"]
    assert (told["number"], told["consent"], told["transfers"][0]["result"]) == (CALLER, "no", "no_answer")
    shown = RecordSerializer(export_record(read_record(conversation))).data
    assert shown["legs"][0]["telephone"]["id"] == row.public_id
