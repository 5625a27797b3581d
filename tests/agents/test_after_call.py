from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agents.actions.edit_draft import edit_draft
from agents.actions.restore_version import restore_version
from agents.after_call import AFTER_CALL, AfterCall, Wanted, read_after_call, readable_after_call
from agents.default_after_call import default_after_call
from agents.diff import compare_drafts
from agents.errors import EditRefused
from agents.exchange import read_file, write_file
from agents.models import Draft
from agents.templates import template_content
from parley.accounts.actor import system_actor
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish

OUTCOME = {"name": "Booked", "description": "There is a date.", "solved": True, "steps": ["book"]}
FIELD = {"name": "reason", "kind": "choice", "description": "What for", "choices": ["cleaning"]}
WHOLE: dict[str, Any] = {"analyse": True, "outcomes": [OUTCOME], "fields": [FIELD], "instruction": "We are dentists."}
TEMPLATES = ("dental_booking", "restaurant_reservation", "order_status", "lead_qualification", "faq_handoff")


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        (WHOLE, []),
        (default_after_call(), []),
        ({**WHOLE, "outcomes": [{**OUTCOME, "name": ""}]}, ["required"]),
        ({**WHOLE, "outcomes": [OUTCOME, OUTCOME]}, ["repeated"]),
        ({**WHOLE, "outcomes": [{**OUTCOME, "name": "Failed"}]}, ["reserved"]),
        ({**WHOLE, "outcomes": [{**OUTCOME, "name": "x" * 41}]}, ["too_long"]),
        ({**WHOLE, "fields": [{**FIELD, "name": "what for"}]}, ["bad_name"]),
        ({**WHOLE, "fields": [{**FIELD, "kind": "essay"}]}, ["unknown_choice"]),
        ({**WHOLE, "fields": [{**FIELD, "choices": []}]}, ["required"]),
        ({**WHOLE, "fields": [{**FIELD, "name": f"f{n}"} for n in range(21)]}, ["too_many"]),
        ("nothing", ["not_an_object"]),
    ],
)
def test_check(value: Any, codes: list[str]) -> None:
    assert [code for code, _message in AFTER_CALL.check(value)] == codes


@pytest.mark.parametrize(
    "value", ["text", {"unheard": 1}, {"outcomes": [{"colour": "red"}]}, {"fields": "all"}, {"analyse": "yes"}]
)
def test_what_cannot_be_kept_is_refused(acme: Workspace, value: Any) -> None:
    agent = make_agent(acme)
    with pytest.raises(EditRefused):
        edit_draft(system_actor(acme), agent, {"after_call": value}, revision=agent.draft.revision)


def test_what_is_left_out_counts_as_its_default() -> None:
    assert AFTER_CALL.store({"fields": [{"name": "reason"}]}).value == {
        "analyse": True,
        "outcomes": [],
        "fields": [{"name": "reason"}],
        "instruction": "",
    }
    assert read_after_call({"after_call": {"fields": [{"name": "reason"}]}}) == AfterCall(fields=(Wanted("reason"),))


def test_a_version_from_before_has_the_default_and_differs_in_nothing(acme: Workspace) -> None:
    agent = make_agent(acme)
    version = publish(agent)
    older = {name: value for name, value in version.draft.items() if name != "after_call"}
    draft = Draft.objects.get(agent=agent)
    assert draft.differs_from(older) == []
    assert compare_drafts(older, draft.content()) == []
    assert read_after_call(older) == read_after_call(draft.content())
    assert [outcome.name for outcome in read_after_call(older).outcomes] == ["Solved", "To follow up", "Not solved"]


def test_it_is_published_compared_and_brought_back(acme: Workspace) -> None:
    agent = make_agent(acme, after_call=WHOLE)
    version = publish(agent)
    assert version.draft["after_call"] == WHOLE
    edit_draft(system_actor(acme), agent, {"after_call": {**WHOLE, "fields": []}}, revision=agent.draft.revision)
    draft = Draft.objects.get(agent=agent)
    [change] = compare_drafts(version.draft, draft.content())
    assert (change.name, change.removed, change.added) == ("after_call", 1, 0)
    restore_version(system_actor(acme), agent, version)
    assert Draft.objects.get(agent=agent).after_call == WHOLE


def test_it_travels_in_the_file() -> None:
    file = write_file("Reception", {"persona": "", "after_call": WHOLE, "flow": {}})
    assert read_file(file).content["after_call"] == WHOLE


def test_readable_lines() -> None:
    assert readable_after_call(WHOLE) == [
        "Look at every conversation when it is over: on",
        "outcome: Booked · There is a date. · solved · book",
        "field: reason (choice) · What for · cleaning",
        "We are dentists.",
    ]


@pytest.mark.parametrize("key", TEMPLATES)
def test_the_templates_know_what_they_want_to_know(key: str) -> None:
    content = template_content(key)
    settings = read_after_call(content)
    assert list(AFTER_CALL.check(content["after_call"])) == []
    flow = content["flow"]
    ids = {node["id"] for graph in (flow, *flow["flows"]) for node in graph["nodes"]}
    assert {step for outcome in settings.outcomes for step in outcome.steps} <= ids
    assert any(outcome.solved for outcome in settings.outcomes)
    assert any(not outcome.solved for outcome in settings.outcomes)
    masked = {node["values"].get("variable") for node in flow["nodes"] if node["values"].get("masked")}
    assert settings.fields
    assert not {wanted.name for wanted in settings.fields} & masked


def test_the_form_draws_it_and_the_canvas_leaves_it_alone(acme: Workspace, bob: User, client_of: Any) -> None:
    agent = make_agent(acme, after_call=WHOLE, flow=template_content("dental_booking")["flow"])
    client: Client = client_of(bob)
    html = client.get(f"/agents/{agent.public_id}/").content.decode()
    assert 'data-after="after_call"' in html
    assert '<option value="Message taken">' in html
    data = client.get(f"/agents/{agent.public_id}/builder/data/").json()
    assert "after_call" not in data["fields"]
    assert "after_call" not in {field["name"] for field in data["agent_fields"]}
    assert "after" not in {section["key"] for section in data["sections"]}


def test_over_the_api(acme: Workspace, bob: User, client_of: Any) -> None:
    agent = make_agent(acme)
    client: Client = client_of(bob)
    path = f"/api/v1/agents/{agent.public_id}/draft/"
    sent = {
        "revision": 2,
        "after_call": {"outcomes": [{"name": "Done", "solved": True}], "fields": [{"name": "day", "kind": "date"}]},
    }
    answer = client.patch(path, sent, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["after_call"] == {
        "analyse": True,
        "outcomes": [{"name": "Done", "description": "", "solved": True, "steps": []}],
        "fields": [{"name": "day", "kind": "date", "description": "", "choices": []}],
        "instruction": "",
    }
    wrong = client.patch(path, {"revision": 3, "after_call": {"colour": 1}}, content_type="application/json")
    assert wrong.status_code == 400
