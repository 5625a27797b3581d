from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from agents.actions.duplicate_agent import duplicate_agent
from agents.actions.rename_agent import rename_agent
from agents.errors import EditRefused
from agents.models import Agent
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for


def test_a_copy_has_the_draft_and_no_versions(acme: Workspace, bob: User) -> None:
    agent = make_agent(acme, "Front desk", greeting="Hi.", hints=["Novak"])
    publish(agent)
    copy = duplicate_agent(actor_for(bob), agent)
    assert (copy.name, copy.slug, copy.published, copy.versions.count()) == (
        "Front desk (copy)",
        "front-desk-copy",
        None,
        0,
    )
    assert copy.draft.content() == agent.draft.content()


def test_a_long_name_still_fits(acme: Workspace, bob: User) -> None:
    copy = duplicate_agent(actor_for(bob), make_agent(acme, "x" * 80))
    assert (len(copy.name), copy.name[-7:]) == (80, " (copy)")


def test_rename_keeps_the_slug(acme: Workspace, bob: User) -> None:
    agent = rename_agent(actor_for(bob), make_agent(acme, "Old"), " New  name ")
    assert (agent.name, agent.slug) == ("New name", "old")
    with pytest.raises(EditRefused):
        rename_agent(actor_for(bob), agent, " ")


def test_others_may_not(acme: Workspace, vera: User, charlie: User) -> None:
    agent = make_agent(acme)
    with pytest.raises(PermissionDenied):
        duplicate_agent(actor_for(vera), agent)
    with pytest.raises(PermissionDenied):
        rename_agent(actor_for(vera), agent, "x")
    with pytest.raises(Agent.DoesNotExist):
        duplicate_agent(actor_for(charlie), agent)
