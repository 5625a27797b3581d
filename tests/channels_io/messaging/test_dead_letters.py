"""Dead letters: seen in the admin, and tried again by whoever may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from channels_io.actions.queue_message import queue_message
from channels_io.actions.retry_message import retry_answering, retry_sending
from channels_io.messaging.content import TextContent
from channels_io.messaging.deliver import deliver_thread
from channels_io.models import InboundEvent, OutboundMessage
from channels_io.reads.threads import thread_for
from parley.accounts.models import AuditEvent, User
from tests.channels_io.messaging.conftest import ANN, PaperLine
from tests.channels_io.messaging.paper import Post, failed
from tests.support.cast import actor_for

pytestmark = pytest.mark.django_db(transaction=True)
OUTBOX = "/admin/channels_io/outboundmessage/"
INBOX = "/admin/channels_io/inboundevent/"
ClientOf = Callable[[User], Client]


def refused(line: PaperLine, post: Post) -> OutboundMessage:
    message = queue_message(thread=thread_for(line.channel, ANN), content=TextContent("Your booking"), key="k")
    post.failures = [failed("never", "21211")]
    deliver_thread(message.thread_id)
    message.refresh_from_db()
    assert message.state == "failed"
    return message


def given_up(line: PaperLine) -> InboundEvent:
    line.write("Hello?")
    InboundEvent.objects.update(state="dead", error="ValueError", thought="in-1", attempts=12)
    return InboundEvent.objects.get()


def test_a_message_is_sent_again(line: PaperLine, post: Post, oscar: User) -> None:
    message = refused(line, post)
    line.wakes.clear()
    assert retry_sending(actor_for(oscar), message)
    assert ("deliver_messages", message.thread_id, 0.0) in line.wakes
    deliver_thread(message.thread_id)
    message.refresh_from_db()
    assert (message.state, message.error_code, post.texts) == ("sent", "", ["Your booking"])
    assert not retry_sending(actor_for(oscar), message)
    assert AuditEvent.objects.filter(verb="message.retried").count() == 1


def test_a_question_is_answered_after_all(line: PaperLine, post: Post, oscar: User) -> None:
    event = given_up(line)
    assert retry_answering(actor_for(oscar), event)
    line.answer()
    event.refresh_from_db()
    assert event.state == "done"
    assert post.texts == ["Hello.\n\nYou said Hello?"]
    assert not retry_answering(actor_for(oscar), event)


def test_who_only_looks_tries_nothing(line: PaperLine, post: Post, vera: User, charlie: User) -> None:
    message, event = refused(line, post), given_up(line)
    with pytest.raises(PermissionDenied):
        retry_sending(actor_for(vera), message)
    with pytest.raises(PermissionDenied):
        retry_answering(actor_for(vera), event)
    with pytest.raises(OutboundMessage.DoesNotExist):
        retry_sending(actor_for(charlie), message)
    with pytest.raises(InboundEvent.DoesNotExist):
        retry_answering(actor_for(charlie), event)


def test_the_admin_shows_them_and_tries_again(line: PaperLine, post: Post, oscar: User, client_of: ClientOf) -> None:
    message, event = refused(line, post), given_up(line)
    client = client_of(oscar)
    outbox = client.get(OUTBOX, {"state__exact": "failed"}).content.decode()
    assert "Your booking" in outbox
    assert "21211" in outbox
    inbox = client.get(INBOX, {"state__exact": "dead"}).content.decode()
    assert "Hello?" in inbox
    for address, row in ((OUTBOX, message), (INBOX, event)):
        told = client.post(address, {"action": "try_again", "_selected_action": [row.pk]}, follow=True).content.decode()
        assert "1 message is tried again." in told
        row.refresh_from_db()
        assert row.state == "waiting"
        assert client.get(f"{address}{row.pk}/change/").status_code == 200


def test_the_admin_offers_it_to_nobody_else(line: PaperLine, post: Post, vera: User, client_of: ClientOf) -> None:
    message = refused(line, post)
    client = client_of(vera)
    assert "try_again" not in client.get(OUTBOX).content.decode()
    client.post(OUTBOX, {"action": "try_again", "_selected_action": [message.pk]})
    message.refresh_from_db()
    assert message.state == "failed"
