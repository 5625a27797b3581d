"""The operator's addresses: JSON in, JSON out, 409 with who was faster, and nothing for whoever may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from channels_io import announce
from channels_io.live.operator_socket import still_may
from channels_io.models import Conversation
from channels_io.operator_tickets import OperatorTicket, redeem_operator_ticket
from parley.accounts.models import Membership, Role, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db

Browser = Callable[[User], Client]


@pytest.fixture
def call(acme: Workspace) -> Conversation:
    agent = make_agent(acme)
    publish(agent)
    return make_conversation(agent, end_reason=None)


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce, "publish", lambda topic, payload: None)


def post(browser: Client, call: Conversation, verb: str, body: Any = None) -> Any:
    url = f"/conversations/{call.public_id}/{verb}/"
    return browser.post(url, body if body is not None else {}, content_type="application/json")


def test_who_was_faster_is_told(call: Conversation, alice: User, oscar: User, client_of: Browser) -> None:
    first = post(client_of(alice), call, "take-over", {"number": 0})
    assert (first.status_code, first.json()) == (
        200,
        {"owner": "human", "user": {"id": alice.public_id, "name": "Alice"}, "number": 1},
    )
    second = post(client_of(oscar), call, "take-over", {"number": 0})
    assert second.status_code == 409
    assert second.json()["error"]["code"] == "taken"
    assert second.json()["user"]["name"] == "Alice"
    assert "Alice" in second.json()["error"]["message"]
    refused = post(client_of(oscar), call, "give-back", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_yours")
    assert post(client_of(alice), call, "give-back", {"node": "nowhere"}).status_code == 400
    assert post(client_of(alice), call, "give-back", {}).json()["owner"] == "ai"


def test_a_ticket_says_what_its_holder_may(call: Conversation, alice: User, vera: User, client_of: Browser) -> None:
    redeem = async_to_sync(redeem_operator_ticket)
    for user, may in ((alice, True), (vera, False)):
        answer = post(client_of(user), call, "watch")
        shown = answer.json()
        assert answer.status_code == 200
        assert shown["socket"] == f"/ws/operator/{call.public_id}/"
        assert (shown["live"], shown["media"], shown["owner"], shown["number"]) == (True, "voice", "ai", 0)
        assert (shown["listen"], shown["speak"], bool(shown["nodes"])) == (may, may, may)
        ticket = redeem(shown["ticket"])
        assert ticket is not None
        assert (ticket.conversation, ticket.user, ticket.listen, ticket.speak) == (
            call.public_id,
            user.public_id,
            may,
            may,
        )
        assert redeem(shown["ticket"]) is None


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("take-over", {"number": 0}),
        ("give-back", {}),
        ("whisper", {"text": "Be kind."}),
        ("say", {"text": "We close at six."}),
        ("hold", {"on": True}),
        ("transfer", {"target": "Front desk"}),
        ("end", {}),
    ],
)
def test_a_viewer_only_looks_and_strangers_find_nothing(
    call: Conversation, vera: User, charlie: User, client_of: Browser, verb: str, body: dict[str, Any]
) -> None:
    assert post(client_of(vera), call, verb, body).status_code == 403
    assert post(client_of(charlie), call, verb, body).status_code == 404
    assert post(Client(), call, verb, body).status_code == 302
    assert client_of(vera).get(f"/conversations/{call.public_id}/{verb}/").status_code == 405


def test_without_the_token_of_the_page_nothing_is_done(call: Conversation, alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert post(strict, call, "take-over", {"number": 0}).status_code == 403
    call.refresh_from_db()
    assert call.owner == "ai"


@pytest.mark.parametrize("body", ["{", "[]", '{"number": "1"}', '{"number": 1, "more": 2}', "x" * 20_000])
def test_what_is_no_wish_is_refused(call: Conversation, alice: User, client_of: Browser, body: str) -> None:
    answer = post(client_of(alice), call, "take-over", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")


def test_words_have_bounds(call: Conversation, alice: User, client_of: Browser) -> None:
    browser = client_of(alice)
    assert post(browser, call, "whisper", {"text": "  "}).json()["error"]["code"] == "empty_text"
    assert post(browser, call, "say", {"text": "a" * 501}).json()["error"]["code"] == "too_long"
    assert post(browser, call, "say", {"text": "We close at six."}).status_code == 200


def test_whoever_loses_the_right_loses_the_line(acme: Workspace, call: Conversation, oscar: User) -> None:
    ticket = OperatorTicket(
        workspace=acme.public_id,
        conversation=call.public_id,
        user=oscar.public_id,
        name="Oscar",
        listen=True,
        speak=True,
    )
    assert still_may(ticket)
    Membership.objects.filter(user=oscar).update(role=Role.VIEWER)
    assert not still_may(ticket)
    Membership.objects.filter(user=oscar).delete()
    assert not still_may(ticket)
