from __future__ import annotations

import pytest
from django.utils import timezone

from channels_io.actions.queue_message import queue_message
from channels_io.actions.take_inbound import take_inbound
from channels_io.messaging.content import TextContent
from channels_io.messaging.deliver import deliver_thread
from channels_io.messaging.provider import DeliveryReport, body_of
from channels_io.messaging.reports import WAITS
from channels_io.messaging.sweep import sweep_messages
from channels_io.models import InboundEvent, OutboundMessage
from channels_io.reads.threads import thread_for
from tests.channels_io.messaging.conftest import ANN, PaperLine
from tests.channels_io.messaging.paper import Post, failed

pytestmark = pytest.mark.django_db(transaction=True)


def report(line: PaperLine, status: str, provider_id: str = f"SM{0:032x}", **more: str) -> bool:
    told = DeliveryReport(provider_id=provider_id, status=status, at=timezone.now(), **more)  # type: ignore[arg-type]
    kind = InboundEvent.Kind.STATUS
    return take_inbound(line.channel, line.account, kind, f"{provider_id}:{status}", body_of(told))


def queued(line: PaperLine, text: str = "Hello") -> OutboundMessage:
    return queue_message(thread=thread_for(line.channel, ANN), content=TextContent(text), key=text)


def test_a_report_takes_effect_at_once(line: PaperLine, post: Post) -> None:
    message = queued(line)
    deliver_thread(message.thread_id)
    for status in ("read", "delivered", "sent"):
        assert report(line, status)
        assert not report(line, status)
    message.refresh_from_db()
    assert message.state == "read"
    assert message.delivered_at is not None
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}


def test_one_that_comes_before_its_messages_id_waits_for_it(line: PaperLine, post: Post) -> None:
    message = queued(line)
    report(line, "delivered")
    assert InboundEvent.objects.get().state == "waiting"
    deliver_thread(message.thread_id)
    message.refresh_from_db()
    assert message.state == "delivered"
    assert InboundEvent.objects.get().state == "done"


def test_our_own_key_finds_it_sooner(line: PaperLine, post: Post) -> None:
    """The provider took it and said nothing; its report says all."""
    message = queued(line)
    post.failures, post.taken_anyway = [failed("unknown")], True
    deliver_thread(message.thread_id)
    report(line, "sent", post.sent[0].provider_id, key=message.public_id)
    message.refresh_from_db()
    assert (message.state, message.unsure, message.provider_id) == ("sent", False, post.sent[0].provider_id)
    line.pass_time()
    deliver_thread(message.thread_id)
    assert len(post.sent) == 1


def test_why_it_was_not_delivered_is_kept(line: PaperLine, post: Post) -> None:
    message = queued(line)
    deliver_thread(message.thread_id)
    report(line, "failed", error_code="30007", error="Filtered")
    message.refresh_from_db()
    assert (message.state, message.error_code, message.error) == ("failed", "30007", "Filtered")


def test_a_report_about_nothing_of_ours_is_forgotten_in_the_end(line: PaperLine) -> None:
    report(line, "sent", "SMunknown")
    for _ in WAITS:
        assert InboundEvent.objects.get().state == "waiting"
        line.pass_time()
        sweep_messages()
    assert (InboundEvent.objects.get().state, InboundEvent.objects.get().error) == ("ignored", "no_such_message")


def test_a_body_that_is_no_report_is_dead(line: PaperLine) -> None:
    assert take_inbound(line.channel, line.account, InboundEvent.Kind.STATUS, "SM1:sent", {"nonsense": 1})
    assert InboundEvent.objects.get().state == "dead"


def test_another_workspaces_message_is_not_touched(line: PaperLine, post: Post) -> None:
    message = queued(line)
    deliver_thread(message.thread_id)
    OutboundMessage.objects.update(channel=None)
    report(line, "read")
    message.refresh_from_db()
    assert message.state == "sent"
