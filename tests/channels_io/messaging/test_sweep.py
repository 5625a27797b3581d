from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_io.actions.queue_message import queue_message
from channels_io.messaging.content import TextContent
from channels_io.messaging.leases import claim
from channels_io.messaging.sweep import sweep_messages
from channels_io.models import OutboundMessage, Thread
from channels_io.reads.threads import thread_for
from tests.channels_io.messaging.conftest import ANN, PaperLine

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_nobody_was_woken_for_is_found(line: PaperLine) -> None:
    line.write("Hi")
    line.wakes.clear()
    assert sweep_messages() == 0  # the person may still be typing
    line.pass_time()
    assert sweep_messages() == 0  # whoever was woken for it is on the way
    line.pass_time(5)
    assert sweep_messages() == 1
    assert line.wakes == [("answer_messages", line.thread().pk, 0.0)]


def test_a_thread_in_hands_is_left_until_these_are_dead(line: PaperLine) -> None:
    line.write("Hi")
    line.pass_time(5)
    claim(line.thread().pk)
    assert sweep_messages() == 0
    Thread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_messages() == 1


def test_unsent_messages_are_found_by_their_oldest(line: PaperLine) -> None:
    thread = thread_for(line.channel, ANN)
    first = queue_message(thread=thread, content=TextContent("1"), key="1")
    queue_message(thread=thread, content=TextContent("2"), key="2")
    line.wakes.clear()
    line.pass_time(5)
    assert sweep_messages() == 1
    OutboundMessage.objects.filter(pk=first.pk).update(due_at=timezone.now() + timedelta(minutes=5))
    assert sweep_messages() == 0  # the second waits behind the first
    OutboundMessage.objects.filter(pk=first.pk).update(state="sent")
    assert sweep_messages() == 1
    OutboundMessage.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    assert sweep_messages() == 0
