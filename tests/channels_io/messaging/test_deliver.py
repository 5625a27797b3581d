from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from channels_io.actions.queue_message import queue_message
from channels_io.actions.set_opt_out import opt_out
from channels_io.guards.errors import NotAllowed
from channels_io.messaging import deliver as module
from channels_io.messaging.content import TemplateContent, TextContent
from channels_io.messaging.deliver import MOST_TRIES, deliver_thread
from channels_io.models import Alert, MessageTemplate, OutboundMessage, Spending, Thread
from channels_io.reads.threads import thread_for
from tests.channels_io.messaging.conftest import ANN, PaperLine
from tests.channels_io.messaging.paper import PaperMessenger, Post, failed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thread(line: PaperLine) -> Thread:
    return thread_for(line.channel, ANN)


def say(thread: Thread, text: str, key: str = "") -> OutboundMessage:
    return queue_message(thread=thread, content=TextContent(text), key=key or text)


def test_a_message_is_sent_once(thread: Thread, line: PaperLine, post: Post) -> None:
    message = say(thread, "Hello")
    assert line.wakes == [("deliver_messages", thread.pk, 0.0)]
    assert deliver_thread(thread.pk) == 1
    assert deliver_thread(thread.pk) == 0
    message.refresh_from_db()
    assert (message.state, message.provider_id, message.segments, message.attempts) == (
        "sent",
        post.sent[0].provider_id,
        1,
        1,
    )
    assert (post.sent[0].to, post.sent[0].key) == (ANN, message.public_id)
    assert not message.unsure
    assert Spending.objects.get().key == "Hello"


def test_the_same_key_is_the_same_message(thread: Thread, line: PaperLine) -> None:
    assert say(thread, "Hello", "k") == say(thread, "something else", "k")
    assert len(line.wakes) == 1


def test_a_thread_leaves_in_order(thread: Thread, post: Post) -> None:
    for text in ("1", "2", "3"):
        say(thread, text)
    post.failures = [failed("later", retry_after=1.0)]
    assert deliver_thread(thread.pk) == 1
    assert post.texts == []
    assert deliver_thread(thread.pk) == 0  # 2 and 3 wait behind 1
    OutboundMessage.objects.update(due_at=timezone.now())
    assert deliver_thread(thread.pk) == 3
    assert post.texts == ["1", "2", "3"]


def test_many_deliverers_send_each_once_and_in_order(thread: Thread, post: Post) -> None:
    for number in range(20):
        say(thread, str(number))

    def deliver(_: int) -> None:
        try:
            for _again in range(3):
                deliver_thread(thread.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(deliver, range(6)))
    deliver_thread(thread.pk)
    assert post.texts == [str(number) for number in range(20)]


def test_a_refusal_for_good_lets_the_next_one_go(thread: Thread, post: Post) -> None:
    first, second = say(thread, "1"), say(thread, "2")
    post.failures = [failed("never", "21211")]
    assert deliver_thread(thread.pk) == 2
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.error_code, second.state) == ("failed", "21211", "sent")
    assert Alert.objects.get().kind == "message_not_sent"


def test_one_that_keeps_failing_is_a_dead_letter(thread: Thread, post: Post, line: PaperLine) -> None:
    message = say(thread, "1")
    say(thread, "2")
    post.failures = [failed("later", "20500") for _ in range(MOST_TRIES)]
    for _ in range(MOST_TRIES):
        OutboundMessage.objects.update(due_at=timezone.now())
        deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.error_code, message.attempts) == ("dead", "20500", MOST_TRIES)
    assert post.texts == ["2"]
    assert Alert.objects.get().data["message"] == message.public_id


def test_a_message_taken_in_silence_is_found_and_not_sent_again(thread: Thread, post: Post) -> None:
    message = say(thread, "Hello")
    post.failures, post.taken_anyway = [failed("unknown", "timeout")], True
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.unsure) == ("waiting", True)
    assert message.due_at > timezone.now() + timedelta(seconds=4)
    OutboundMessage.objects.update(due_at=timezone.now())
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.unsure, message.provider_id) == ("sent", False, post.sent[0].provider_id)
    assert len(post.sent) == 1
    assert post.look_ups == [message.public_id]


def test_one_that_was_not_taken_is_sent_after_the_look_up(thread: Thread, post: Post) -> None:
    say(thread, "Hello")
    post.failures = [failed("unknown")]
    deliver_thread(thread.pk)
    OutboundMessage.objects.update(due_at=timezone.now())
    deliver_thread(thread.pk)
    assert post.texts == ["Hello"]
    assert len(post.look_ups) == 1


def test_a_process_killed_while_sending_leaves_a_mark(
    thread: Thread, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After kill -9 the row says that it may have left: the next process looks first."""
    message = say(thread, "Hello")
    real = PaperMessenger.send

    def killed(self: PaperMessenger, *arguments: Any, **named: Any) -> Any:
        real(self, *arguments, **named)
        raise SystemExit

    monkeypatch.setattr(PaperMessenger, "send", killed)
    with pytest.raises(SystemExit):
        deliver_thread(thread.pk)
    monkeypatch.setattr(PaperMessenger, "send", real)
    message.refresh_from_db()
    assert (message.state, message.unsure, message.lease != "") == ("waiting", True, True)
    assert deliver_thread(thread.pk) == 0  # the lease stands
    OutboundMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, len(post.sent)) == ("sent", 1)


def test_a_look_up_without_an_answer_leaves_it_open(
    thread: Thread, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = say(thread, "Hello")
    post.failures, post.taken_anyway = [failed("unknown")], True
    deliver_thread(thread.pk)

    def away(self: PaperMessenger, row: OutboundMessage) -> Any:
        raise failed("later", "away")

    OutboundMessage.objects.update(due_at=timezone.now())
    monkeypatch.setattr(PaperMessenger, "look_up", away)
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.unsure, len(post.sent)) == ("waiting", True, 1)


def test_where_there_is_no_list_it_is_sent_once_more_at_most(thread: Thread, post: Post) -> None:
    post.can(lists_messages=False)
    message = say(thread, "Hello")
    post.failures, post.taken_anyway = [failed("unknown"), failed("unknown")], True
    for _ in range(4):
        OutboundMessage.objects.update(due_at=timezone.now())
        deliver_thread(thread.pk)
    message.refresh_from_db()
    assert len(post.sent) == 2
    assert (message.state, message.error_code) == ("refused", "outcome_unknown")


def test_sent_once_more_is_marked(thread: Thread, post: Post) -> None:
    post.can(lists_messages=False)
    message = say(thread, "Hello")
    post.failures = [failed("unknown")]
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert message.due_at > timezone.now() + timedelta(seconds=29)  # time for a report to come
    OutboundMessage.objects.update(due_at=timezone.now())
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.error_code, post.texts) == ("sent", "sent_again", ["Hello"])


def test_after_stop_nothing_leaves(thread: Thread, post: Post, line: PaperLine) -> None:
    opt_out(line.channel.workspace, "sms", ANN, source="test")
    message = say(thread, "Hello")
    confirmation = say(thread, "You will get no more", "stop:in-1")
    deliver_thread(thread.pk)
    message.refresh_from_db()
    confirmation.refresh_from_db()
    assert (message.state, message.error_code, confirmation.state) == ("refused", "opted_out", "sent")
    assert Alert.objects.count() == 0


@pytest.mark.parametrize(("heard", "code"), [(None, "window_closed"), (25, "window_closed"), (23, "")])
def test_the_window_of_whatsapp(thread: Thread, post: Post, heard: int | None, code: str) -> None:
    post.can(scope="whatsapp", window_hours=24)
    if heard is not None:
        Thread.objects.update(heard_at=timezone.now() - timedelta(hours=heard))
    message = say(thread, "Hello")
    template = queue_message(thread=thread, content=TemplateContent("hello", "en", ("Ann",), "Hello Ann"), key="t")
    deliver_thread(thread.pk)
    message.refresh_from_db()
    template.refresh_from_db()
    assert message.error_code == code
    assert message.state == ("refused" if code else "sent")
    assert template.state == "sent"


def test_a_template_stands_in_where_one_is_set(thread: Thread, post: Post, line: PaperLine) -> None:
    post.can(scope="whatsapp", window_hours=24)
    row = MessageTemplate.objects.create(
        workspace=line.channel.workspace, account=line.account, reference="note", name="Note", body="News: {{1}}."
    )
    line.channel.settings["template"] = row.public_id
    line.channel.save()
    say(thread, "Your appointment\nhas moved")
    deliver_thread(thread.pk)
    [letter] = post.sent
    assert letter.content == TemplateContent(
        "note", "en", ("Your appointment has moved",), "News: Your appointment has moved."
    )


def test_a_limit_that_lifts_soon_is_waited_for(thread: Thread, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    message = say(thread, "Hello")
    answers = [NotAllowed("guard_unavailable", retry_after=30.0), NotAllowed("cap_number", retry_after=3600.0)]

    def ask(*_: Any, **__: Any) -> None:
        raise answers.pop(0)

    monkeypatch.setattr(module, "ask", ask)
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.unsure) == ("waiting", False)
    OutboundMessage.objects.update(due_at=timezone.now())
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.error_code) == ("refused", "cap_number")
    assert post.sent == []


def test_what_a_kind_breaks_with_is_looked_into_and_tried_again(thread: Thread, post: Post) -> None:
    message = say(thread, "Hello")
    post.failures = [ValueError("a fault of the kind")]
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.unsure, message.error_code) == ("waiting", True, "send_broke")


def test_a_channel_that_is_off_sends_nothing(thread: Thread, post: Post, line: PaperLine) -> None:
    line.channel.enabled = False
    line.channel.save()
    message = say(thread, "Hello")
    deliver_thread(thread.pk)
    message.refresh_from_db()
    assert (message.state, message.error_code) == ("refused", "channel_gone")
