"""Both carriers over real sockets: the same message from many requests at once is one row (T7, F14)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from django.db import connections

from channels_io.kinds.whatsapp_cloud.kind import KIND as META
from channels_io.models import InboundEvent, Thread
from channels_io.simulators.meta import MetaSimulator, Person
from channels_io.simulators.meta.payloads import envelope, raw, signed, text, value_of
from channels_io.simulators.twilio import TwilioSimulator
from parley.accounts.models import Workspace
from tests.support.in_thread import in_thread
from tests.support.messaging_lines import (
    FORM,
    form_of,
    meta_line,
    meta_path,
    twilio_line,
    twilio_path,
    twilio_signature,
)

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Person("15550100001", "Ann", "US.1")


@pytest.fixture
def public(live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    settings.PARLEY_PUBLIC_URL = live_server.url
    monkeypatch.setattr("channels_io.messaging.wake.wake", lambda *args, **more: None)
    yield live_server.url
    connections.close_all()


def test_twilio_five_at_once(acme: Workspace, public: str) -> None:
    line = twilio_line(acme)
    form = form_of(line)
    headers = {"X-Twilio-Signature": twilio_signature(twilio_path(line), form, base=public), "Content-Type": FORM}
    with ThreadPoolExecutor(5) as pool:
        answers = list(
            pool.map(
                lambda _: httpx.post(public + twilio_path(line), data=form, headers=headers, timeout=60), range(10)
            )
        )
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert InboundEvent.objects.count() == 1
    assert Thread.objects.count() == 1


def test_meta_five_at_once(acme: Workspace, public: str) -> None:
    channel, identity = meta_line(acme)
    with in_thread(MetaSimulator(identity, hook=public + meta_path(channel))) as (meta, run):
        assert run(meta.verify())
        run(meta.text(ANN, "Hi 👋", times=5))
        run(meta.text(ANN, "And again", times=5))
        assert {delivery.status for delivery in meta.ledger.deliveries} == {200}
    assert sorted(event.body["text"] for event in InboundEvent.objects.all()) == ["And again", "Hi 👋"]
    assert Thread.objects.count() == 1


def test_twilios_own_signature_from_its_simulator(acme: Workspace, public: str) -> None:
    with in_thread(TwilioSimulator()) as (twilio, run):
        line = twilio_line(acme, token=twilio.auth_token, number=twilio.account_sid)
        twilio.add_number(line.address, sms_url=public + twilio_path(line))
        record = run(twilio.sms("Open on Saturday? 👋  ", sender="+353861234567", to=line.address))
        assert record.hooks[0].status == 200
    assert InboundEvent.objects.get().body["text"] == "Open on Saturday? 👋  "


def test_a_message_that_many_came_after_is_still_known(acme: Workspace, public: str) -> None:
    channel, identity = meta_line(acme)
    with in_thread(MetaSimulator(identity, hook=public + meta_path(channel))) as (meta, run):
        run(meta.text(ANN, "first", message_id="wamid.first"))
        run(meta.batch([(ANN, f"more {number}") for number in range(100)]))
        run(meta.text(ANN, "first", message_id="wamid.first"))
        assert {delivery.status for delivery in meta.ledger.deliveries} == {200}
    assert InboundEvent.objects.count() == 101


def test_meta_a_whole_batch_of_a_thousand(acme: Workspace, public: str) -> None:
    channel, identity = meta_line(acme)
    messages = [text(ANN, f"update {number} 👋", at=1_700_000_000 + number) for number in range(1000)]
    values = [value_of(identity, people=[ANN], messages=[message]) for message in messages]
    body = raw(envelope(identity, *values))
    assert 64 * 1024 < len(body) < META.hook_bytes
    headers = {"X-Hub-Signature-256": signed(body, identity.app_secret)}
    answer = httpx.post(public + meta_path(channel), content=body, headers=headers, timeout=60)
    assert answer.status_code == 200
    assert InboundEvent.objects.count() == 1000
    texts = list(InboundEvent.objects.order_by("pk").values_list("body__text", flat=True))
    assert texts == [f"update {number} 👋" for number in range(1000)]


def test_a_large_body_changes_nothing(acme: Workspace, public: str) -> None:
    channel, identity = meta_line(acme)
    body = raw({"object": "x" * META.hook_bytes})
    headers = {"X-Hub-Signature-256": signed(body, identity.app_secret)}
    answer = httpx.post(public + meta_path(channel), content=body, headers=headers, timeout=60)
    assert (answer.status_code, answer.content) == (403, b"Forbidden\n")
    assert not InboundEvent.objects.exists()
