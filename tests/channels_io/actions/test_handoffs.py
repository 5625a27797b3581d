from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections
from django.utils import timezone

from channels_io.actions.ask_for_person import NoTeam, ask_for_person
from channels_io.actions.expire_handoffs import expire_handoffs
from channels_io.actions.note_presence import note_presence
from channels_io.actions.save_team import TeamValues, delete_team, save_team
from channels_io.actions.take_handoff import take_handoff
from channels_io.actions.take_over import give_back, take_over
from channels_io.models import (
    Conversation,
    FollowUp,
    Handoff,
    Leg,
    OperatorPresence,
    OwnerChange,
    Team,
)
from channels_io.owner_errors import AlreadyTaken
from channels_io.reads.handoffs import queue_of
from channels_io.reads.teams import is_open, people_free, team_for
from parley.accounts.actor import Actor
from parley.accounts.models import AuditEvent, Role, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db(transaction=True)
CLOSED = {"zone": "UTC", "days": {}, "holidays": []}


@pytest.fixture(autouse=True)
def _no_warming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)


def actor_of(acme: Workspace, user: User, role: Role = Role.OWNER) -> Actor:
    return Actor(workspace=acme, user=user, role=role, label=user.email)


@pytest.fixture
def owner(acme: Workspace, alice: User) -> Actor:
    return actor_of(acme, alice)


@pytest.fixture
def operator(acme: Workspace, oscar: User) -> Actor:
    return actor_of(acme, oscar, Role.OPERATOR)


@pytest.fixture
def team(owner: Actor, oscar: User, alice: User) -> Team:
    values = TeamValues(name="Desk", members={oscar.public_id: ["German"], alice.public_id: []})
    return save_team(owner, values)


def talk(acme: Workspace, media: str = "text", live: bool = False) -> Conversation:
    agent = make_agent(acme, name=f"Agent {Conversation.objects.count()}")
    publish(agent)
    kind = "browser_voice" if media == "voice" else "web_chat"
    return make_conversation(agent, kind=kind, media=media, end_reason=None if live else "hangup")


def asked(conversation: Conversation, team: Team, key: str = "k", **more: Any) -> Handoff:
    return ask_for_person(conversation, team=team, key=key, reason="Wants a refund", **more)


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


# --- who is there -------------------------------------------------------------------------------


def test_who_is_free(team: Team, operator: Actor, owner: Actor, acme: Workspace, oscar: User, alice: User) -> None:
    assert people_free(team) == []
    note_presence(operator, available=True)
    note_presence(owner, available=False)
    assert people_free(team) == [oscar]
    note_presence(owner, available=True)
    assert set(people_free(team)) == {oscar, alice}
    assert people_free(team, ["german"]) == [oscar]
    assert set(people_free(team, ["flemish"])) == {oscar, alice}, "nobody of the team can: then whoever is there"
    OperatorPresence.objects.filter(user=oscar).update(seen_at=timezone.now() - timedelta(seconds=61))
    assert people_free(team) == [alice]
    call = talk(acme, "voice", live=True)
    Leg.objects.update(seen_at=timezone.now())
    take_over(owner, call, 0)
    assert people_free(team) == [], "she talks to somebody"


def test_hours_and_which_team(team: Team, owner: Actor, acme: Workspace) -> None:
    assert is_open(team)
    night = save_team(owner, TeamValues(name="Night", hours=CLOSED))
    assert not is_open(night)
    assert team_for(acme) == team, "it takes what names none, as the first"
    assert team_for(acme, "night") == night == team_for(acme, night.public_id)
    assert team_for(acme, "nobody's") == team


# --- waiting ------------------------------------------------------------------------------------


def test_a_chat_waits_whoever_is_there(team: Team, acme: Workspace) -> None:
    conversation = talk(acme)
    row = asked(conversation, team, skills=["Billing ", ""], summary="About a crown.")
    assert (row.state, row.reason, row.summary, row.skills) == (
        "waiting",
        "Wants a refund",
        "About a crown.",
        ["billing"],
    )
    assert 59 < (row.due_at - timezone.now()).total_seconds() <= 60
    assert fresh(conversation).waits_since is None, "its only leg is over: it is closed"
    assert fresh(conversation).owner == "ai"
    assert asked(conversation, team) == row, "the same key"
    assert asked(conversation, team, key="another") == row, "it waits already"
    assert AuditEvent.objects.filter(verb="handoff.asked").count() == 1


def test_a_caller_waits_only_for_somebody_who_is_there(team: Team, acme: Workspace, operator: Actor) -> None:
    conversation = talk(acme, "voice", live=True)
    row = asked(conversation, team, leg=conversation.legs.get())
    assert (row.state, fresh(conversation).waits_since) == ("expired", None)
    note_presence(operator, available=True)
    row = asked(conversation, team, key="again", leg=conversation.legs.get())
    assert (row.state, fresh(conversation).waits_since is not None) == ("waiting", True)


def test_a_closed_team_promises_to_call_back(owner: Actor, acme: Workspace) -> None:
    team = save_team(owner, TeamValues(name="Night", hours=CLOSED, nobody="callback"))
    conversation = talk(acme)
    assert asked(conversation, team).state == "expired"
    follow_up = FollowUp.objects.get()
    assert (follow_up.conversation, follow_up.text, follow_up.source) == (
        conversation,
        "Call back: Wants a refund",
        "handoff",
    )
    assert asked(conversation, team).state == "expired"
    assert FollowUp.objects.count() == 1, "the same request again is no second promise"


def test_without_a_team_nobody_can_be_asked(acme: Workspace) -> None:
    with pytest.raises(NoTeam):
        ask_for_person(talk(acme), team=None, key="k")


# --- taking -------------------------------------------------------------------------------------


def test_taking_it_takes_the_conversation(team: Team, acme: Workspace, operator: Actor, oscar: User) -> None:
    conversation = talk(acme, live=True)
    row = asked(conversation, team)
    taken = take_handoff(operator, row)
    assert (taken.owner, taken.owner_user, taken.owner_number) == ("human", oscar, 1)
    row = fresh(row)
    assert (row.state, row.taken_by, row.taken_at is not None) == ("taken", oscar, True)
    assert take_handoff(operator, row).owner_number == 1, "idempotent"
    give_back(operator, conversation)
    assert fresh(row).state == "returned"


def test_of_two_who_press_one_gets_it(team: Team, acme: Workspace, operator: Actor, owner: Actor) -> None:
    conversation = talk(acme, live=True)
    row = asked(conversation, team)

    def press(actor: Actor) -> str:
        try:
            return take_handoff(actor, row).owner_user.email  # type: ignore[union-attr]
        except AlreadyTaken as error:
            return error.message
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, (operator, owner)))
    winner = fresh(conversation).owner_user
    assert sum(answer == winner.email for answer in answers) == 1
    assert sum("was faster" in answer and winner.get_full_name() in answer for answer in answers) == 1
    assert OwnerChange.objects.count() == 1
    assert fresh(row).taken_by == winner


def test_taking_the_conversation_over_takes_what_waits(team: Team, acme: Workspace, owner: Actor, alice: User) -> None:
    conversation = talk(acme, live=True)
    row = asked(conversation, team)
    take_over(owner, conversation, 0)
    assert (fresh(row).state, fresh(row).taken_by) == ("taken", alice)
    assert expire_handoffs() == 0


def test_a_viewer_takes_nothing(team: Team, acme: Workspace, alice: User) -> None:
    with pytest.raises(PermissionDenied):
        take_handoff(actor_of(acme, alice, Role.VIEWER), asked(talk(acme), team))


# --- nobody came --------------------------------------------------------------------------------


def test_nobody_came(team: Team, owner: Actor, acme: Workspace) -> None:
    Team.objects.update(nobody="message")
    conversation = talk(acme, live=True)
    row = asked(conversation, fresh(team))
    assert (expire_handoffs(), fresh(row).state) == (0, "waiting")
    Handoff.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert (expire_handoffs(), expire_handoffs()) == (1, 0)
    assert (fresh(row).state, fresh(conversation).waits_since) == ("expired", None)
    assert FollowUp.objects.get().text == "Read the message that was left: Wants a refund"
    with pytest.raises(AlreadyTaken) as late:
        take_handoff(owner, row)
    assert "Nobody came" in late.value.message


def test_a_caller_who_left_is_waited_for_no_longer(team: Team, acme: Workspace, operator: Actor) -> None:
    note_presence(operator, available=True)
    conversation = talk(acme, "voice", live=True)
    row = asked(conversation, team, leg=conversation.legs.get())
    Leg.objects.update(ended_at=timezone.now())
    assert (expire_handoffs(), fresh(row).state) == (1, "left")
    assert FollowUp.objects.count() == 0


def test_a_flow_that_holds_the_caller_tells_them_itself(team: Team, acme: Workspace, operator: Actor) -> None:
    note_presence(operator, available=True)
    conversation = talk(acme, "voice", live=True)
    row = asked(conversation, team, key="hold:lg:1", leg=conversation.legs.get())
    Handoff.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert (expire_handoffs(), fresh(row).state) == (0, "waiting")
    Handoff.objects.update(due_at=timezone.now() - timedelta(seconds=4))
    assert (expire_handoffs(), fresh(row).state) == (1, "expired"), "its process may be gone"


def test_what_waits_in_silence_is_the_agents_again(team: Team, acme: Workspace) -> None:
    conversation = talk(acme, live=True)
    asked(conversation, team, silent=True)
    assert (fresh(conversation).owner, fresh(conversation).owner_user) == ("human", None)
    Handoff.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    expire_handoffs()
    assert fresh(conversation).owner == "ai"
    assert list(OwnerChange.objects.order_by("number").values_list("by", flat=True)) == ["flow", "expired"]


def test_what_waits_in_silence_can_be_taken(team: Team, acme: Workspace, operator: Actor, oscar: User) -> None:
    conversation = talk(acme, live=True)
    row = asked(conversation, team, silent=True)
    assert take_handoff(operator, row).owner_user == oscar


# --- the queue ----------------------------------------------------------------------------------


def test_the_queue_has_ones_own_teams_first(team: Team, owner: Actor, acme: Workspace, bob: User) -> None:
    other = save_team(owner, TeamValues(name="Other", answer_seconds=10, members={bob.public_id: []}))
    first, second = asked(talk(acme), other), asked(talk(acme), team, key="b")
    mine, theirs = queue_of(owner)
    assert (mine.handoff, mine.mine, mine.tone) == (second, True, "good")
    assert (theirs.handoff, theirs.mine) == (first, False)
    later = timezone.now() + timedelta(seconds=50)
    assert [row.tone for row in queue_of(owner, later)] == ["warn", "bad"]


# --- teams --------------------------------------------------------------------------------------


def test_a_team_is_saved(owner: Actor, oscar: User, acme: Workspace) -> None:
    values = TeamValues(
        name="  Front   desk ",
        answer_seconds=45,
        nobody="callback",
        words="We call.",
        members={oscar.public_id: ["A", "a"]},
    )
    team = save_team(owner, values)
    assert (team.name, team.answer_seconds, team.nobody, team.words, team.is_default) == (
        "Front desk",
        45,
        "callback",
        "We call.",
        True,
    )
    assert team.memberships.get().skills == ["a"]
    second = save_team(owner, TeamValues(name="Second", is_default=True))
    assert (fresh(team).is_default, second.is_default) == (False, True)
    save_team(owner, TeamValues(name="Front desk", members={}), team)
    assert team.memberships.count() == 0
    delete_team(owner, second)
    assert fresh(team).is_default, "one of them takes what names none"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "Desk"}, "name"),
        ({"answer_seconds": 5}, "answer_seconds"),
        ({"answer_seconds": 601}, "answer_seconds"),
        ({"nobody": "shrug"}, "nobody"),
        ({"hours": {"zone": "Mars"}}, "hours"),
        ({"members": {"us_unknown": []}}, "members"),
    ],
)
def test_what_a_team_cannot_be(team: Team, owner: Actor, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        save_team(owner, TeamValues(**{"name": "Another", **changes}))
    assert list(refused.value.message_dict) == [field]


def test_a_viewer_is_in_no_team(owner: Actor, acme: Workspace, oscar: User) -> None:
    acme.memberships.filter(user=oscar).update(role=Role.VIEWER)
    with pytest.raises(ValidationError):
        save_team(owner, TeamValues(name="Another", members={oscar.public_id: []}))


def test_only_who_manages_the_workspace_changes_teams(team: Team, operator: Actor) -> None:
    with pytest.raises(PermissionDenied):
        save_team(operator, TeamValues(name="Mine"))
    with pytest.raises(PermissionDenied):
        delete_team(operator, team)


def test_what_waits_for_a_team_that_goes_is_over(team: Team, owner: Actor, acme: Workspace) -> None:
    row = asked(talk(acme), team)
    delete_team(owner, team)
    assert (fresh(row).state, fresh(row).team) == ("expired", None)
