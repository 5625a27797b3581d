from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from agents.actions.delete_test_case import delete_test_case
from agents.actions.edit_test_case import edit_test_case
from agents.actions.note_test_run import note_test_run
from agents.cases import CaseResult, CaseStep, Checks, StepResult
from agents.errors import AgentsError
from agents.models import TestCase
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent
from tests.support.cast import actor_for


@pytest.fixture
def case(acme: Workspace) -> TestCase:
    return make_case(acme, "Booking")


def make_case(workspace: Workspace, name: str, **more: Any) -> TestCase:
    agent = more.pop("agent", None) or make_agent(workspace)
    return TestCase.objects.create(workspace=workspace, agent=agent, name=name, day=date(2026, 11, 22), **more)


def test_a_builder_changes_it(case: TestCase, bob: User) -> None:
    edited = edit_test_case(actor_for(bob), case, name="  A \x00 booking ", checks=Checks("last"), mocks={"find": {}})
    assert (edited.name, edited.checks["path"], edited.mocks) == ("A booking", "last", {"find": {}})
    assert AuditEvent.objects.get(verb="test_case.edited").target_id == case.public_id


def test_what_is_said_can_be_changed(acme: Workspace, bob: User) -> None:
    """A masked answer is not in the record: whoever keeps the case writes one."""
    steps = [{"answer": "Hello."}, {"said": "•••", "nodes": ["pin"]}]
    case = make_case(acme, "Secret", steps=steps)
    edited = edit_test_case(actor_for(bob), case, said=["", " 1234\x00 "])
    assert [(step["said"], tuple(step["nodes"])) for step in edited.steps] == [("", ()), ("1234", ("pin",))]
    for wrong in ([], ["", ""], ["Hi", "1234"], ["", "1234", "5"]):
        with pytest.raises(AgentsError) as refused:
            edit_test_case(actor_for(bob), case, said=wrong)
        assert refused.value.code == "case_words"


@pytest.mark.parametrize("name", ["", " \x00", "x" * 121])
def test_bad_names(case: TestCase, bob: User, name: str) -> None:
    with pytest.raises(AgentsError) as refused:
        edit_test_case(actor_for(bob), case, name=name)
    assert refused.value.code == "case_name"


def test_a_name_is_given_once(case: TestCase, bob: User, acme: Workspace) -> None:
    other = make_case(acme, "Other", agent=case.agent)
    with pytest.raises(AgentsError) as refused:
        edit_test_case(actor_for(bob), other, name="Booking")
    assert refused.value.code == "case_name_taken"


def test_deleting(case: TestCase, bob: User) -> None:
    delete_test_case(actor_for(bob), case)
    assert not TestCase.objects.exists()
    assert AuditEvent.objects.filter(verb="test_case.deleted").exists()


def test_an_operator_runs_them_but_changes_nothing(case: TestCase, oscar: User) -> None:
    actor = actor_for(oscar)
    for forbidden in (lambda: edit_test_case(actor, case, name="Mine"), lambda: delete_test_case(actor, case)):
        with pytest.raises(PermissionDenied):
            forbidden()
    note_test_run(actor, case, CaseResult(True, (StepResult(CaseStep("Hi")),)), revision=3)
    case.refresh_from_db()
    assert (case.passed, case.ran_revision, case.result["steps"][0]["expected"]["said"]) == (True, 3, "Hi")


def test_who_only_looks_runs_nothing(case: TestCase, vera: User) -> None:
    with pytest.raises(PermissionDenied):
        note_test_run(actor_for(vera), case, CaseResult(True), revision=1)


def test_a_run_of_a_case_that_was_deleted_meanwhile(case: TestCase, bob: User) -> None:
    delete_test_case(actor_for(bob), TestCase.objects.get())
    note_test_run(actor_for(bob), case, CaseResult(True), revision=1)
    assert not TestCase.objects.exists()
