from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from msgspec.structs import replace

from channels_io.messaging.gaps import OVERLAP, fill_gaps
from channels_io.messaging.provider import IncomingMessage
from channels_io.models import InboundEvent
from tests.channels_io.messaging.conftest import ANN, PaperLine
from tests.channels_io.messaging.paper import PaperMessenger, Post, failed

pytestmark = pytest.mark.django_db(transaction=True)


def came(key: str, text: str, ago: float = 10.0) -> IncomingMessage:
    at = timezone.now() - timedelta(seconds=ago)
    return IncomingMessage(key=key, address=ANN, identities=(("phone", ANN),), text=text, at=at)


def made_before(line: PaperLine) -> None:
    line.channel.created_at = timezone.now() - timedelta(minutes=30)
    line.channel.save()


def test_what_was_refused_is_found_and_what_was_taken_is_not_taken_twice(line: PaperLine, post: Post) -> None:
    made_before(line)
    line.write("one", key="SM1")
    post.came = [came("SM1", "one", 20), came("SM2", "two", 10)]
    assert fill_gaps() == 1
    assert fill_gaps() == 0
    assert list(InboundEvent.objects.order_by("pk").values_list("key", flat=True)) == ["SM1", "SM2"]
    line.answer()
    assert post.texts == ["Hello.\n\nYou said one\ntwo"]  # the list tells both times, the webhook told none


def test_within_a_second_the_order_of_the_list_counts(line: PaperLine, post: Post) -> None:
    made_before(line)
    at = (timezone.now() - timedelta(seconds=10)).replace(microsecond=0)
    line.write("one", key="SM1")
    post.came = [replace(came(f"SM{number}", text), at=at) for number, text in ((1, "one"), (2, "two"), (3, "three"))]
    assert fill_gaps() == 2
    line.answer()
    assert post.texts == ["Hello.\n\nYou said one\ntwo\nthree"]


def test_the_times_of_a_thread_are_told_at_once(line: PaperLine, post: Post) -> None:
    """Whoever answered it in between would find the second message with a time before that of the first."""
    made_before(line)
    line.write("one", key="SM1")
    line.write("two", key="SM2")
    post.came = [came("SM1", "one", 20), came("SM2", "two", 10)]
    with CaptureQueriesContext(connection) as asked:
        assert fill_gaps() == 0
    assert sum(query["sql"].startswith('UPDATE "channels_io_inboundevent"') for query in asked) == 1
    assert not InboundEvent.objects.filter(provider_at=None).exists()
    first, second = InboundEvent.objects.order_by("pk")
    assert first.provider_at == post.came[0].at
    assert second.provider_at == post.came[1].at


def test_each_round_begins_a_little_before_the_last_one_ended(line: PaperLine, post: Post) -> None:
    fill_gaps()
    assert post.asked_since[0] == line.channel.created_at  # what is older was not written to this channel
    line.account.refresh_from_db()
    caught_up = line.account.caught_up_at
    assert caught_up is not None
    line.channel.created_at = timezone.now() - timedelta(days=1)
    line.channel.save()
    fill_gaps()
    assert post.asked_since[-1] == caught_up - OVERLAP


def test_a_round_that_failed_is_made_up_for(line: PaperLine, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise failed("later")

    monkeypatch.setattr(PaperMessenger, "since", away)
    line.channel.created_at = timezone.now() - timedelta(minutes=30)
    line.channel.save()
    assert fill_gaps() == 0
    line.account.refresh_from_db()
    assert line.account.caught_up_at is None


def test_a_long_list_is_asked_for_in_pieces(line: PaperLine, post: Post) -> None:
    """Nothing is passed over where a list is longer than can be asked for, and what was compared is not compared again."""
    line.channel.created_at = timezone.now() - timedelta(hours=3)
    line.channel.save()
    post.came = [came(f"SM{number}", str(number), 60 * number + 1) for number in range(120)]
    post.listed_most = 20
    assert fill_gaps() == 120
    assert InboundEvent.objects.count() == 120
    line.account.refresh_from_db()
    assert line.account.caught_up_at is not None
    assert line.account.caught_up_at > timezone.now() - timedelta(minutes=1)


def test_a_minute_with_more_than_can_be_asked_for_is_asked_for_by_seconds(line: PaperLine, post: Post) -> None:
    made_before(line)
    post.came = [came(f"SM{number}", str(number), 120 + number / 4) for number in range(240)]
    post.listed_most = 20
    assert fill_gaps() == 240
    line.account.refresh_from_db()
    assert line.account.caught_up_at is not None
    assert line.account.caught_up_at > timezone.now() - timedelta(minutes=1)


def test_providers_without_a_list_are_not_asked(line: PaperLine, post: Post) -> None:
    post.can(lists_messages=False)
    assert fill_gaps() == 0
    assert post.asked_since == []


def test_channels_that_are_off_are_not_asked(line: PaperLine, post: Post) -> None:
    line.channel.enabled = False
    line.channel.save()
    fill_gaps()
    assert post.asked_since == []


def test_two_rounds_at_once_are_one(line: PaperLine, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    real = PaperMessenger.since
    second: list[int] = []

    def slow(self: PaperMessenger, moment: Any, until: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            second.append(pool.submit(_and_closed, fill_gaps).result())
        return real(self, moment, until)

    made_before(line)
    post.came = [came("SM1", "one")]
    monkeypatch.setattr(PaperMessenger, "since", slow)
    assert fill_gaps() == 1
    assert second == [0]
    assert len(post.asked_since) == 1
    assert fill_gaps() == 0  # the lock was given back
    assert len(post.asked_since) == 2


def _and_closed(work: Any) -> Any:
    try:
        return work()
    finally:
        connections.close_all()
