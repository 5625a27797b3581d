from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from agents.models import Agent
from parley.accounts.models import ApiKey, User, Workspace
from tests.support.agents import make_agent, publish

AGENTS = "/api/v1/agents/"


class KeyClient:
    """Calls the API with a key of these scopes."""

    def __init__(self, workspace: Workspace, *scopes: str) -> None:
        _key, secret = ApiKey.issue(workspace=workspace, name="test", scopes=list(scopes))
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        response = getattr(self.client, method)(path, data=body, content_type="application/json")
        return response.status_code, response.json()


@pytest.fixture
def api(acme: Workspace) -> KeyClient:
    return KeyClient(acme, "agents:read", "agents:write")


def test_the_whole_life_of_an_agent(api: KeyClient) -> None:
    status, agent = api("post", AGENTS, {"name": "Desk", "starter": "dental"})
    assert (status, agent["slug"], agent["published"], agent["draft_revision"]) == (201, "desk", None, 1)
    home = f"{AGENTS}{agent['id']}/"
    status, draft = api("patch", f"{home}draft/", {"revision": 1, "greeting": "Hi.", "hints": ["Novak"]})
    assert (status, draft["revision"], draft["greeting"], draft["hints"], draft["problems"]) == (
        200,
        2,
        "Hi.",
        ["Novak"],
        [],
    )
    status, version = api("post", f"{home}publish/", {"note": "first", "revision": 2})
    assert (status, version["number"], version["note"], version["spec"]["greeting"]) == (201, 1, "first", "Hi.")
    api("patch", f"{home}draft/", {"revision": 2, "greeting": "Changed."})
    status, draft = api("post", f"{home}versions/{version['id']}/restore/")
    assert (status, draft["greeting"], draft["revision"]) == (200, "Hi.", 4)
    status, listed = api("get", f"{home}versions/")
    assert (status, listed["count"], listed["results"][0]["id"]) == (200, 1, version["id"])
    assert api("get", f"{home}versions/{version['id']}/")[1]["draft"]["greeting"] == "Hi."
    assert api("patch", home, {"name": "Front"})[1]["name"] == "Front"
    status, copy = api("post", f"{home}duplicate/", {})
    assert (status, copy["name"]) == (201, "Front (copy)")
    assert api("post", f"{home}archive/")[1]["archived"] is True
    assert [row["id"] for row in api("get", AGENTS)[1]["results"]] == [copy["id"]]
    assert [row["id"] for row in api("get", f"{AGENTS}?archived=true")[1]["results"]] == [agent["id"]]
    assert api("patch", f"{home}draft/", {"revision": 4, "greeting": "x"})[1]["error"]["code"] == "agent_archived"
    assert api("post", f"{home}unarchive/")[1]["archived"] is False


def test_languages_are_read_and_written(api: KeyClient, acme: Workspace) -> None:
    path = f"{AGENTS}{make_agent(acme).public_id}/draft/"
    rows = [{"language": "de", "voice": "hibari/heart"}, {"language": "fr"}]
    status, draft = api("patch", path, {"revision": 2, "languages": rows, "notices_language": True})
    assert (status, draft["notices_language"]) == (200, True)
    assert draft["languages"] == [{"language": "de", "voice": "hibari/heart"}, {"language": "fr", "voice": ""}]
    assert api("patch", path, {"revision": 3, "languages": [{"voice": "x"}]})[0] == 400


def test_a_conflict_says_what_the_draft_says_now(api: KeyClient, acme: Workspace) -> None:
    path = f"{AGENTS}{make_agent(acme).public_id}/draft/"
    api("patch", path, {"revision": 2, "greeting": "Theirs."})
    status, body = api("patch", path, {"revision": 2, "greeting": "Mine."})
    assert (status, body["error"]["code"], body["error"]["revision"]) == (409, "draft_stale", 3)
    assert body["error"]["conflicts"] == {"greeting": {"label": "Greeting", "value": "Theirs."}}


def test_publishing_with_problems_lists_them(api: KeyClient, acme: Workspace) -> None:
    agent = make_agent(acme, instructions=" ")
    status, body = api("post", f"{AGENTS}{agent.public_id}/publish/", {})
    assert (status, body["error"]["code"]) == (409, "draft_has_problems")
    assert [(p["node"], p["field"], p["code"]) for p in body["error"]["problems"]] == [
        ("goal", "instructions", "required")
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"revision": 2, "workspace": "x"},
        {"revision": 2, "agent_id": 1},
        {"greeting": "no revision"},
        {"revision": 2, "hints": "x"},
        {"revision": 2, "temperature": "warm"},
        {"revision": 2, "pronunciations": [{"written": "a"}]},
        {"revision": 2, "greeting": "x" * 100_001},
        [],
    ],
)
def test_bad_edits_are_refused_and_nothing_changes(api: KeyClient, acme: Workspace, body: Any) -> None:
    agent = make_agent(acme)
    status, answer = api("patch", f"{AGENTS}{agent.public_id}/draft/", body)
    assert status == 400
    assert answer["error"]["code"] in ("invalid", "edit_refused")
    agent.draft.refresh_from_db()
    assert agent.draft.revision == 2


def test_scopes(acme: Workspace) -> None:
    home = f"{AGENTS}{make_agent(acme).public_id}/"
    reader = KeyClient(acme, "agents:read")
    assert reader("get", home)[0] == 200
    for method, path in WRITES:
        assert reader(method, home + path, {})[0] == 403, path
    assert reader("post", AGENTS, {"name": "A"})[0] == 403
    stranger = KeyClient(acme, "conversations:read", "channels:write")
    for path in ("", "draft/", "versions/"):
        assert stranger("get", home + path)[0] == 403
    assert Client().get(home).status_code == 401
    assert Agent.objects.count() == 1


WRITES = [
    ("patch", ""),
    ("patch", "draft/"),
    ("post", "publish/"),
    ("post", "duplicate/"),
    ("post", "archive/"),
    ("post", "unarchive/"),
]


def test_another_workspaces_agent_is_missing(globex: Workspace, acme: Workspace) -> None:
    agent = make_agent(acme)
    version = publish(agent)
    outsider = KeyClient(globex, "agents:read", "agents:write")
    home = f"{AGENTS}{agent.public_id}/"
    missing = outsider("get", f"{AGENTS}ag_aaaaaaaaaaaaaaaaaaaa/")
    reads = [("get", ""), ("get", "draft/"), ("get", "versions/"), ("get", f"versions/{version.public_id}/")]
    for method, path in [*reads, *WRITES, ("post", f"versions/{version.public_id}/restore/")]:
        assert outsider(method, home + path, {} if method != "get" else None) == missing, path
    assert missing[0] == 404


def test_a_version_belongs_to_its_agent(api: KeyClient, acme: Workspace) -> None:
    version = publish(make_agent(acme, "One"))
    other = make_agent(acme, "Two")
    assert api("get", f"{AGENTS}{other.public_id}/versions/{version.public_id}/")[0] == 404


def test_a_signed_in_builder_may_and_a_viewer_may_only_read(
    acme: Workspace, bob: User, vera: User, client_of: Callable[[User], Client]
) -> None:
    path = f"{AGENTS}{make_agent(acme).public_id}/draft/"
    body = {"revision": 2, "greeting": "Hi."}
    assert client_of(vera).get(path).status_code == 200
    assert client_of(vera).patch(path, body, content_type="application/json").status_code == 403
    assert client_of(bob).patch(path, body, content_type="application/json").status_code == 200


def test_every_operation_is_in_the_schema(alice: User, client_of: Callable[[User], Client]) -> None:
    paths = client_of(alice).get("/api/schema/?format=json").json()["paths"]
    found = {
        (path.removeprefix("/api/v1/agents/"), method, operation["operationId"])
        for path, operations in paths.items()
        if path.startswith("/api/v1/agents/")
        for method, operation in operations.items()
    }
    assert found == {
        ("", "get", "agents_list"),
        ("", "post", "agents_create"),
        ("{public_id}/", "get", "agents_read"),
        ("{public_id}/", "patch", "agents_rename"),
        ("{public_id}/archive/", "post", "agents_archive"),
        ("{public_id}/unarchive/", "post", "agents_unarchive"),
        ("{public_id}/duplicate/", "post", "agents_duplicate"),
        ("{public_id}/draft/", "get", "drafts_read"),
        ("{public_id}/draft/", "patch", "drafts_edit"),
        ("{public_id}/flow/", "get", "flows_read"),
        ("{public_id}/flow/", "put", "flows_write"),
        ("{public_id}/export/", "get", "agents_export"),
        ("{public_id}/diff/", "get", "agents_diff"),
        ("import/", "post", "agents_import"),
        ("{public_id}/publish/", "post", "agents_publish"),
        ("{public_id}/versions/", "get", "versions_list"),
        ("{public_id}/versions/{version_id}/", "get", "versions_read"),
        ("{public_id}/versions/{version_id}/restore/", "post", "versions_restore"),
    }
