from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from channels_io.actions.ask_for_person import ask_for_person
from channels_io.actions.save_team import TeamValues, save_team
from channels_io.actions.take_over import take_over
from channels_io.models import Conversation, Handoff, OperatorPresence, Team, Turn
from parley.accounts.actor import system_actor
from parley.accounts.models import Role, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db
Sign = Callable[[User], Client]
FORM = {"name": "Desk", "open": "always", "zone": "UTC", "holidays": "", "answer_seconds": "60", "nobody": "callback"}


@pytest.fixture(autouse=True)
def _no_warming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)


def waiting(acme: Workspace, team: Team, reason: str = "Wants a refund") -> Handoff:
    agent = make_agent(acme, name=f"Agent {Conversation.objects.count()}")
    publish(agent)
    conversation = make_conversation(agent, kind="web_chat", media="text", end_reason=None, contact_name="Ann")
    return ask_for_person(conversation, team=team, key=conversation.public_id, reason=reason, summary="About a crown.")


@pytest.fixture
def team(acme: Workspace, oscar: User) -> Team:
    return save_team(system_actor(acme), TeamValues(name="Desk", members={oscar.public_id: ["german"]}))


def test_a_team_is_made_and_changed(acme: Workspace, alice: User, oscar: User, client_of: Sign) -> None:
    browser = client_of(alice)
    assert "No team yet" in browser.get("/teams/").content.decode()
    sent = {
        **FORM,
        "member": [oscar.public_id],
        f"skills_{oscar.public_id}": "German, billing",
        "open": "hours",
        "mon_0_from": "09:00",
        "mon_0_to": "17:00",
        "words": "We call you.",
    }
    assert browser.post("/teams/new/", sent).status_code == 302
    team = Team.objects.get()
    assert (team.name, team.nobody, team.is_default, team.hours["days"]["mon"]) == (
        "Desk",
        "callback",
        True,
        [["09:00", "17:00"]],
    )
    assert team.memberships.get().skills == ["german", "billing"]
    page = browser.get(f"/teams/{team.public_id}/").content.decode()
    assert 'value="german, billing"' in page and 'value="09:00"' in page
    assert browser.post(f"/teams/{team.public_id}/", {**FORM, "name": "Front"}).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.hours, team.memberships.count()) == ("Front", {}, 0)
    assert "Front" in browser.get("/teams/").content.decode()
    assert browser.post(f"/teams/{team.public_id}/delete/").status_code == 302
    assert not Team.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "desk"}, "Another team has this name"),
        ({"answer_seconds": "5"}, "greater than or equal to 10"),
        ({"open": "hours"}, "Enter the hours of at least one day"),
        ({"open": "hours", "mon_0_from": "18:00", "mon_0_to": "09:00"}, "it must close later than it opens"),
    ],
)
def test_what_is_wrong_is_said(team: Team, alice: User, client_of: Sign, changes: dict[str, str], words: str) -> None:
    answer = client_of(alice).post("/teams/new/", {**FORM, "name": "Other", **changes})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert Team.objects.count() == 1


def test_operators_read_teams_and_change_none(team: Team, oscar: User, client_of: Sign) -> None:
    browser = client_of(oscar)
    page = browser.get("/teams/").content.decode()
    assert "Desk" in page and "New team" not in page
    for method, address in (("get", "/teams/new/"), ("post", f"/teams/{team.public_id}/delete/")):
        assert getattr(browser, method)(address).status_code == 403
    assert Team.objects.exists()


def test_the_queue_and_taking_from_it(acme: Workspace, team: Team, alice: User, oscar: User, client_of: Sign) -> None:
    row = waiting(acme, team)
    answer = client_of(oscar).get("/queue/").json()
    assert (answer["count"], [each["id"] for each in answer["mine"]]) == (1, [row.public_id])
    assert answer["mine"][0]["title"] == "Ann waits for Desk"
    assert "Wants a refund" in answer["html"] and "About a crown." in answer["html"]
    assert client_of(alice).get("/queue/").json()["mine"] == [], "she is in no team"
    taken = client_of(oscar).post(f"/queue/{row.public_id}/take/")
    assert taken.json() == {
        "conversation": row.conversation.public_id,
        "link": f"/inbox/?c={row.conversation.public_id}",
    }
    late = client_of(alice).post(f"/queue/{row.public_id}/take/")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "taken")
    assert client_of(oscar).get("/queue/").json()["count"] == 0


def test_the_queue_asks_a_fixed_number_of_questions(
    acme: Workspace, team: Team, oscar: User, client_of: Sign, django_assert_max_num_queries: Any
) -> None:
    browser = client_of(oscar)
    for _ in range(4):
        waiting(acme, team)
    with django_assert_max_num_queries(8):
        assert browser.get("/queue/").json()["count"] == 4


def test_i_say_whether_i_take_conversations(acme: Workspace, oscar: User, client_of: Sign) -> None:
    browser = client_of(oscar)
    assert browser.get("/queue/").json()["available"] is True
    assert browser.post("/queue/availability/", {"available": ""}).json() == {"available": False}
    assert OperatorPresence.objects.get(workspace=acme, user=oscar).available is False
    assert browser.get("/queue/").json()["available"] is False
    assert browser.post("/queue/availability/", {"available": "1"}).json() == {"available": True}


def test_a_viewer_has_no_queue_in_the_top_bar(acme: Workspace, oscar: User, client_of: Sign) -> None:
    browser = client_of(oscar)
    assert "data-queue" in browser.get("/teams/").content.decode()
    acme.memberships.filter(user=oscar).update(role=Role.VIEWER)
    assert "data-queue" not in browser.get("/teams/").content.decode()
    assert browser.post("/queue/availability/", {"available": "1"}).status_code == 403


def test_writing_over_http(acme: Workspace, team: Team, oscar: User, alice: User, client_of: Sign) -> None:
    row = waiting(acme, team)
    conversation = row.conversation
    address = f"/conversations/{conversation.public_id}/write/"
    browser = client_of(oscar)
    assert browser.get(address).json()["way"]["by"] == "page"
    refused = browser.post(address, {"text": "Hello", "key": "k1"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_yours")
    browser.post(f"/queue/{row.public_id}/take/")
    written = browser.post(address, {"text": "Hello", "key": "k1"})
    assert written.status_code == 200
    turn = Turn.objects.get(role="human")
    assert (turn.public_id, turn.text, turn.by, turn.leg.ended_at) == (written.json()["turn"], "Hello", oscar, None)
    assert client_of(alice).post(address, {"text": "Me too", "key": "k2"}).status_code == 409
    assert browser.post(address, {"text": " ", "key": "k3"}).status_code == 400


def test_who_has_left_is_not_written_to(acme: Workspace, oscar: User, client_of: Sign) -> None:
    agent = make_agent(acme)
    publish(agent)
    conversation = make_conversation(agent, kind="web_chat", media="text")
    from parley.accounts.actor import Actor

    take_over(Actor(workspace=acme, user=oscar, role=Role.OPERATOR, label="o"), conversation, 0)
    answer = client_of(oscar).post(f"/conversations/{conversation.public_id}/write/", {"text": "Hello", "key": "k"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nobody_there")
    assert not Turn.objects.filter(role="human").exists()
