from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from agents.models import Agent, Draft
from parley.accounts.models import Workspace
from tests.support.agents import make_agent


def test_public_id(acme: Workspace) -> None:
    assert Agent.objects.create(workspace=acme, name="A", slug="a").public_id.startswith("ag_")


def test_slug_is_unique_in_a_workspace_only(acme: Workspace, globex: Workspace) -> None:
    Agent.objects.create(workspace=acme, name="A", slug="desk")
    Agent.objects.create(workspace=globex, name="A", slug="desk")
    with pytest.raises(IntegrityError, match="agents_agent_slug_unique"), transaction.atomic():
        Agent.objects.create(workspace=acme, name="B", slug="desk")


@pytest.mark.parametrize(("name", "slug", "constraint"), [("", "a", "name"), ("A", "", "slug")])
def test_empty_names_are_impossible(acme: Workspace, name: str, slug: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=f"agents_agent_{constraint}_not_empty"), transaction.atomic():
        Agent.objects.create(workspace=acme, name=name, slug=slug)


def test_of_sees_one_workspace(acme: Workspace, globex: Workspace) -> None:
    mine = make_agent(acme)
    make_agent(globex)
    assert list(Agent.objects.of(acme)) == [mine]


def test_differs_from_names_fields_in_form_order(acme: Workspace) -> None:
    draft = make_agent(acme).draft
    snapshot = draft.content()
    assert draft.differs_from(snapshot) == []
    draft.hints = ["Novak"]
    draft.greeting = "Hi."
    assert draft.differs_from(snapshot) == ["greeting", "hints"]


def test_revision_is_positive(acme: Workspace) -> None:
    agent = make_agent(acme)
    with pytest.raises(IntegrityError, match="agents_draft_revision_positive"), transaction.atomic():
        Draft.objects.filter(agent=agent).update(revision=0)
