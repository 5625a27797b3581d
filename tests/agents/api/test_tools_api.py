from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agents.models import Tool
from parley.accounts.models import AuditEvent, Workspace
from tests.agents.api.test_agents_api import KeyClient

TOOLS = "/api/v1/tools/"
SLOTS = {
    "name": "find_slots",
    "description": "Free times of a day.",
    "url": "https://api.smile-dental.example/slots?day={{day}}",
    "parameters": [{"name": "day", "description": "The day"}],
    "results": [{"name": "first", "path": "slots.0"}],
}


@pytest.fixture(autouse=True)
def _no_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks a name server."""

    def nothing(*args: Any, **kwargs: Any) -> Sequence[Any]:
        return []

    monkeypatch.setattr("agents.actions.save_tool.look_up_server", nothing)


@pytest.fixture
def api(acme: Workspace) -> KeyClient:
    return KeyClient(acme, "agents:read", "agents:write")


def test_the_life_of_a_tool(api: KeyClient) -> None:
    status, created = api("post", TOOLS, SLOTS)
    assert (status, created["notices"]) == (201, [])
    tool = created["tool"]
    assert (tool["name"], tool["method"], tool["timeout"]) == ("find_slots", "GET", 8.0)
    assert tool["parameters"][0]["kind"] == "text"
    path = f"{TOOLS}{tool['id']}/"
    status, edited = api("patch", path, {"description": "Free times.", "timeout": 4})
    assert (status, edited["tool"]["description"], edited["tool"]["timeout"]) == (200, "Free times.", 4.0)
    assert edited["tool"]["url"] == SLOTS["url"]
    assert api("get", TOOLS)[1]["results"] == [edited["tool"]]
    assert api("get", path) == (200, edited["tool"])
    assert api.client.delete(path).status_code == 204
    assert api("get", path)[0] == 404
    assert not Tool.objects.exists()
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"tool.created", "tool.edited", "tool.deleted"} <= verbs


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://127.0.0.1/x"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://api.example.com/{{nobody}}"}, "url"),
        ({"auth": "bearer"}, "secret"),
        ({"auth": "bearer", "secret": "of-another-workspace"}, "secret"),
        ({"method": "GET", "body": "{}"}, "body"),
        ({"method": "POST", "body": "{not json"}, "body"),
        ({"name": "Find Slots"}, "name"),
    ],
)
def test_what_a_tool_may_not_be(api: KeyClient, change: dict[str, Any], field: str) -> None:
    status, answer = api("post", TOOLS, {**SLOTS, **change})
    assert (status, answer["error"]["code"]) == (400, "tool_refused")
    assert field in {problem["field"] for problem in answer["error"]["problems"]}
    assert not Tool.objects.exists()


@pytest.mark.parametrize(
    "body", [[], {}, {**SLOTS, "id": "x"}, {**SLOTS, "timeout": "soon"}, {**SLOTS, "headers": [{"name": "A"}]}]
)
def test_what_is_no_tool(api: KeyClient, body: Any) -> None:
    status, answer = api("post", TOOLS, body)
    assert (status, answer["error"]["code"]) == (400, "invalid")


def test_a_name_is_taken_once_in_a_workspace(api: KeyClient, globex: Workspace) -> None:
    assert api("post", TOOLS, SLOTS)[0] == 201
    assert api("post", TOOLS, SLOTS)[1]["error"]["problems"][0]["code"] == "name_taken"
    assert KeyClient(globex, "agents:write")("post", TOOLS, SLOTS)[0] == 201


def test_scopes_and_workspaces(api: KeyClient, acme: Workspace, globex: Workspace) -> None:
    path = f"{TOOLS}{api('post', TOOLS, SLOTS)[1]['tool']['id']}/"
    reader = KeyClient(acme, "agents:read")
    assert reader("get", path)[0] == 200
    assert [reader("post", TOOLS, SLOTS)[0], reader("patch", path, {})[0], reader("delete", path)[0]] == [403] * 3
    assert KeyClient(acme, "conversations:read")("get", TOOLS)[0] == 403
    outsider = KeyClient(globex, "agents:read", "agents:write")
    assert outsider("get", TOOLS)[1]["results"] == []
    assert [outsider(method, path, {})[0] for method in ("get", "patch", "delete")] == [404] * 3
