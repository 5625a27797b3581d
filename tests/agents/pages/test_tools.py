from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from agents.models import Secret, Tool
from agents.pages import tool_test
from parley.accounts.models import AuditEvent, User, Workspace
from parley.lib import outbound
from tests.support.tools import CANARY, FakeOutside, json_answer, make_secret, make_tool

Sign = Callable[[User], Client]
VALUES: dict[str, Any] = {
    "name": "find_slots",
    "description": "Finds free appointments.",
    "url": "https://api.example.com/slots?day={{day}}",
    "parameters": [{"name": "day"}],
}


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> FakeOutside:
    """The outside world: nothing leaves the process."""
    fake = FakeOutside(json_answer('{"slots": [{"time": "09:00"}], "echo": "ok"}'))
    monkeypatch.setattr(outbound, "resolve_name", fake._public)
    monkeypatch.setattr("agents.tools.run.outbound_client", lambda: fake)
    return fake


def post(client: Client, url: str, body: Any) -> HttpResponse:
    response: HttpResponse = client.post(url, json.dumps(body), content_type="application/json")
    return response


def test_a_builder_makes_changes_and_deletes_a_tool(acme: Workspace, bob: User, client_of: Sign) -> None:
    client = client_of(bob)
    assert "No tools yet" in client.get("/tools/").content.decode()
    made = post(client, "/tools/new/", VALUES)
    assert made.status_code == 201
    tool = Tool.objects.get()
    url = made.json()["url"]
    assert url == f"/tools/{tool.public_id}/"
    assert "find_slots" in client.get(url).content.decode()
    changed = post(client, url, {"saying": "One moment."})
    assert changed.json()["values"]["saying"] == "One moment."
    assert changed.json()["notices"] == []
    listed = client.get("/tools/").content.decode()
    assert "find_slots" in listed
    assert "api.example.com" in listed
    assert client.post(f"{url}delete/").status_code == 302
    assert not Tool.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**VALUES, "url": "http://127.0.0.1/"}, "url"),
        ({**VALUES, "name": "Find slots"}, "name"),
        ({**VALUES, "description": ""}, "description"),
        ({**VALUES, "workspace": 1}, ""),
        ([], ""),
        ("x" * 300_000, ""),
    ],
)
def test_what_is_wrong_is_said_at_its_field(acme: Workspace, bob: User, client_of: Sign, body: Any, field: str) -> None:
    response = post(client_of(bob), "/tools/new/", body)
    assert response.status_code == 400
    findings = response.json()["error"]["findings"]
    assert field in [finding["field"] for finding in findings]
    assert all(finding["message"] for finding in findings)
    assert not Tool.objects.exists()


def test_trying_it_shows_what_the_agent_is_told_and_what_came_back(
    acme: Workspace, bob: User, client_of: Sign, outside: FakeOutside
) -> None:
    make_secret(acme)
    values = {**VALUES, "auth": "bearer", "secret": "crm_key", "results": [{"name": "first", "path": "slots.0.time"}]}
    response = post(client_of(bob), "/tools/test/", {"values": values, "arguments": {"day": "Monday"}})
    found = response.json()
    assert found["ok"]
    assert found["result"] == {"first": "09:00"}
    assert found["content"] == {"slots": [{"time": "09:00"}], "echo": "ok"}
    assert found["status"] == 200
    assert CANARY not in response.content.decode()
    assert outside.requests[0].credentials["Authorization"] == f"Bearer {CANARY}"
    assert not Tool.objects.exists()
    event = AuditEvent.objects.get(verb="tool.tested")
    assert event.data == {"method": "GET", "server": "https://api.example.com"}


def test_trying_it_says_what_is_missing_or_refused(
    acme: Workspace, bob: User, client_of: Sign, outside: FakeOutside
) -> None:
    client = client_of(bob)
    missing = post(client, "/tools/test/", {"values": VALUES, "arguments": {}})
    assert (missing.status_code, missing.json()["code"]) == (200, "bad_arguments")
    hostile = post(client, "/tools/test/", {"values": {**VALUES, "url": "http://[::1]/"}, "arguments": {}})
    assert hostile.status_code == 400
    for body in ({}, {"values": 1}, {"values": {}, "arguments": []}, []):
        assert post(client, "/tools/test/", body).status_code == 400
    assert outside.requests == []


def test_long_answers_are_shown_short(acme: Workspace, bob: User) -> None:
    answer = tool_test.shown(tool_test.failure("x", "y"))
    assert answer["content"] is None
    assert answer["status"] == 0


def test_secrets_are_written_and_never_read(acme: Workspace, bob: User, client_of: Sign) -> None:
    client = client_of(bob)
    form = {"name": "crm_key", "text": CANARY, "hosts": "api.example.com, auth.example.com"}
    assert client.post("/tools/secrets/", form).status_code == 302
    page = client.get("/tools/secrets/").content.decode()
    assert "crm_key" in page
    assert "auth.example.com" in page
    secret = Secret.objects.get()
    tool = make_tool(acme, auth="bearer", secret="crm_key")
    for address in ("/tools/secrets/", "/tools/", f"/tools/{tool.public_id}/", "/tools/new/", "/workspace/audit/"):
        assert CANARY not in client.get(address).content.decode()
    refused = client.post("/tools/secrets/", {**form, "name": "a b"})
    assert refused.status_code == 400
    assert CANARY not in refused.content.decode()
    client.post(f"/tools/secrets/{secret.public_id}/delete/")
    assert Secret.objects.exists()  # a tool sends it
    tool.delete()
    client.post(f"/tools/secrets/{secret.public_id}/delete/")
    assert not Secret.objects.exists()


def test_looking_on(acme: Workspace, vera: User, client_of: Sign) -> None:
    make_secret(acme)
    tool = make_tool(acme)
    client = client_of(vera)
    page = client.get(f"/tools/{tool.public_id}/").content.decode()
    assert "You can look at this tool" in page
    assert "data-test" not in page.replace("data-test-", "")
    for address in ("/tools/new/", "/tools/secrets/"):
        assert client.get(address).status_code == 403
    for address in (f"/tools/{tool.public_id}/", f"/tools/{tool.public_id}/delete/", "/tools/test/"):
        assert post(client, address, {}).status_code == 403
