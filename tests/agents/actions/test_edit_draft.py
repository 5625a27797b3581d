from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from agents.actions.archive_agent import archive_agent
from agents.actions.edit_draft import edit_draft
from agents.actions.undo_edit import undo_edit
from agents.errors import AgentArchived, EditRefused, NothingToUndo, StaleDraft
from agents.models import Agent
from agents.models.draft_save import KEPT_SAVES
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent
from tests.support.cast import actor_for


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme)  # revision 2: instructions were written


def test_a_save(agent: Agent, bob: User) -> None:
    edited = edit_draft(actor_for(bob), agent, {"greeting": "Hi\x00.", "max_tokens": "90"}, revision=2)
    assert list(edited.changed) == ["greeting", "max_tokens"]
    assert [(notice.field, notice.code) for notice in edited.notices] == [("greeting", "cleaned")]
    agent.draft.refresh_from_db()
    assert (agent.draft.greeting, agent.draft.max_tokens, agent.draft.revision) == ("Hi.", 90, 3)
    event = AuditEvent.objects.filter(verb="draft.edited").latest("pk")
    assert event.data == {"fields": ["greeting", "max_tokens"], "revision": 3}


def test_saving_the_same_changes_nothing(agent: Agent, bob: User) -> None:
    edited = edit_draft(actor_for(bob), agent, {"greeting": agent.draft.greeting}, revision=2)
    assert (list(edited.changed), edited.draft.revision) == ([], 2)


def test_a_draft_with_problems_is_saved(agent: Agent, bob: User) -> None:
    edited = edit_draft(actor_for(bob), agent, {"instructions": "", "temperature": 99}, revision=2)
    assert (edited.draft.instructions, edited.draft.temperature) == ("", 99.0)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"greeting": 5}, [("greeting", "not_text")]),
        (
            {"greeting": "ok", "hints": "x", "temperature": None},
            [("hints", "not_a_list"), ("temperature", "not_a_number")],
        ),
        ({"revision": 9}, [("revision", "field_unknown")]),
        ({"agent_id": 1}, [("agent_id", "field_unknown")]),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_saved(
    agent: Agent, bob: User, changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    with pytest.raises(EditRefused) as refused:
        edit_draft(actor_for(bob), agent, changes, revision=2)
    assert [(p.field, p.code) for p in refused.value.problems] == found
    agent.draft.refresh_from_db()
    assert agent.draft.revision == 2


def test_two_writers_of_different_fields_both_win(agent: Agent, alice: User, bob: User) -> None:
    edit_draft(actor_for(alice), agent, {"greeting": "Alice."}, revision=2)
    edited = edit_draft(actor_for(bob), agent, {"persona": "Bob."}, revision=2)
    assert (edited.draft.greeting, edited.draft.persona, edited.draft.revision) == ("Alice.", "Bob.", 4)


def test_two_writers_of_one_field_conflict_and_nothing_is_lost(agent: Agent, alice: User, bob: User) -> None:
    edit_draft(actor_for(alice), agent, {"greeting": "Alice."}, revision=2)
    with pytest.raises(StaleDraft) as stale:
        edit_draft(actor_for(bob), agent, {"greeting": "Bob.", "persona": "Bob."}, revision=2)
    assert stale.value.conflicts == {"greeting": "Alice."}
    agent.draft.refresh_from_db()
    assert (agent.draft.greeting, agent.draft.revision) == ("Alice.", 3)
    assert agent.draft.persona != "Bob."
    edited = edit_draft(actor_for(bob), agent, {"greeting": "Bob."}, revision=stale.value.draft.revision)
    assert edited.draft.greeting == "Bob."


def test_the_same_new_value_is_no_conflict(agent: Agent, alice: User, bob: User) -> None:
    edit_draft(actor_for(alice), agent, {"greeting": "Hi."}, revision=2)
    assert list(edit_draft(actor_for(bob), agent, {"greeting": "Hi."}, revision=2).changed) == []


@pytest.mark.parametrize("revision", [0, -1, 99])
def test_a_revision_that_never_was_conflicts(agent: Agent, bob: User, revision: int) -> None:
    with pytest.raises(StaleDraft):
        edit_draft(actor_for(bob), agent, {"greeting": "Bob."}, revision=revision)


def test_after_an_undo_an_old_writer_conflicts(agent: Agent, alice: User, bob: User) -> None:
    edit_draft(actor_for(alice), agent, {"greeting": "Alice."}, revision=2)
    undo_edit(actor_for(alice), agent, revision=3)
    with pytest.raises(StaleDraft):
        edit_draft(actor_for(bob), agent, {"greeting": "Bob."}, revision=3)


def test_quick_saves_of_one_field_are_one_undo_step(agent: Agent, bob: User) -> None:
    actor = actor_for(bob)
    before = agent.draft.greeting
    for revision, text in enumerate(("H", "He", "Hel"), start=2):
        edit_draft(actor, agent, {"greeting": text}, revision=revision)
    edit_draft(actor, agent, {"persona": "P"}, revision=5)
    assert undo_edit(actor, agent, revision=6).draft.greeting == "Hel"
    undone = undo_edit(actor, agent, revision=7)
    assert (undone.draft.greeting, list(undone.changed), undone.draft.revision) == (before, ["greeting"], 8)


def test_undo_needs_the_newest_revision(agent: Agent, alice: User, bob: User) -> None:
    edit_draft(actor_for(alice), agent, {"greeting": "Alice."}, revision=2)
    with pytest.raises(StaleDraft):
        undo_edit(actor_for(bob), agent, revision=2)


def test_only_the_last_saves_are_kept(agent: Agent, bob: User) -> None:
    actor = actor_for(bob)
    for revision in range(2, 2 + KEPT_SAVES + 5):
        name = ("greeting", "persona")[revision % 2]
        edit_draft(actor, agent, {name: str(revision)}, revision=revision)
    revision += 1
    for _number in range(KEPT_SAVES):
        undo_edit(actor, agent, revision=revision)
        revision += 1
    with pytest.raises(NothingToUndo):
        undo_edit(actor, agent, revision=revision)


def test_archived_agents_are_not_edited(agent: Agent, alice: User) -> None:
    archive_agent(actor_for(alice), agent)
    with pytest.raises(AgentArchived):
        edit_draft(actor_for(alice), agent, {"greeting": "x"}, revision=2)


@pytest.mark.parametrize("who", ["vera", "oscar"])
def test_roles(agent: Agent, who: str, request: pytest.FixtureRequest) -> None:
    actor = actor_for(request.getfixturevalue(who))
    with pytest.raises(PermissionDenied):
        edit_draft(actor, agent, {"greeting": "x"}, revision=2)
    with pytest.raises(PermissionDenied):
        undo_edit(actor, agent, revision=2)


def test_an_outsider_finds_nothing(agent: Agent, charlie: User) -> None:
    with pytest.raises(Agent.DoesNotExist):
        edit_draft(actor_for(charlie), agent, {"greeting": "x"}, revision=2)
