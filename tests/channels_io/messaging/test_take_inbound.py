from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from channels_io.actions.take_inbound import take_inbound
from channels_io.models import Account, Channel, InboundEvent, Thread
from tests.channels_io.messaging.conftest import ANN, PaperLine

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_is_a_row_and_makes_its_thread_due(line: PaperLine) -> None:
    assert line.write("Hi", key="SM1")
    event, thread = InboundEvent.objects.get(), line.thread()
    assert (event.key, event.state, event.thread, event.body["text"]) == ("SM1", "waiting", thread, "Hi")
    assert thread.due_at is not None
    assert thread.heard_at == event.received_at
    quiet = thread.due_at - event.received_at
    [(task, woken, countdown)] = line.wakes
    assert (task, woken) == ("answer_messages", thread.pk)
    assert abs(quiet.total_seconds() - countdown) < 0.01 < countdown


def test_the_same_id_again_is_nothing(line: PaperLine) -> None:
    assert line.write("Hi", key="SM1")
    due = line.thread().due_at
    assert not line.write("Hi", key="SM1")
    assert not line.write("something else", key="SM1")
    assert InboundEvent.objects.count() == 1
    assert line.thread().due_at == due
    assert len(line.wakes) == 1


def test_another_account_may_use_the_same_id(line: PaperLine) -> None:
    assert line.write("Hi", key="SM1")
    other = Account.objects.create(workspace=line.channel.workspace, provider="twilio", name="Other", number="AC2")
    second = Channel.objects.create(
        workspace=line.channel.workspace,
        kind="paper",
        name="Two",
        agent=line.channel.agent,
        account=other,
        address="+1",
    )
    assert take_inbound(second, other, InboundEvent.Kind.MESSAGE, "SM1", {"text": "Hi"}, address=ANN)
    assert Thread.objects.count() == 2


def test_quick_messages_move_the_answer_back_but_not_for_ever(line: PaperLine) -> None:
    line.write("one")
    first = line.thread().due_at
    line.write("two")
    second = line.thread().due_at
    assert first is not None
    assert second is not None
    assert second > first
    InboundEvent.objects.update(received_at=timezone.now() - timedelta(seconds=60))
    line.write("three")
    third = line.thread().due_at
    assert third is not None
    assert third <= timezone.now()
    assert line.wakes[-1][2] == 0.0


def test_stop_waits_for_nothing(line: PaperLine) -> None:
    line.write("one")
    Thread.objects.update(attempts=3, due_at=timezone.now() + timedelta(hours=1))
    line.write("two")
    due = line.thread().due_at
    assert due is not None
    assert due > timezone.now() + timedelta(minutes=50)
    line.write("STOP")
    due = line.thread().due_at
    assert due is not None
    assert due <= timezone.now()


def test_nobody_is_woken_for_what_is_rolled_back(line: PaperLine) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        line.write("Hi")
        raise ZeroDivisionError
    assert line.wakes == []
    assert InboundEvent.objects.count() == 0


def test_of_many_at_once_one_is_taken(line: PaperLine) -> None:
    """T7: the same request five times at the same moment."""

    def write(_: int) -> bool:
        try:
            return line.write("Hi", key="SM1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        took = list(pool.map(write, range(5)))
    assert sorted(took) == [False, False, False, False, True]
    assert InboundEvent.objects.count() == 1


def test_within_a_thread_numbers_grow_with_commits(line: PaperLine) -> None:
    """Twenty requests of one person at once: each is taken, in one thread, and none is seen before an older one is there."""

    def write(number: int) -> bool:
        try:
            return line.write(f"m{number}", key=f"SM{number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(20)))
    rows = list(InboundEvent.objects.order_by("pk").values_list("received_at", flat=True))
    assert len(rows) == 20
    assert Thread.objects.count() == 1
    assert len(line.wakes) == 20


def test_what_cannot_be_stored_is_cleaned(line: PaperLine) -> None:
    assert line.write("a\x00b\ud800", key="SM\x001")
    event = InboundEvent.objects.get()
    assert (event.key, event.body["text"]) == ("SM1", "ab")


def test_an_event_of_a_call_is_only_kept(line: PaperLine) -> None:
    assert take_inbound(line.channel, line.account, InboundEvent.Kind.CALL, "CA1:ringing", {"status": "ringing"})
    assert not take_inbound(line.channel, line.account, InboundEvent.Kind.CALL, "CA1:ringing", {"status": "ringing"})
    event = InboundEvent.objects.get()
    assert (event.state, event.thread) == ("done", None)
    assert line.wakes == []
