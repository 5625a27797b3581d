from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

from agents.models import Agent
from channels_io.tickets import Ticket, redeem_ticket
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

ClientOf = Callable[[User], Client]


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


def config_of(client: Client, agent: Agent, query: str = "") -> dict[str, Any]:
    response = client.get(reverse("channels_io:call", args=[agent.public_id]) + query)
    assert response.status_code == 200
    config: dict[str, Any] = response.context["config"]
    return config


def ask(client: Client, agent: Agent, query: str = "", **body: object) -> tuple[int, dict[str, Any]]:
    url = reverse("channels_io:call-ticket", args=[agent.public_id]) + query
    response = client.post(
        url, json.dumps(body), content_type="application/json", headers={"Accept": "application/json"}
    )
    return response.status_code, response.json()


def redeemed(answer: dict[str, Any]) -> Ticket:
    ticket = async_to_sync(redeem_ticket)(answer["ticket"])
    assert ticket is not None
    return ticket


def test_page_offers_what_is_published(client_of: ClientOf, bob: User, agent: Agent) -> None:
    config = config_of(client_of(bob), agent)
    assert config["ticketUrl"] == f"/agents/{agent.public_id}/call/ticket/?version=published"
    assert config["worklets"] == {
        "microphone": "/widget/worklets/microphone.js",
        "player": "/widget/worklets/player.js",
    }


def test_ticket_opens_one_socket_of_this_agent(client_of: ClientOf, bob: User, agent: Agent, acme: Workspace) -> None:
    status, answer = ask(client_of(bob), agent, "?version=draft", mode="voice")
    assert (status, answer["socket"]) == (200, "/ws/browser_voice/")
    assert redeemed(answer) == Ticket(
        workspace=acme.public_id,
        kind="browser_voice",
        agent=agent.public_id,
        version="draft",
        identity=("user", bob.public_id),
        user=bob.public_id,
    )
    assert async_to_sync(redeem_ticket)(answer["ticket"]) is None


def test_chat_ticket(client_of: ClientOf, bob: User, agent: Agent) -> None:
    _status, answer = ask(client_of(bob), agent, mode="chat")
    assert (answer["socket"], redeemed(answer).version) == ("/ws/web_chat/", "published")


def test_goes_on_in_a_conversation_of_ones_own_only(client_of: ClientOf, bob: User, alice: User, agent: Agent) -> None:
    own = make_conversation(agent, identity=("user", bob.public_id))
    client = client_of(bob)
    lines = config_of(client, agent, f"?conversation={own.public_id}")["lines"]
    assert [(line["role"], line["state"]) for line in lines[:5]] == [
        ("agent", "done"),
        ("caller", "done"),
        ("agent", "done"),
        ("caller", "done"),
        ("agent", "cut"),
    ]
    assert redeemed(ask(client, agent, conversation=own.public_id)[1]).conversation == own.public_id
    status, answer = ask(client_of(alice), agent, conversation=own.public_id)
    assert (status, answer["error"]["code"]) == (404, "not_found")


def test_not_published(client_of: ClientOf, bob: User, acme: Workspace) -> None:
    agent = make_agent(acme, "New")
    client = client_of(bob)
    assert config_of(client, agent)["ticketUrl"].endswith("?version=draft")
    status, answer = ask(client, agent, "?version=published")
    assert (status, answer["error"]["code"]) == (409, "not_published")
    assert ask(client, agent)[0] == 200


def test_a_draft_with_problems_cannot_be_tried(client_of: ClientOf, bob: User, agent: Agent) -> None:
    agent.draft.instructions = ""
    agent.draft.save()
    status, answer = ask(client_of(bob), agent, "?version=draft")
    assert (status, answer["error"]["code"]) == (409, "draft_problems")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"mode":"fax"}', b'{"extra":1}', b"{" * 5000, b"\xff"])
def test_bad_bodies(client_of: ClientOf, bob: User, agent: Agent, body: bytes) -> None:
    url = reverse("channels_io:call-ticket", args=[agent.public_id])
    response = client_of(bob).post(url, body, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid")


def test_strangers_and_viewers(client_of: ClientOf, charlie: User, vera: User, agent: Agent) -> None:
    page = reverse("channels_io:call", args=[agent.public_id])
    assert client_of(charlie).get(page).status_code == 404
    assert ask(client_of(charlie), agent)[0] == 404
    assert client_of(vera).get(page).status_code == 403
    assert ask(client_of(vera), agent)[0] == 403
    assert Client().get(page).status_code == 302
    csrf = Client(enforce_csrf_checks=True)
    csrf.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    assert csrf.post(reverse("channels_io:call-ticket", args=[agent.public_id])).status_code == 403
