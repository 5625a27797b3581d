from __future__ import annotations

from agents.actions.edit_draft import edit_draft
from agents.models import Agent, Version
from agents.seed import seed_demo
from parley.accounts.models import User, Workspace
from tests.support.cast import actor_for


def test_seed_is_idempotent_and_keeps_edits(acme: Workspace, bob: User) -> None:
    first = seed_demo(acme)
    assert [(agent.slug, agent.name) for agent in first] == [
        ("reception", "Smile Dental reception"),
        ("pizza", "Pizza line"),
        ("booking", "Dental booking"),
    ]
    assert all(agent.published is not None for agent in first)
    edit_draft(actor_for(bob), first[0], {"greeting": "Changed."}, revision=1)
    second = seed_demo(acme)
    assert [agent.pk for agent in second] == [agent.pk for agent in first]
    assert (Agent.objects.count(), Version.objects.count()) == (3, 3)
    assert second[0].draft.greeting == "Changed."


def test_the_facts_of_the_first_call(acme: Workspace) -> None:
    reception = seed_demo(acme)[0]
    assert reception.published is not None
    spec = reception.published.agent_spec()
    assert "Saturday: opens at 9 am, closes at 1 pm." in spec.instructions
    assert "Monday to Friday: opens at 8 am, closes at 6 pm." in spec.instructions
    assert "Sunday: closed." in spec.instructions


def test_each_workspace_has_its_own(acme: Workspace, globex: Workspace) -> None:
    assert {agent.pk for agent in seed_demo(acme)}.isdisjoint(agent.pk for agent in seed_demo(globex))
