from __future__ import annotations

import pytest

from agents.models import Agent
from parley.accounts.models import Workspace
from tests.agents.api.test_agents_api import AGENTS, KeyClient
from tests.support.agents import make_agent


@pytest.fixture
def api(acme: Workspace) -> KeyClient:
    return KeyClient(acme, "agents:read", "agents:write")


def test_a_plain_agent_is_shown_as_a_flow(api: KeyClient, acme: Workspace) -> None:
    status, read = api("get", f"{AGENTS}{make_agent(acme).public_id}/flow/")
    assert (status, read["plain"], read["revision"], read["can_publish"]) == (200, True, 2, True)
    assert [node["kind"] for node in read["flow"]["nodes"]] == ["start", "goal"]


def test_an_agent_from_a_template_is_read_changed_and_published(api: KeyClient) -> None:
    status, agent = api("post", AGENTS, {"name": "Table desk", "starter": "restaurant_reservation"})
    assert status == 201
    home = f"{AGENTS}{agent['id']}/"
    read = api("get", f"{home}flow/")[1]
    assert (read["plain"], read["problems"], read["can_publish"]) == (False, [], True)
    flow = read["flow"]
    next(node for node in flow["nodes"] if node["id"] == "goodbye")["values"]["text"] = "Ciao!"
    status, written = api("put", f"{home}flow/", {"revision": read["revision"], "flow": flow})
    assert (status, written["revision"], written["flow"]) == (200, 2, flow)
    status, version = api("post", f"{home}publish/", {"revision": 2})
    assert status == 201
    ends = [node for node in version["spec"]["flow"]["nodes"] if node["type"] == "end"]
    assert "Ciao!" in {node["text"] for node in ends}


def test_a_flow_with_problems_is_kept_and_cannot_be_published(api: KeyClient) -> None:
    agent = api("post", AGENTS, {"name": "Desk", "starter": "faq_handoff"})[1]
    home = f"{AGENTS}{agent['id']}/"
    flow = api("get", f"{home}flow/")[1]["flow"]
    flow["edges"] = [edge for edge in flow["edges"] if edge["source"] != "start"]
    status, written = api("put", f"{home}flow/", {"revision": 1, "flow": flow})
    assert (status, written["can_publish"]) == (200, False)
    assert {problem["node"] for problem in written["problems"]} & {"start", "desk"}
    status, refused = api("post", f"{home}publish/", {})
    assert (status, refused["error"]["code"]) == (409, "draft_has_problems")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"flow": {}},
        {"revision": 1},
        {"revision": 1, "flow": []},
        {"revision": 1, "flow": {"nodes": "many"}},
        {"revision": 1, "flow": {"schema": 1, "nodes": [{"id": "a b"}], "edges": [], "flows": [], "variables": []}},
        {"revision": 1, "flow": {}, "workspace": "x"},
    ],
)
def test_what_is_no_flow_is_refused(api: KeyClient, body: dict[str, object]) -> None:
    agent = api("post", AGENTS, {"name": "Desk", "starter": "faq_handoff"})[1]
    status, answer = api("put", f"{AGENTS}{agent['id']}/flow/", body)
    assert (status, answer["error"]["code"] in ("invalid", "edit_refused")) == (400, True)
    assert Agent.objects.get().draft.revision == 1


def test_somebody_else_was_faster(api: KeyClient) -> None:
    agent = api("post", AGENTS, {"name": "Desk", "starter": "faq_handoff"})[1]
    path = f"{AGENTS}{agent['id']}/flow/"
    flow = api("get", path)[1]["flow"]
    flow["nodes"][0]["x"] = 7
    assert api("put", path, {"revision": 1, "flow": flow})[0] == 200
    flow["nodes"][0]["x"] = 8
    status, refused = api("put", path, {"revision": 1, "flow": flow})
    assert (status, refused["error"]["code"], refused["error"]["revision"]) == (409, "draft_stale", 2)


def test_scopes_and_workspaces(acme: Workspace, globex: Workspace) -> None:
    path = f"{AGENTS}{make_agent(acme).public_id}/flow/"
    assert KeyClient(acme, "agents:read")("put", path, {"revision": 1, "flow": {}})[0] == 403
    assert KeyClient(acme, "channels:read")("get", path)[0] == 403
    outsider = KeyClient(globex, "agents:read", "agents:write")
    assert outsider("get", path)[0] == outsider("put", path, {"revision": 1, "flow": {}})[0] == 404


def test_the_kinds_of_nodes_and_the_templates(api: KeyClient) -> None:
    kinds = {kind["kind"]: kind for kind in api("get", "/api/v1/node-kinds/")[1]}
    assert {"start", "say", "goal", "form", "branch", "http", "end"} <= set(kinds)
    assert kinds["say"]["schema"]["type"] == "object"
    assert {port["name"] for port in kinds["http"]["ports"]} == {"success", "failure"}
    templates = api("get", "/api/v1/templates/")[1]
    assert len(templates) == 5
    assert all(template["nodes"] > 5 for template in templates)
