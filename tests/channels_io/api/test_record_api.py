from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from agents.models import Agent
from channels_io.actions.save_channel import create_channel
from channels_io.models import Channel
from channels_io.widget_settings import WIDGET_KIND
from parley.accounts.actor import system_actor
from parley.accounts.models import ApiKey, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def with_key(workspace: Workspace, *scopes: str) -> Client:
    _, secret = ApiKey.issue(workspace=workspace, name="Test", scopes=list(scopes))
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def reader(acme: Workspace) -> Client:
    return with_key(acme, "conversations:read", "channels:read")


@pytest.fixture
def writer(acme: Workspace) -> Client:
    return with_key(acme, "channels:read", "channels:write")


def test_conversations_are_listed_in_pages(agent: Agent, reader: Client) -> None:
    made = [make_conversation(agent, identity=("visitor", str(number))).public_id for number in range(3)]
    first = reader.get("/api/v1/conversations/?limit=2").json()
    assert len(first["results"]) == 2
    second = reader.get("/api/v1/conversations/", {"limit": 2, "before": first["older"]}).json()
    assert {row["id"] for row in first["results"] + second["results"]} == set(made)
    row = first["results"][0]
    assert (row["agent"], row["turns"], row["kinds"], row["v2v_p50_ms"]) == (
        agent.public_id,
        9,
        ["browser_voice"],
        564.5,
    )
    assert second["older"] == ""


def test_the_list_is_filtered(agent: Agent, reader: Client) -> None:
    make_conversation(agent)
    assert len(reader.get("/api/v1/conversations/?q=saturday&state=closed").json()["results"]) == 1
    assert reader.get("/api/v1/conversations/?q=saturday&state=open").json()["results"] == []


@pytest.mark.parametrize("query", ["state=maybe", "since=yesterday", "limit=0", "limit=1000", "limit=x"])
def test_a_bad_question_is_refused(reader: Client, query: str) -> None:
    response = reader.get(f"/api/v1/conversations/?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid"
    assert list(response.json()["error"]["fields"]) == [query.split("=")[0]]


def test_a_conversation_is_the_downloaded_file(
    agent: Agent, reader: Client, alice: User, client_of: Callable[[User], Client]
) -> None:
    conversation = make_conversation(agent, recorded=True)
    answered = reader.get(f"/api/v1/conversations/{conversation.public_id}/").json()
    downloaded = client_of(alice).get(f"/conversations/{conversation.public_id}/export.json").json()
    assert answered == downloaded
    assert answered["schema"] == "parley.conversation/1"
    sound = reader.get(answered["legs"][0]["recording"]["url"], headers={"Range": "bytes=0-3"})
    assert (sound.status_code, sound.getvalue()) == (206, b"RIFF")


def test_keys_need_the_scope(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent)
    client = with_key(acme, "agents:read")
    for path in ("/api/v1/conversations/", "/api/v1/channels/"):
        assert client.get(path).status_code == 403
        assert Client().get(path).status_code == 401


def test_readers_change_no_channels(agent: Agent, reader: Client) -> None:
    sent = {"kind": WIDGET_KIND, "name": "Site", "agent": agent.public_id}
    assert reader.post("/api/v1/channels/", sent, content_type="application/json").status_code == 403
    assert not Channel.objects.exists()


def test_another_workspace_finds_nothing(agent: Agent, globex: Workspace, acme: Workspace) -> None:
    conversation = make_conversation(agent, recorded=True)
    leg = conversation.legs.get()
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    outsider = with_key(globex, "conversations:read", "channels:read", "channels:write")
    assert outsider.get("/api/v1/conversations/").json()["results"] == []
    assert outsider.get("/api/v1/channels/").json() == []
    missing = outsider.get("/api/v1/conversations/cv_aaaaaaaaaaaaaaaaaaaa/")
    for path in (
        f"/api/v1/conversations/{conversation.public_id}/",
        f"/api/v1/conversations/{conversation.public_id}/legs/{leg.public_id}/recording.wav",
        f"/api/v1/channels/{channel.public_id}/",
    ):
        response = outsider.get(path)
        assert (response.status_code, response.json()) == (404, missing.json())
    assert outsider.delete(f"/api/v1/channels/{channel.public_id}/").status_code == 404
    assert Channel.objects.count() == 1


def test_a_channel_lives(agent: Agent, writer: Client) -> None:
    sent = {
        "kind": WIDGET_KIND,
        "name": "Site",
        "agent": agent.public_id,
        "settings": {"allowed_origins": ["https://Example.com/"], "modes": ["chat"]},
    }
    made = writer.post("/api/v1/channels/", sent, content_type="application/json")
    assert made.status_code == 201
    channel = made.json()
    assert channel["settings"] == {
        "title": "",
        "modes": ["chat"],
        "allowed_origins": ["https://example.com"],
        "colour": "#0f766e",
        "hand_over_line": None,
        "give_back_line": None,
    }
    assert (channel["version"], channel["enabled"]) == (None, True)
    path = f"/api/v1/channels/{channel['id']}/"
    assert agent.published is not None
    changed = {**sent, "name": "Shop", "version": agent.published.public_id, "enabled": False}
    assert writer.put(path, changed, content_type="application/json").status_code == 200
    stored = writer.get(path).json()
    assert (stored["name"], stored["version"], stored["enabled"]) == ("Shop", agent.published.public_id, False)
    assert [row["id"] for row in writer.get("/api/v1/channels/").json()] == [channel["id"]]
    assert writer.delete(path).status_code == 204
    assert writer.get(path).status_code == 404


def test_channels_that_make_no_sense_are_refused(agent: Agent, writer: Client, globex: Workspace) -> None:
    foreign = make_agent(globex)
    sent = {"kind": WIDGET_KIND, "name": "Site", "agent": agent.public_id}
    for change, field in (
        ({"kind": "fax"}, "kind"),
        ({"name": ""}, "name"),
        ({"agent": foreign.public_id}, "agent"),
        ({"version": "vn_nothing"}, "version"),
        ({"settings": {"allowed_origins": ["*"]}}, "settings"),
        ({"settings": {"secret": 1}}, "settings"),
        ({"workspace": "ws_other"}, "workspace"),
    ):
        response = writer.post("/api/v1/channels/", {**sent, **change}, content_type="application/json")
        assert response.status_code == 400, change
        assert list(response.json()["error"]["fields"]) == [field]
    assert not Channel.objects.exists()


def test_the_kind_of_a_channel_stays(agent: Agent, writer: Client, acme: Workspace) -> None:
    channel = create_channel(system_actor(acme), kind=WIDGET_KIND, name="Site", agent=agent)
    sent = {"kind": "api", "name": "Site", "agent": agent.public_id}
    response = writer.put(f"/api/v1/channels/{channel.public_id}/", sent, content_type="application/json")
    assert list(response.json()["error"]["fields"]) == ["kind"]
