from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from agents.actions.create_agent import create_agent
from agents.errors import EditRefused
from agents.models import Agent
from agents.starters import PIZZA
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.cast import actor_for


def test_a_builder_creates_from_a_starter(acme: Workspace, bob: User) -> None:
    agent = create_agent(actor_for(bob), "  Pizza  ", starter="pizza")
    assert (agent.name, agent.slug, agent.workspace, agent.published) == ("Pizza", "pizza", acme, None)
    assert agent.draft.instructions == PIZZA.content["instructions"]
    assert agent.draft.revision == 1
    event = AuditEvent.objects.get(verb="agent.created")
    assert (event.target_id, event.user) == (agent.public_id, bob)


def test_slugs_do_not_collide(acme: Workspace, bob: User) -> None:
    actor = actor_for(bob)
    slugs = [create_agent(actor, name).slug for name in ("Front desk", "Front-Desk", "front desk", "日本", "!?")]
    assert slugs == ["front-desk", "front-desk-2", "front-desk-3", "agent", "agent-2"]


@pytest.mark.parametrize(("name", "code"), [("", "required"), ("\x00 ", "required"), ("x" * 81, "too_long")])
def test_bad_names_are_refused(acme: Workspace, bob: User, name: str, code: str) -> None:
    with pytest.raises(EditRefused) as refused:
        create_agent(actor_for(bob), name)
    assert [(p.field, p.code) for p in refused.value.problems] == [("name", code)]
    assert not Agent.objects.exists()


def test_unknown_starter(acme: Workspace, bob: User) -> None:
    with pytest.raises(EditRefused) as refused:
        create_agent(actor_for(bob), "A", starter="nope")
    assert refused.value.problems[0].code == "starter_unknown"


@pytest.mark.parametrize("who", ["vera", "oscar"])
def test_others_may_not(acme: Workspace, who: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        create_agent(actor_for(request.getfixturevalue(who)), "A")
    assert not Agent.objects.exists()
