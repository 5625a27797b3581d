"""The canvas's addresses: docs/builder-data.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from agents.graph import plain_flow
from agents.models import Agent, Version
from channels_io.actions.save_channel import create_channel
from parley.accounts.actor import system_actor
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.flow_json import edge, flow_of, node, simple_flow

SignIn = Callable[[User], Client]


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme, "Front desk", greeting="One.")


@pytest.fixture
def bobs(client_of: SignIn, bob: User) -> Client:
    return client_of(bob)


def address(name: str, agent: Agent) -> str:
    return reverse(f"agents:builder_{name}", args=[agent.public_id])


def send(client: Client, name: str, agent: Agent, body: Any, method: str = "post") -> tuple[int, Any]:
    response = getattr(client, method)(address(name, agent), json.dumps(body), content_type="application/json")
    return response.status_code, response.json()


def put(client: Client, agent: Agent, revision: Any, **body: Any) -> tuple[int, Any]:
    return send(client, "flow", agent, {"revision": revision, **body}, "put")


class TestData:
    def test_everything_the_canvas_begins_with(self, bobs: Client, agent: Agent) -> None:
        data = bobs.get(address("data", agent)).json()
        assert (data["agent"]["name"], data["revision"], data["plain"]) == ("Front desk", 2, True)
        assert data["flow"] == plain_flow()
        assert data["problems"] == []
        assert data["fields"]["greeting"] == "One."
        assert "flow" not in data["fields"]
        assert data["may"] == {"edit": True, "publish": True, "talk": True}
        (languages,) = [field for field in data["agent_fields"] if field["name"] == "languages"]
        assert [(column["widget"], column["source"]) for column in languages["columns"]] == [
            ("choice", "languages"),
            ("choice", "voices"),
        ]
        assert [group["key"] for group in data["groups"]] == ["talk", "ask", "decide", "do", "leave"]
        assert {"say", "goal", "collect", "form", "http", "note"} <= {kind["kind"] for kind in data["kinds"]}
        assert {"value": "is_set", "label": "is known", "needs_value": False} in data["operators"]
        assert {each["name"] for each in data["variables"]} == {"said", "caller", "caller_verified", "channel", "date"}
        assert data["urls"]["flow"] == address("flow", agent)

    def test_who_only_looks(self, client_of: SignIn, vera: User, agent: Agent) -> None:
        client = client_of(vera)
        assert client.get(address("data", agent)).json()["may"] == {"edit": False, "publish": False, "talk": False}
        body = {"revision": 2, "flow": simple_flow()}
        assert client.put(address("flow", agent), json.dumps(body), content_type="application/json").status_code == 403

    def test_lists_to_choose_from(self, bobs: Client, agent: Agent, acme: Workspace, globex: Workspace) -> None:
        other = make_agent(acme, "Sales")
        make_agent(globex, "Foreign")
        sources = bobs.get(address("data", agent)).json()["sources"]
        assert [(each["value"], each["label"]) for each in sources["agents"]] == [(other.public_id, "Sales")]
        assert {"value": "hibari/heart", "label": "heart", "group": "hibari", "help": ""} in sources["voices"]


class TestSave:
    def test_a_flow(self, bobs: Client, agent: Agent) -> None:
        status, state = put(bobs, agent, 2, flow=simple_flow(), fields={"greeting": "Two."})
        assert (status, state["revision"], state["problems"], state["plain"]) == (200, 3, [], False)
        assert {each["name"] for each in state["changed"]} == {"flow", "greeting"}
        assert state["flow"] is None
        agent.draft.refresh_from_db()
        assert (agent.draft.flow, agent.draft.greeting) == (simple_flow(), "Two.")

    def test_what_was_kept_differently_comes_back(self, bobs: Client, agent: Agent) -> None:
        flow = simple_flow()
        flow["nodes"][1]["values"]["text"] = "Hi\x00."
        _status, state = put(bobs, agent, 2, flow=flow)
        assert state["flow"]["nodes"][1]["values"]["text"] == "Hi."
        assert state["notices"][0]["code"] == "cleaned"

    def test_problems_are_saved_and_told(self, bobs: Client, agent: Agent) -> None:
        flow = flow_of([node("form", slots=[{"variable": "day", "kind": "date"}])], [edge("start", "form")])
        status, state = put(bobs, agent, 2, flow=flow)
        assert (status, state["can_publish"]) == (200, False)
        assert {
            "node": "form",
            "edge": "",
            "field": "slots.0.ask",
            "code": "required",
            "message": "Question is empty. Write something here.",
            "severity": "error",
            "label": "Question",
            "title": "Form",
        } in state["problems"]
        assert {"name": "day", "label": "day", "node": "form", "kind": "slot"} in state["variables"]

    def test_two_people(self, bobs: Client, agent: Agent, bob: User) -> None:
        assert put(bobs, agent, 2, flow=simple_flow("Mine."))[0] == 200
        status, answer = put(bobs, agent, 2, flow=simple_flow("Theirs."))
        error = answer["error"]
        assert (status, error["code"], error["revision"]) == (409, "draft_stale", 3)
        assert error["conflicts"]["flow"] == {"label": "Flow", "value": simple_flow("Mine.")}
        assert error["saved_by"] == (bob.name or bob.email)
        assert error["saved_at"]
        assert put(bobs, agent, 2, fields={"persona": "Mia"})[0] == 200
        assert put(bobs, agent, 3, flow=simple_flow("Theirs."))[0] == 200

    @pytest.mark.parametrize(
        "body",
        [
            {"flow": {"nodes": [{"id": "a", "kind": "code"}]}},
            {"flow": simple_flow() | {"workspace": "x"}},
            {"fields": {"is_staff": True}},
            {"fields": {"persona": 7}},
            {"fields": {"flow": {}}},
            {"fields": 7},
            {"workspace": "ws_x"},
            {"revision": "2"},
        ],
    )
    def test_what_nobody_knows_is_refused(self, bobs: Client, agent: Agent, body: dict[str, Any]) -> None:
        status, answer = put(bobs, agent, **{"revision": 2, **body})
        assert status == 400
        assert answer["error"]["message"]
        agent.draft.refresh_from_db()
        assert (agent.draft.revision, agent.draft.flow) == (2, {})

    @pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000])
    def test_what_is_no_json(self, bobs: Client, agent: Agent, body: bytes) -> None:
        response = bobs.put(address("flow", agent), body, content_type="application/json")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "not_json")

    def test_back_to_a_plain_agent(self, bobs: Client, agent: Agent) -> None:
        put(bobs, agent, 2, flow=simple_flow())
        _status, state = put(bobs, agent, 3, flow={})
        assert (state["plain"], state["flow"]) == (True, plain_flow())


class TestVersions:
    def test_publish_change_compare_restore(self, bobs: Client, agent: Agent, acme: Workspace) -> None:
        put(bobs, agent, 2, flow=simple_flow("Nine."))
        status, answer = send(bobs, "publish", agent, {"revision": 3, "note": "First"})
        assert (status, answer["status"], answer["version"]["nodes"]) == (201, "published", 3)
        first = answer["version"]["id"]
        put(bobs, agent, 3, flow=simple_flow("Ten."))
        diff = bobs.get(address("diff", agent)).json()
        assert (diff["before"]["label"], diff["after"]["label"]) == ("Version 1", "Draft")
        assert [(each["id"], each["change"], each["words"]) for each in diff["nodes"]] == [
            ("say", "changed", ["Text changed"])
        ]
        assert diff["nodes"][0]["fields"][0]["lines"][1]["pieces"][0] == {"text": "Ten", "strong": True}
        assert send(bobs, "restore", agent, {"version": first, "revision": 3})[0] == 409
        status, data = send(bobs, "restore", agent, {"version": first, "revision": 4})
        assert (status, data["flow"], data["status"]) == (200, simple_flow("Nine."), "published")

    def test_a_version_from_before_there_were_flows(self, bobs: Client, agent: Agent) -> None:
        published = publish(agent)
        content = {name: value for name, value in published.draft.items() if name != "flow"}
        old = Version.objects.create(workspace=agent.workspace, agent=agent, number=2, spec="{}", draft=content)
        assert agent.draft.differs_from(old.draft) == []
        put(bobs, agent, 2, flow=simple_flow())
        status, data = send(bobs, "restore", agent, {"version": old.public_id, "revision": 3})
        assert (status, data["plain"]) == (200, True)

    def test_problems_stop_it(self, bobs: Client, agent: Agent) -> None:
        put(bobs, agent, 2, flow=flow_of([node("say")], [edge("start", "say")]))
        status, answer = send(bobs, "publish", agent, {"revision": 3})
        assert (status, answer["error"]["code"]) == (409, "draft_has_problems")
        assert {each["node"] for each in answer["error"]["problems"]} == {"say"}

    def test_what_is_gone_is_shown_where_it_was(self, bobs: Client, agent: Agent) -> None:
        put(bobs, agent, 2, flow=simple_flow())
        publish(agent)
        put(bobs, agent, 3, flow=flow_of([node("end")], [edge("start", "end")]))
        diff = bobs.get(address("diff", agent)).json()
        gone = [each for each in diff["nodes"] if each["change"] == "removed"]
        assert [each["node"] for each in gone] == [simple_flow()["nodes"][1]]
        assert [each["edge"]["target"] for each in diff["edges"] if each["change"] == "removed"] == ["say", "end"]

    def test_the_list_says_who_follows_what(self, bobs: Client, agent: Agent, acme: Workspace) -> None:
        first = publish(agent)
        publish(agent)
        create_channel(system_actor(acme), kind="web", name="Main line", agent=agent, version=first)
        versions = bobs.get(address("versions", agent)).json()["versions"]
        assert [(each["number"], each["live"], each["pinned_by"]) for each in versions] == [
            (2, True, []),
            (1, False, ["Main line"]),
        ]

    def test_nothing_published_yet(self, bobs: Client, agent: Agent) -> None:
        diff = bobs.get(address("diff", agent)).json()
        assert (diff["before"], diff["nodes"]) == ({"key": "", "label": "Nothing"}, [])
        assert "greeting" in {each["name"] for each in diff["fields"]}


class TestFiles:
    def test_out_and_into_a_new_agent(self, bobs: Client, agent: Agent, acme: Workspace) -> None:
        put(bobs, agent, 2, flow=simple_flow())
        response = bobs.get(address("export", agent))
        assert response["Content-Disposition"] == 'attachment; filename="front-desk-draft.json"'
        upload = SimpleUploadedFile("agent.json", response.content)
        answer = bobs.post(reverse("agents:import"), {"file": upload})
        copy = Agent.objects.of(acme).exclude(pk=agent.pk).get()
        assert answer["Location"] == reverse("agents:detail", args=[copy.public_id])
        assert (copy.name, copy.draft.flow, copy.draft.greeting) == ("Front desk", simple_flow(), "One.")

    def test_a_version_as_a_file(self, bobs: Client, agent: Agent) -> None:
        version = publish(agent)
        file = bobs.get(address("export", agent), {"version": version.public_id})
        assert json.loads(file.content)["fields"]["greeting"] == "One."
        assert bobs.get(address("export", agent), {"version": "vn_none"}).status_code == 404

    def test_into_this_draft(self, bobs: Client, agent: Agent) -> None:
        file = {"format": "parley-agent", "schema": 1, "name": "x", "fields": {}, "flow": simple_flow()}
        status, data = send(bobs, "import", agent, {"revision": 2, "file": file})
        assert (status, data["flow"], data["fields"]["greeting"]) == (200, simple_flow(), "One.")
        assert send(bobs, "import", agent, {"revision": 2, "file": file})[0] == 409
        assert send(bobs, "import", agent, {"revision": 3, "file": {"format": "zip"}})[0] == 400

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "parley-agent"}', b"[" * 100_000])
    def test_what_is_no_agent(self, bobs: Client, acme: Workspace, content: bytes) -> None:
        answer = bobs.post(reverse("agents:import"), {"file": SimpleUploadedFile("agent.json", content)})
        assert answer["Location"] == reverse("agents:create")
        assert not Agent.objects.exists()


class TestSpoken:
    def test_the_words_as_the_voice_is_given_them(self, bobs: Client, agent: Agent) -> None:
        body = {"text": "On {{date}} at 3:30 pm for {{dya}}.", "values": {"date": "24 November"}}
        status, answer = send(bobs, "spoken", agent, body)
        assert (status, answer["variables"], answer["unknown"]) == (200, ["date", "dya"], ["dya"])
        assert "{{" not in answer["spoken"]
        assert "three" in answer["spoken"].lower()

    @pytest.mark.parametrize("body", [{}, {"text": 7}, {"text": "x", "values": []}])
    def test_what_is_no_text(self, bobs: Client, agent: Agent, body: Any) -> None:
        assert send(bobs, "spoken", agent, body)[0] == 400


@pytest.mark.parametrize("name", ["data", "versions", "diff", "export"])
def test_an_outsider_finds_nothing(client_of: SignIn, charlie: User, agent: Agent, name: str) -> None:
    assert client_of(charlie).get(address(name, agent)).status_code == 404
