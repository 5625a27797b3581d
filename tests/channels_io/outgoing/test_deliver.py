"""Events reach the endpoints that want them, signed, at least once; and nobody else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from agents.models import Agent
from channels_io.actions.close_leg import close_leg
from channels_io.actions.open_leg import open_leg
from channels_io.actions.replay_delivery import replay_delivery
from channels_io.actions.save_endpoint import (
    create_endpoint,
    delete_endpoint,
    edit_endpoint,
    renew_endpoint_secret,
    test_endpoint,
)
from channels_io.models import Alert, Conversation, Delivery, Endpoint
from channels_io.outgoing import emit
from channels_io.outgoing.deliver import WAITS, deliver, sweep_deliveries
from channels_io.outgoing.signing import new_secret, verify
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import make_conversation

test_endpoint.__test__ = False  # type: ignore[attr-defined]  # it is an action


class Receiver:
    """A web server of this machine: what it was sent, and the status it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(b"noted")

            def log_message(self, *_args: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    receiver = Receiver()
    settings.PARLEY_EGRESS_ALLOW = [receiver.place]
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def endpoint_at(alice: User, receiver: Receiver, *events: str, name: str = "CRM") -> tuple[Endpoint, str]:
    return create_endpoint(actor_for(alice), name=name, url=f"http://{receiver.place}/hook?a=1", events=events)


def due(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now() - timedelta(seconds=10))


def test_only_who_wants_an_event_is_told_and_only_once(acme: Workspace, alice: User, receiver: Receiver) -> None:
    all_of_it, _ = endpoint_at(alice, receiver)
    some, _ = endpoint_at(alice, receiver, "alert.raised", name="Alarms")
    assert emit(acme, "conversation.ended", None, {"a": 1}, "one") == 1
    assert emit(acme, "conversation.ended", None, {"a": 1}, "one") == 0
    assert emit(acme, "alert.raised", None, {}, "two") == 2
    assert Delivery.objects.filter(endpoint=all_of_it).count() == 2
    edit_endpoint(actor_for(alice), some, name="Alarms", url=some.url, events=["alert.raised"], enabled=False)
    assert emit(acme, "alert.raised", None, {}, "three") == 1


def test_it_arrives_signed(agent: Agent, alice: User, receiver: Receiver) -> None:
    _endpoint, secret = endpoint_at(alice, receiver, "conversation.ended")
    conversation = make_conversation(agent)
    [delivery] = Delivery.objects.all()
    assert deliver(delivery.pk)
    [(headers, body)] = receiver.got
    sent = json.loads(body)
    assert sent["type"] == "conversation.ended"
    assert sent["data"]["conversation"]["id"] == conversation.public_id
    assert sent["data"]["end_reason"] == "hangup"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == sent["id"]
    at = int(headers["webhook-timestamp"])
    assert verify(secret, sent["id"], at, body, headers["webhook-signature"].split(), at)
    assert not verify(new_secret(), sent["id"], at, body, headers["webhook-signature"].split(), at)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.answer, delivery.due_at) == ("done", 200, "noted", None)
    assert not deliver(delivery.pk)
    assert len(receiver.got) == 1


def test_tests_of_the_builder_are_nobodys_business(agent: Agent, alice: User, receiver: Receiver) -> None:
    endpoint_at(alice, receiver)
    leg = open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice", test=True)
    close_leg(leg, "hangup")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(("status", "code"), [(500, "http_500"), (404, "http_404"), (302, "too_many_redirects")])
def test_what_is_not_taken_is_tried_again_with_the_same_id(
    acme: Workspace, alice: User, receiver: Receiver, status: int, code: str
) -> None:
    endpoint_at(alice, receiver)
    emit(acme, "alert.raised", None, {}, "key")
    row = Delivery.objects.get()
    receiver.status = status
    assert not deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error_code) == ("waiting", 1, code)
    assert row.due_at is not None
    assert timedelta(seconds=3) < row.due_at - timezone.now() < timedelta(seconds=7)
    assert not deliver(row.pk)  # Not yet.
    receiver.status = 200
    due(row)
    assert deliver(row.pk)
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1


def test_nobody_there(acme: Workspace, alice: User, receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(alice, receiver)
    Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1:9/")  # Inside, and nobody allowed it.
    emit(acme, "alert.raised", None, {}, "key")
    row = Delivery.objects.get()
    assert not deliver(row.pk)
    row.refresh_from_db()
    assert row.state == "waiting"
    assert row.status is None
    assert row.error_code
    assert receiver.got == []


def test_long_failing_it_is_given_up_and_the_endpoint_switched_off(
    acme: Workspace, alice: User, receiver: Receiver
) -> None:
    endpoint, _ = endpoint_at(alice, receiver)
    emit(acme, "alert.raised", None, {}, "key")
    row = Delivery.objects.get()
    receiver.status = 503
    for _try in range(len(WAITS) + 1):
        due(row)
        deliver(row.pk)
    row.refresh_from_db()
    endpoint.refresh_from_db()
    assert (row.state, row.attempts, endpoint.enabled) == ("dead", len(WAITS) + 1, False)
    assert Alert.objects.get().kind == "endpoint_disabled"
    assert emit(acme, "alert.raised", None, {}, "later") == 0


def test_one_event_that_is_refused_switches_nothing_off(acme: Workspace, alice: User, receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(alice, receiver)
    emit(acme, "alert.raised", None, {}, "bad")
    bad = Delivery.objects.get()
    emit(acme, "alert.raised", None, {}, "good")
    deliver(Delivery.objects.get(key="good").pk)
    receiver.status = 422
    Delivery.objects.filter(pk=bad.pk).update(attempts=len(WAITS))
    deliver(bad.pk)
    endpoint.refresh_from_db()
    bad.refresh_from_db()
    assert (bad.state, endpoint.enabled) == ("dead", True)


def test_who_is_gone_is_told_no_more(acme: Workspace, alice: User, receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(alice, receiver)
    emit(acme, "alert.raised", None, {}, "key")
    receiver.status = 410
    deliver(Delivery.objects.get().pk)
    endpoint.refresh_from_db()
    assert not endpoint.enabled


def test_a_lease_keeps_others_away(acme: Workspace, alice: User, receiver: Receiver) -> None:
    endpoint_at(alice, receiver)
    emit(acme, "alert.raised", None, {}, "key")
    Delivery.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
    assert not deliver(Delivery.objects.get().pk)
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert deliver(Delivery.objects.get().pk)


def test_the_sweeper_finds_what_was_forgotten(
    acme: Workspace, alice: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Any] = []
    monkeypatch.setattr("channels_io.outgoing.deliver.wake", lambda *args, **_: woken.append(args))
    endpoint_at(alice, receiver)
    emit(acme, "alert.raised", None, {}, "key")
    assert sweep_deliveries() == 0
    row = Delivery.objects.get()
    due(row)
    assert sweep_deliveries() == 1
    assert woken == [("channels_io.tasks.deliver_event", row.pk)]


def test_a_replay_is_a_new_delivery_of_the_same_event(acme: Workspace, alice: User, receiver: Receiver) -> None:
    endpoint_at(alice, receiver)
    emit(acme, "alert.raised", None, {}, "key")
    row = Delivery.objects.get()
    assert replay_delivery(actor_for(alice), row) == row  # It waits: it is only hurried.
    deliver(row.pk)
    row.refresh_from_db()
    again = replay_delivery(actor_for(alice), row)
    assert again.pk != row.pk
    assert deliver(again.pk)
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1
    assert AuditEvent.objects.filter(verb="delivery.replayed").count() == 2


def test_the_button(acme: Workspace, alice: User, receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(alice, receiver, "conversation.ended")
    test_endpoint(actor_for(alice), endpoint)
    [row] = Delivery.objects.all()
    assert deliver(row.pk)
    assert json.loads(receiver.got[0][1])["type"] == "endpoint.test"


class TestSettings:
    def test_the_secret_is_sealed_and_shown_once(self, alice: User, receiver: Receiver) -> None:
        endpoint, secret = endpoint_at(alice, receiver)
        assert secret.removeprefix("whsec_") not in Endpoint.objects.get().secret
        assert renew_endpoint_secret(actor_for(alice), endpoint) != secret
        assert secret not in str(list(AuditEvent.objects.values("data")))

    @pytest.mark.parametrize(
        ("given", "field", "code"),
        [
            ({"name": " "}, "name", "required"),
            ({"url": ""}, "url", "required"),
            ({"url": "ftp://example.com/"}, "url", None),
            ({"url": "http://169.254.169.254/"}, "url", None),
            ({"url": "https://localhost/"}, "url", None),
            ({"events": ["made.up"]}, "events", "event_unknown"),
        ],
    )
    def test_what_is_refused(
        self, alice: User, receiver: Receiver, given: dict[str, Any], field: str, code: str | None
    ) -> None:
        whole = {"name": "CRM", "url": f"http://{receiver.place}/", "events": [], **given}
        with pytest.raises(ValidationError) as caught:
            create_endpoint(actor_for(alice), **whole)
        assert list(caught.value.error_dict) == [field]
        assert code is None or caught.value.error_dict[field][0].code == code
        assert not Endpoint.objects.exists()

    def test_only_owners(self, bob: User, oscar: User, alice: User, receiver: Receiver) -> None:
        endpoint, _ = endpoint_at(alice, receiver)
        for person in (bob, oscar):
            with pytest.raises(PermissionDenied):
                create_endpoint(actor_for(person), name="x", url=endpoint.url)
            with pytest.raises(PermissionDenied):
                delete_endpoint(actor_for(person), endpoint)

    def test_deleted_with_its_log(self, acme: Workspace, alice: User, receiver: Receiver) -> None:
        endpoint, _ = endpoint_at(alice, receiver)
        emit(acme, "alert.raised", None, {}, "key")
        delete_endpoint(actor_for(alice), endpoint)
        assert not Delivery.objects.exists()


def test_an_endpoint_of_another_workspace_hears_nothing(
    agent: Agent, charlie: User, receiver: Receiver, globex: Workspace
) -> None:
    endpoint_at(charlie, receiver)
    make_conversation(agent)
    assert Conversation.objects.count() == 1
    assert not Delivery.objects.exists()
