from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, TestCase
from channels_io.actions.save_test_case import save_test_case
from channels_io.live import runner
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.channels_io.live.script import ScriptedWorkers
from tests.channels_io.pages.test_testbench import Booking
from tests.support.agents import make_agent
from tests.support.trials import booking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> Agent:
    scripted = ScriptedWorkers(Booking)
    monkeypatch.setattr(runner, "configured_workers", lambda: scripted)
    return make_agent(acme, greeting="Hello.")


def run(**options: object) -> str:
    out = io.StringIO()
    call_command("testagent", agent="reception", stdout=out, no_color=True, **options)
    return out.getvalue()


def test_a_case_that_passes(agent: Agent) -> None:
    save_test_case(system_actor(agent.workspace), booking(agent), name="Booking")
    TestCase.objects.update(checks={"variables": False})
    assert run() == "passed  Booking\n1 passed.\n"


def test_a_case_that_fails(agent: Agent) -> None:
    case = save_test_case(system_actor(agent.workspace), booking(agent), name="Booking")
    TestCase.objects.update(day=case.day.replace(year=2020))
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"1 of 1 failed\."):
        call_command("testagent", agent="reception", stdout=out, no_color=True)
    assert "“Tuesday.”: day: expected “2026-11-24”, got “2026-11-25”" in out.getvalue()


def test_nothing_to_run(agent: Agent) -> None:
    with pytest.raises(CommandError, match="no such test case"):
        run(case="Other")


def test_an_agent_that_is_not_published(agent: Agent) -> None:
    save_test_case(system_actor(agent.workspace), booking(agent), name="Booking")
    with pytest.raises(CommandError, match="not published"):
        run(published=True)
