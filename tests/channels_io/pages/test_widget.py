from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from agents.models import Agent
from channels_io.actions.save_channel import create_channel
from channels_io.models import Channel
from channels_io.pages import widget
from channels_io.tickets import Ticket, redeem_ticket
from channels_io.widget_settings import WIDGET_KIND
from parley.accounts.actor import system_actor
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

SHOP = "https://shop.example"
VISITOR = "v" * 32


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


@pytest.fixture
def channel(agent: Agent) -> Channel:
    return create_channel(
        system_actor(agent.workspace), kind=WIDGET_KIND, name="Shop", agent=agent, settings={"allowed_origins": [SHOP]}
    )


def config(client: Client, channel_id: str, origin: str = SHOP, **headers: str) -> HttpResponse:
    url = reverse("channels_io:widget-config", args=[channel_id])
    return client.get(url, headers={**({"Origin": origin} if origin else {}), **headers})  # type: ignore[return-value]


def ask(client: Client, channel: Channel, origin: str = SHOP, **body: object) -> HttpResponse:
    url = reverse("channels_io:widget-ticket", args=[channel.public_id])
    sent = json.dumps({"mode": "chat", "visitor": VISITOR, **body})
    return client.post(url, sent, content_type="application/json", headers={"Origin": origin} if origin else {})  # type: ignore[return-value]


def json_of(response: HttpResponse) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(response.content)
    return answer


def code_of(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, json_of(response)["error"]["code"]


# --- scripts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/widget.js", "/widget/worklets/microphone.js", "/widget/worklets/player.js", "/widget/worklets/listener.js"],
)
def test_scripts_are_for_everybody_and_cached(client: Client, path: str) -> None:
    plain = client.get(path, headers={"Origin": "https://anywhere.example"})
    assert plain["Content-Type"] == "text/javascript; charset=utf-8"
    assert plain["Access-Control-Allow-Origin"] == "*"
    assert "max-age=300" in plain["Cache-Control"]
    assert not plain.cookies
    packed = client.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    again = client.get(path, headers={"If-None-Match": plain["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_no_other_worklet(client: Client) -> None:
    assert client.get("/widget/worklets/element.js").status_code == 404


# --- settings -------------------------------------------------------------------------------------


def test_config_for_an_allowed_site(client: Client, channel: Channel) -> None:
    response = config(client, channel.public_id)
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in response["Vary"]
    assert "Access-Control-Allow-Credentials" not in response
    answer = json_of(response)
    assert (answer["title"], answer["modes"], answer["available"]) == ("Reception", ["voice", "chat"], True)
    assert answer["ticket"] == f"http://testserver/widget/{channel.public_id}/ticket"


@pytest.mark.parametrize(
    "origin", ["https://shop.example.evil.example", "http://shop.example", "null", "https://sub.shop.example"]
)
def test_config_is_refused_to_other_sites(client: Client, channel: Channel, origin: str) -> None:
    response = config(client, channel.public_id, origin)
    assert code_of(response) == (403, "origin")
    assert "Access-Control-Allow-Origin" not in response
    assert code_of(ask(client, channel, origin)) == (403, "origin")


def test_pages_of_this_server_are_allowed(client: Client, channel: Channel) -> None:
    assert config(client, channel.public_id, "http://testserver").status_code == 200
    assert config(client, channel.public_id, "").status_code == 200


@pytest.mark.parametrize("channel_id", ["ch_none", "ch_\0", "ag_1"])
def test_unknown_channels(client: Client, db: None, channel_id: str) -> None:
    assert code_of(config(client, channel_id)) == (404, "not_found")


def test_a_closed_channel_says_so_and_gives_no_ticket(client: Client, channel: Channel) -> None:
    channel.enabled = False
    channel.save()
    assert json_of(config(client, channel.public_id))["available"] is False
    assert code_of(ask(client, channel)) == (409, "not_found")


def test_preflight(client: Client, channel: Channel) -> None:
    url = reverse("channels_io:widget-ticket", args=[channel.public_id])
    response = client.options(url, headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"})
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert response["Access-Control-Allow-Headers"] == "Content-Type"
    assert client.options(url, headers={"Origin": "https://evil.example"}).status_code == 403


# --- tickets --------------------------------------------------------------------------------------


def test_ticket(client: Client, channel: Channel, agent: Agent, acme: Workspace) -> None:
    response = ask(client, channel, mode="voice")
    answer = json_of(response)
    assert response["Cache-Control"] == "no-store"
    assert (answer["socket"], answer["conversation"]) == ("/ws/browser_voice/", "")
    assert async_to_sync(redeem_ticket)(answer["ticket"]) == Ticket(
        workspace=acme.public_id,
        kind="browser_voice",
        agent=agent.public_id,
        channel=channel.public_id,
        identity=("visitor", VISITOR),
        origins=(SHOP,),
    )


def test_a_visitor_goes_on_in_their_own_conversation_only(client: Client, channel: Channel, agent: Agent) -> None:
    own = make_conversation(agent, channel=channel, identity=("visitor", VISITOR)).public_id
    others = make_conversation(agent, channel=channel, identity=("visitor", "w" * 32)).public_id
    elsewhere = make_conversation(agent, identity=("visitor", VISITOR)).public_id
    asked = [
        json_of(ask(client, channel, conversation=each))["conversation"] for each in (own, others, elsewhere, "\0")
    ]
    assert asked == [own, "", "", ""]


def test_a_mode_that_is_off(client: Client, channel: Channel) -> None:
    channel.settings = {**channel.settings, "modes": ["chat"]}
    channel.save()
    assert code_of(ask(client, channel, mode="voice")) == (409, "not_found")
    assert ask(client, channel, mode="chat").status_code == 200


@pytest.mark.parametrize("visitor", ["", "short", "x" * 65, "has space in it somewhere", "ümlaut-ümlaut-ümlaut", 7])
def test_bad_visitors(client: Client, channel: Channel, visitor: object) -> None:
    assert code_of(ask(client, channel, visitor=visitor)) == (400, "invalid")


def test_programs_without_an_origin_get_no_ticket(client: Client, channel: Channel) -> None:
    assert code_of(ask(client, channel, "")) == (403, "origin")


def test_tickets_are_limited_per_address(client: Client, channel: Channel) -> None:
    answers = [ask(client, channel).status_code for _ in range(widget.TICKET_LIMIT.burst)]
    assert set(answers) == {200}
    refused = ask(client, channel)
    assert code_of(refused) == (429, "too_many")
    assert int(refused["Retry-After"]) >= 1
    assert refused["Access-Control-Allow-Origin"] == SHOP
    assert (
        client.post(
            reverse("channels_io:widget-ticket", args=[channel.public_id]),
            json.dumps({"visitor": VISITOR}),
            content_type="application/json",
            headers={"Origin": SHOP},
            REMOTE_ADDR="192.0.2.7",
        ).status_code
        == 200
    )


# --- the demo page --------------------------------------------------------------------------------


def test_demo_page_is_for_members(
    client_of: Callable[[User], Client], channel: Channel, vera: User, charlie: User
) -> None:
    url = reverse("channels_io:widget-demo", args=[channel.public_id])
    page = client_of(vera).get(url)
    assert f'<parley-widget channel="{channel.public_id}">' in page.content.decode()
    assert client_of(charlie).get(url).status_code == 404
    assert Client().get(url).status_code == 302
