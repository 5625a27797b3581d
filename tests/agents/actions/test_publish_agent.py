from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from agents.actions.archive_agent import archive_agent
from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.actions.restore_version import restore_version
from agents.actions.unarchive_agent import unarchive_agent
from agents.engines import fallback_menu
from agents.errors import AgentArchived, EditRefused, StaleDraft
from agents.models import Agent, Version
from agents.problems import CompileError
from agents.reads import callable_agents, published_specs
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for

MENU = fallback_menu()


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme, greeting="One.")


def test_the_first_version(agent: Agent, bob: User) -> None:
    version = publish_agent(actor_for(bob), agent, note="  first \x00", revision=2, menu=MENU)
    agent.refresh_from_db()
    assert agent.published == version
    assert (version.number, version.note, version.created_by) == (1, "first", bob)
    assert version.agent_spec().greeting == "One."
    assert version.draft == agent.draft.content()
    assert AuditEvent.objects.get(verb="agent.published").data == {"version": version.public_id, "number": 1}


def test_versions_count_up_and_keep_their_words(agent: Agent, bob: User) -> None:
    first = publish(agent)
    edit_draft(actor_for(bob), agent, {"greeting": "Two."}, revision=2)
    second = publish(agent)
    assert (first.number, second.number, agent.published) == (1, 2, second)
    assert [v.agent_spec().greeting for v in agent.versions.order_by("number")] == ["One.", "Two."]


def test_a_draft_with_problems_is_not_published(agent: Agent, bob: User) -> None:
    edit_draft(actor_for(bob), agent, {"instructions": ""}, revision=2)
    with pytest.raises(CompileError) as error:
        publish_agent(actor_for(bob), agent, menu=MENU)
    assert [(p.node, p.field, p.code) for p in error.value.problems] == [("goal", "instructions", "required")]
    assert not Version.objects.exists()


def test_a_draft_changed_meanwhile_is_not_published(agent: Agent, bob: User) -> None:
    with pytest.raises(StaleDraft):
        publish_agent(actor_for(bob), agent, revision=1, menu=MENU)


def test_a_long_note_is_refused(agent: Agent, bob: User) -> None:
    with pytest.raises(EditRefused):
        publish_agent(actor_for(bob), agent, note="x" * 501, menu=MENU)


@pytest.mark.parametrize("who", ["vera", "oscar"])
def test_roles(agent: Agent, who: str, request: pytest.FixtureRequest) -> None:
    actor = actor_for(request.getfixturevalue(who))
    version = publish(agent)
    for refused in (
        lambda: publish_agent(actor, agent, menu=MENU),
        lambda: restore_version(actor, agent, version),
        lambda: archive_agent(actor, agent),
        lambda: unarchive_agent(actor, agent),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    assert Version.objects.count() == 1


def test_an_outsider_finds_nothing(agent: Agent, charlie: User) -> None:
    for refused in (
        lambda: publish_agent(actor_for(charlie), agent, menu=MENU),
        lambda: archive_agent(actor_for(charlie), agent),
    ):
        with pytest.raises(Agent.DoesNotExist):
            refused()


def test_restore_goes_into_the_draft_only(agent: Agent, bob: User) -> None:
    first = publish(agent)
    edit_draft(actor_for(bob), agent, {"greeting": "Two."}, revision=2)
    second = publish(agent)
    draft = restore_version(actor_for(bob), agent, first)
    agent.refresh_from_db()
    assert (draft.greeting, draft.revision, agent.published) == ("One.", 4, second)
    assert draft.differs_from(first.draft) == []


def test_restore_of_another_agents_version(agent: Agent, acme: Workspace, bob: User) -> None:
    other = publish(make_agent(acme, "Other"))
    with pytest.raises(Version.DoesNotExist):
        restore_version(actor_for(bob), agent, other)


def test_archiving_ends_and_unarchiving_brings_back(agent: Agent, acme: Workspace, alice: User) -> None:
    version = publish(agent)
    archive_agent(actor_for(alice), agent)
    assert (list(callable_agents(acme)), published_specs()) == ([], [])
    with pytest.raises(AgentArchived):
        publish_agent(actor_for(alice), agent, menu=MENU)
    unarchive_agent(actor_for(alice), agent)
    assert list(callable_agents(acme)) == [agent]
    assert published_specs() == [version.agent_spec()]


def test_published_specs_of_all_workspaces(agent: Agent, globex: Workspace) -> None:
    make_agent(globex, "Unpublished")
    theirs, mine = publish(make_agent(globex)), publish(agent)
    assert [spec.version for spec in published_specs()] == [mine.public_id, theirs.public_id]
