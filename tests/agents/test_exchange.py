from __future__ import annotations

from typing import Any

import pytest

from agents.actions.import_agent import import_agent, import_draft
from agents.actions.undo_edit import undo_edit
from agents.errors import EditRefused, StaleDraft
from agents.exchange import read_file, write_file
from agents.models import Agent
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.support.agents import make_agent
from tests.support.flow_json import edge, flow_of, node, simple_flow


def test_out_and_in_again_is_the_same() -> None:
    content = {"persona": "Mia", "greeting": "Hi.", "flow": simple_flow()}
    file = write_file("Reception", content)
    assert file == {
        "format": "parley-agent",
        "schema": 1,
        "name": "Reception",
        "fields": {"persona": "Mia", "greeting": "Hi."},
        "flow": simple_flow(),
        "tools": [],
    }
    assert read_file(file).content == content
    assert write_file("Plain", {"persona": "Mia"})["flow"] == {}


def test_nothing_of_this_installation_leaves_and_tools_are_named() -> None:
    flow = flow_of(
        [node("handoff", agent="ag_secret"), node("goal", prompt="x", tools=["b", "a"]), node("tool", tool="c")],
        flows=[{"id": "f", "name": "F", "nodes": [node("tool", "inner", tool="d")], "edges": []}],
    )
    file = write_file("A", {"flow": flow})
    assert file["tools"] == ["a", "b", "c", "d"]
    assert "ag_secret" not in str(file)
    assert flow["nodes"][1]["values"]["agent"] == "ag_secret"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], "not_an_agent"),
        ({}, "not_an_agent"),
        ({"format": "parley-agent", "schema": 2}, "schema_unknown"),
        ({"format": "parley-agent", "schema": 1, "workspace": "ws_x"}, "file_damaged"),
        ({"format": "parley-agent", "schema": 1, "flow": []}, "file_damaged"),
        ({"format": "parley-agent", "schema": 1, "name": 7}, "file_damaged"),
    ],
)
def test_what_is_no_such_file(data: Any, code: str) -> None:
    with pytest.raises(EditRefused) as refused:
        read_file(data)
    assert refused.value.problems[0].code == code


@pytest.mark.django_db
class TestActions:
    def file(self, **fields: Any) -> dict[str, Any]:
        return {"format": "parley-agent", "schema": 1, "name": "Taken over", "fields": fields, "flow": simple_flow()}

    def test_a_new_agent(self, acme: Workspace) -> None:
        agent = import_agent(system_actor(acme), read_file(self.file(persona="Mia\x00")))
        assert (agent.name, agent.slug, agent.draft.persona, agent.published) == (
            "Taken over",
            "taken-over",
            "Mia",
            None,
        )
        assert agent.draft.flow == simple_flow()

    @pytest.mark.parametrize("fields", [{"revision": 7}, {"agent": 1}, {"id": 1}, {"workspace": "x"}, {"persona": 7}])
    def test_only_what_a_draft_says_comes_in(self, acme: Workspace, fields: dict[str, Any]) -> None:
        with pytest.raises(EditRefused):
            import_agent(system_actor(acme), read_file(self.file(**fields)))
        assert not Agent.objects.exists()

    def test_a_file_with_a_broken_path_is_refused_as_a_whole(self, acme: Workspace) -> None:
        flow = {**simple_flow(), "edges": [{**edge("start", "say"), "script": "x"}]}
        with pytest.raises(EditRefused) as refused:
            import_agent(system_actor(acme), read_file({**self.file(), "flow": flow}))
        assert [problem.field for problem in refused.value.problems] == ["flow.edges.0.script"]
        assert not Agent.objects.exists()

    def test_into_a_draft_and_back(self, acme: Workspace) -> None:
        agent = make_agent(acme, greeting="Hello.")
        actor = system_actor(acme)
        edited = import_draft(actor, agent, read_file(self.file(greeting="Good day.")), revision=2)
        assert edited.changed == ["greeting", "flow"]
        with pytest.raises(StaleDraft):
            import_draft(actor, agent, read_file(self.file()), revision=2)
        undone = undo_edit(actor, agent, revision=3).draft
        assert (undone.greeting, undone.flow) == ("Hello.", {})
