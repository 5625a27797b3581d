"""Carrier accounts and carriers' channels over REST. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from channels_io.account_secrets import secrets_of
from channels_io.models import Account, Channel
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.world import api_key_of

SID = "AC" + "0f" * 16
TOKEN = "0123456789abcdef0123456789abcdef"
MAIN = {"provider": "twilio", "name": "Main", "number": SID, "secrets": {"auth_token": TOKEN}}


class Api:
    def __init__(self, workspace: Workspace) -> None:
        _key, secret = api_key_of(workspace)
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = getattr(self.client, method)(f"/api/v1/{path}", body, content_type="application/json")
        assert answer.status_code == status, answer.content
        assert TOKEN not in answer.content.decode()
        return answer.json() if answer.content else None


@pytest.fixture
def api(acme: Workspace) -> Api:
    return Api(acme)


def test_an_account_is_made_read_changed_and_deleted(api: Api) -> None:
    made = api("post", "accounts/", MAIN, 201)
    assert (made["name"], made["number"], set(made["secrets_set"])) == ("Main", SID, {"auth_token"})
    assert "secrets" not in made
    path = f"accounts/{made['id']}/"
    assert api("get", path) == made
    assert api("get", "accounts/") == [made]
    changed = api("patch", path, {"name": "Renamed", "secrets": {"api_key": "SK" + "e" * 32, "api_secret": "e" * 32}})
    assert (changed["name"], set(changed["secrets_set"])) == ("Renamed", {"auth_token", "api_key", "api_secret"})
    assert secrets_of(Account.objects.get())["auth_token"] == TOKEN
    api("delete", path, status=204)
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({**MAIN, "workspace": "ws"}, "workspace"),
        ({**MAIN, "provider": "carrier"}, "provider"),
        ({**MAIN, "number": "AC1"}, "number"),
        ({**MAIN, "secrets": {"password": "x"}}, "secrets"),
        ({**MAIN, "secrets": {}}, "auth_token"),
    ],
)
def test_what_makes_no_account_is_refused_by_field(api: Api, sent: Any, field: str) -> None:
    assert field in api("post", "accounts/", sent, 400)["error"]["fields"]
    assert not Account.objects.exists()


def test_simulated_accounts_only_where_they_are_on(api: Api, settings: Any) -> None:
    settings.PARLEY_SIMULATORS = False
    sent = {"provider": "twilio", "name": "Try", "simulated": True}
    assert "simulated" in api("post", "accounts/", sent, 400)["error"]["fields"]
    settings.PARLEY_SIMULATORS = True
    made = api("post", "accounts/", sent, 201)
    assert (made["simulated"], made["number"][:2]) == (True, "AC")


def test_a_test_says_why_not(api: Api, settings: Any) -> None:
    settings.PARLEY_TWILIO_URL = "http://127.0.0.1:9"
    made = api("post", "accounts/", MAIN, 201)
    result = api("post", f"accounts/{made['id']}/test/")
    assert (result["verdict"], result["text"]) == ("bad", "Twilio cannot be reached.")
    assert api("get", f"accounts/{made['id']}/")["problem"].startswith("Twilio cannot be reached.")


def test_a_carriers_channel(api: Api, acme: Workspace, settings: Any) -> None:
    settings.PARLEY_TWILIO_URL = "http://127.0.0.1:9"
    agent = make_agent(acme)
    version = publish(agent)
    account = api("post", "accounts/", MAIN, 201)
    sent = {
        "kind": "twilio_voice",
        "name": "Line",
        "agent": agent.public_id,
        "account": account["id"],
        "address": "+353 1 524 0000",
        "settings": {"call_minutes": 5, "split": [{"version": version.public_id, "weight": 1}]},
    }
    made = api("post", "channels/", sent, 201)
    assert (made["account"], made["address"]) == (account["id"], "+35315240000")
    assert (made["settings"]["call_minutes"], made["settings"]["closed"]) == (5, "say")
    assert made["settings"]["split"] == sent["settings"]["split"]  # type: ignore[index]
    assert api("get", f"channels/{made['id']}/") == made
    wrong = api("post", "channels/", {**sent, "name": "Second"}, 400)["error"]["fields"]
    assert wrong == {"address": ["Another channel has this number already."]}
    assert "account" in api("post", "channels/", {**sent, "account": "pa_none"}, 400)["error"]["fields"]
    wrong = api("put", f"channels/{made['id']}/", {**sent, "settings": {"colour": "red"}}, 400)["error"]["fields"]
    assert wrong == {"non_field_errors": ["There is no such setting: colour."]}
    results = {one["name"]: one["verdict"] for one in api("post", f"channels/{made['id']}/checks/")}
    assert results["public_url"] == "bad"
    assert results["number"] == "skipped"
    assert results["agent"] == "good"
    assert Channel.objects.get().settings["call_minutes"] == 5


def test_another_workspaces_account_is_not_there(api: Api, acme: Workspace, globex: Workspace) -> None:
    other = Api(globex)
    account = other("post", "accounts/", MAIN, 201)
    agent = make_agent(acme)
    sent = {"kind": "twilio_voice", "name": "Line", "agent": agent.public_id, "account": account["id"]}
    refused = api("post", "channels/", {**sent, "address": "+35315240000"}, 400)["error"]["fields"]
    assert refused == {"account": ["There is no such account."]}
    assert api("get", "accounts/") == []
    api("get", f"accounts/{account['id']}/", status=404)
