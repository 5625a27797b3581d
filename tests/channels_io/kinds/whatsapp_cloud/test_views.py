from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from django.test import Client

from channels_io.models import Channel, InboundEvent
from channels_io.simulators.meta import payloads
from channels_io.simulators.meta.people import MetaIdentity, Person, new_identity
from parley.accounts.models import Workspace
from tests.support.messaging_lines import meta_line, meta_path, post_meta

pytestmark = pytest.mark.django_db

ANN = Person("15550100001", "Ann", "US.1")
BOB = Person("15550100002", "Bob", "US.2")
NOW = 1_790_000_000
Line = tuple[Channel, MetaIdentity]


@pytest.fixture
def line(acme: Workspace) -> Line:
    return meta_line(acme)


def said(identity: MetaIdentity, *messages: dict[str, Any], person: Person = ANN) -> dict[str, Any]:
    return payloads.envelope(identity, payloads.value_of(identity, people=[person], messages=messages))


def test_a_message_is_kept_before_the_answer(line: Line) -> None:
    channel, identity = line
    answer = post_meta(channel, identity, said(identity, payloads.text(ANN, "Hi 👋 a/b", at=NOW, message_id="wamid.1")))
    assert answer.status_code == 200
    event = InboundEvent.objects.get()
    assert (event.kind, event.key, event.channel, event.body["text"]) == ("message", "wamid.1", channel, "Hi 👋 a/b")
    assert event.thread is not None
    assert event.thread.address == "+15550100001"
    assert event.provider_at is not None
    assert event.provider_at.timestamp() == NOW


def test_the_same_again_is_the_same_answer_and_no_row(line: Line) -> None:
    channel, identity = line
    payload = said(identity, payloads.text(ANN, "Hi", at=NOW, message_id="wamid.1"))
    # Re-encoded: the same message inside other bytes, signed anew.
    spaced = payloads.raw(payload).replace(b",", b", ")
    answers = [post_meta(channel, identity, body) for body in (payload, payload, spaced, payload)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"EVENT_RECEIVED")}
    assert InboundEvent.objects.count() == 1


def test_a_batch_is_kept_whole(line: Line) -> None:
    channel, identity = line
    value = payloads.value_of(
        identity,
        people=[ANN, BOB],
        messages=[payloads.text(p, f"{p.name} {n}", at=NOW + n) for n in range(3) for p in (ANN, BOB)],
    )
    status = payloads.value_of(
        identity, statuses=[payloads.status("wamid.S", w, "1", at=NOW) for w in ("read", "sent")]
    )
    assert post_meta(channel, identity, payloads.envelope(identity, value, status)).status_code == 200
    assert InboundEvent.objects.filter(kind="message").count() == 6
    assert set(InboundEvent.objects.filter(kind="status").values_list("key", flat=True)) == {
        "wamid.S:read",
        "wamid.S:sent",
    }
    threads = {event.thread_id for event in InboundEvent.objects.filter(kind="message")}
    assert len(threads) == 2


def test_the_half_of_a_batch_that_we_have_is_not_taken_twice(line: Line) -> None:
    channel, identity = line
    first, second = (payloads.text(ANN, text, at=NOW, message_id=f"wamid.{text}") for text in "ab")
    post_meta(channel, identity, said(identity, first))
    post_meta(channel, identity, said(identity, first, second))
    assert sorted(InboundEvent.objects.values_list("key", flat=True)) == ["wamid.a", "wamid.b"]


def test_a_database_that_breaks_in_a_batch_is_no_2xx(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from channels_io.kinds.whatsapp_cloud import views

    real, calls = views.take_inbound, []

    def breaks(*args: Any, **more: Any) -> bool:
        calls.append(args)
        if len(calls) == 2:
            raise OperationalError("the server closed the connection")
        return real(*args, **more)

    monkeypatch.setattr(views, "take_inbound", breaks)
    channel, identity = line
    payload = said(identity, *(payloads.text(ANN, text, at=NOW, message_id=f"wamid.{text}") for text in "abc"))
    answer = post_meta(channel, identity, payload)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert post_meta(channel, identity, payload).status_code == 200
    assert sorted(InboundEvent.objects.values_list("key", flat=True)) == ["wamid.a", "wamid.b", "wamid.c"]


def test_statuses_in_any_order_are_all_kept(line: Line) -> None:
    channel, identity = line
    for number, order in enumerate(permutations(["sent", "delivered", "read"])):
        for word in order:
            told = payloads.status(f"wamid.{number}", word, ANN.number, at=NOW, key="om_1")
            payload = payloads.envelope(identity, payloads.value_of(identity, statuses=[told]))
            assert post_meta(channel, identity, payload).status_code == 200
        assert InboundEvent.objects.filter(key__startswith=f"wamid.{number}:").count() == 3


def test_a_number_of_the_account_that_shares_the_webhook_gets_its_own(line: Line, acme: Workspace) -> None:
    channel, identity = line
    second = new_identity()
    other, _ = meta_line(acme, second, account=channel.account)
    post_meta(channel, identity, said(second, payloads.text(ANN, "Hi", at=NOW)))
    assert InboundEvent.objects.get().channel == other


def test_a_number_of_no_channel_is_answered_and_left(line: Line, globex: Workspace) -> None:
    channel, identity = line
    theirs, their_identity = meta_line(globex)
    for unknown in (new_identity(), their_identity):
        assert post_meta(channel, identity, said(unknown, payloads.text(ANN, "Hi", at=NOW))).status_code == 200
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"entry":{}}', b"[" * 20_000])
def test_signed_nonsense_is_answered_and_left(line: Line, body: bytes) -> None:
    channel, identity = line
    assert post_meta(channel, identity, body).status_code == 200
    assert not InboundEvent.objects.exists()


def test_a_reaction_is_answered_and_left(line: Line) -> None:
    channel, identity = line
    reaction = payloads.message(ANN, "reaction", {"message_id": "wamid.1", "emoji": "👍"}, at=NOW)
    assert post_meta(channel, identity, said(identity, reaction)).status_code == 200
    assert not InboundEvent.objects.exists()


class TestHandshake:
    def ask(self, channel: Channel, **query: str) -> Any:
        return Client().get(meta_path(channel), {f"hub.{name}": value for name, value in query.items()})

    def test_the_challenge_back_to_who_knows_the_token(self, line: Line) -> None:
        channel, identity = line
        answer = self.ask(channel, mode="subscribe", challenge="1158201444", verify_token=identity.verify_token)
        assert (answer.status_code, answer.content) == (200, b"1158201444")
        assert answer.headers["Content-Type"].startswith("text/plain")

    @pytest.mark.parametrize(
        "changed",
        [
            {"verify_token": "wrong"},
            {"verify_token": ""},
            {"verify_token": "é\ud83d".encode("utf-8", "replace").decode()},
            {"mode": "unsubscribe"},
            {"mode": ""},
            {"challenge": ""},
            {"challenge": "<script>alert(1)</script>"},
            {"challenge": "1" * 201},
        ],
    )
    def test_nothing_to_anybody_else(self, line: Line, changed: dict[str, str]) -> None:
        channel, identity = line
        asked = {"mode": "subscribe", "challenge": "115", "verify_token": identity.verify_token, **changed}
        answer = self.ask(channel, **asked)
        assert (answer.status_code, answer.content) == (403, b"Forbidden\n")

    def test_not_without_a_token_of_ours(self, acme: Workspace) -> None:
        channel, identity = meta_line(acme, secrets={"app_secret": "x", "access_token": "y"})
        for token in ("", "None", identity.verify_token):
            assert self.ask(channel, mode="subscribe", challenge="1", verify_token=token).status_code == 403

    def test_not_another_channels(self, line: Line, globex: Workspace) -> None:
        channel, identity = line
        theirs, _ = meta_line(globex)
        assert self.ask(theirs, mode="subscribe", challenge="1", verify_token=identity.verify_token).status_code == 403
        Channel.objects.update(enabled=False)
        assert self.ask(channel, mode="subscribe", challenge="1", verify_token=identity.verify_token).status_code == 403
