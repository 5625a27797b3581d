from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from django.test import Client

from channels_io import recordings
from channels_io.kinds.twilio_messaging.tickets import ticket_for
from channels_io.models import Channel, InboundEvent
from parley.accounts.models import Workspace
from tests.support.messaging_lines import PERSON, SENDER, SID, form_of, post_twilio, twilio_line, twilio_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(acme: Workspace) -> Channel:
    return twilio_line(acme)


def test_a_message_is_kept_before_the_answer(line: Channel) -> None:
    answer = post_twilio(line, form_of(line))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.content.endswith(b"<Response/>")
    event = InboundEvent.objects.get()
    assert (event.kind, event.key, event.channel, event.account) == ("message", SID, line, line.account)
    assert event.body["text"] == "Hello, are you open on Saturday? 👋"
    assert event.thread is not None
    assert event.thread.address == PERSON
    assert event.thread.due_at is not None


def test_the_same_again_is_the_same_answer_and_no_row(line: Channel) -> None:
    answers = [post_twilio(line, form_of(line)) for _ in range(5)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert InboundEvent.objects.count() == 1


def test_the_same_id_with_more_around_it_is_the_same(line: Channel) -> None:
    """A retry may carry more fields, in another order, and is signed anew."""
    post_twilio(line, form_of(line))
    again = post_twilio(line, dict(reversed(form_of(line, RetryCount="1", FromCity="DUBLIN").items())))
    assert again.status_code == 200
    assert InboundEvent.objects.count() == 1


def test_a_message_to_another_sender_of_the_account_goes_to_its_channel(line: Channel, acme: Workspace) -> None:
    other = twilio_line(acme, address="whatsapp:+15550100009", account=line.account)
    post_twilio(line, form_of(line, To="whatsapp:+15550100009", From="whatsapp:" + PERSON))
    assert InboundEvent.objects.get().channel == other


def test_a_message_to_no_sender_of_ours_is_still_kept(line: Channel) -> None:
    post_twilio(line, form_of(line, To="+15550109999", MessagingServiceSid="MG" + "1" * 32))
    assert InboundEvent.objects.get().channel == line


def test_another_tenants_channel_of_the_same_number_is_not_meant(line: Channel, globex: Workspace) -> None:
    theirs = twilio_line(globex, address="+15550100007", number="AC" + "b" * 32)
    post_twilio(line, form_of(line, To="+15550100007"))
    assert InboundEvent.objects.get().channel == line
    assert not InboundEvent.objects.filter(channel=theirs).exists()


def test_a_status_brings_our_own_id_back(line: Channel) -> None:
    form = {"MessageSid": SID, "MessageStatus": "delivered", "AccountSid": str(line.account and line.account.number)}
    answer = post_twilio(line, form, what="status", query="?key=om_1")
    assert answer.status_code == 200
    event = InboundEvent.objects.get()
    assert (event.kind, event.key, event.body["key"], event.body["status"]) == (
        "status", f"{SID}:delivered", "om_1", "delivered",
    )  # fmt: skip
    assert event.thread is None


def test_a_status_that_says_nothing_new_is_answered_and_not_kept(line: Channel) -> None:
    for word in ("queued", "sending", "accepted"):
        form = {"MessageSid": SID, "MessageStatus": word, "AccountSid": str(line.account and line.account.number)}
        assert post_twilio(line, form, what="status").status_code == 200
    assert not InboundEvent.objects.exists()


def test_a_status_at_the_address_of_messages_is_taken_as_one(line: Channel) -> None:
    form = {
        "MessageSid": SID,
        "SmsStatus": "delivered",
        "MessageStatus": "delivered",
        "AccountSid": str(line.account and line.account.number),
        "From": line.address,
        "To": PERSON,
    }
    assert post_twilio(line, form).status_code == 200
    assert InboundEvent.objects.get().kind == "status"


def test_statuses_in_any_order_are_all_kept(line: Channel) -> None:
    for number, order in enumerate(permutations(["sent", "delivered", "read"])):
        sid = "SM" + f"{number:x}" * 32
        for word in order:
            form = {"MessageSid": sid, "MessageStatus": word, "AccountSid": str(line.account and line.account.number)}
            assert post_twilio(line, form, what="status").status_code == 200
        assert InboundEvent.objects.filter(key__startswith=sid).count() == 3


def test_a_form_that_is_no_message_is_answered_and_not_kept(line: Channel) -> None:
    assert post_twilio(line, form_of(line, MessageSid="x", SmsSid="x")).status_code == 200
    assert not InboundEvent.objects.exists()


def test_a_voice_note_of_ours_is_fetched_with_its_ticket(line: Channel) -> None:
    name = "voice_notes/w/1.ogg"
    path: Path = recordings.path_of(name)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"OggS...")
    ticket = ticket_for(line.public_id, name)
    answer = Client().get(twilio_path(line, f"media/{ticket}"))
    assert (answer.status_code, answer.content) == (200, b"OggS...")
    assert answer.headers["Content-Type"] == "audio/ogg"


def test_no_other_file_is_fetched(line: Channel, acme: Workspace) -> None:
    other = twilio_line(acme, address=f"whatsapp:{SENDER}", account=line.account)
    forged = ticket_for(line.public_id, "voice_notes/w/1.ogg")
    for channel, ticket in (
        (line, "x"),
        (line, forged[:-1]),
        (other, forged),
        (line, ticket_for(line.public_id, "../../etc/passwd")),
        (line, ticket_for(line.public_id, "gone.ogg")),
    ):
        assert Client().get(twilio_path(channel, f"media/{ticket}")).status_code == 404
