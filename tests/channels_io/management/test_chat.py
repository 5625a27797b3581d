from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent
from channels_io.live import runner
from channels_io.models import Conversation, Leg, Turn
from inference.errors import WorkerError
from parley.accounts.models import Workspace
from tests.channels_io.kinds.api.test_api import EchoLink
from tests.channels_io.live.script import ScriptedWorkers
from tests.support.agents import make_agent, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> ScriptedWorkers:
    scripted = ScriptedWorkers(EchoLink)
    monkeypatch.setattr(runner, "configured_workers", lambda: scripted)
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
    return scripted


@pytest.fixture
def agent(acme: Workspace, workers: ScriptedWorkers) -> Agent:
    agent = make_agent(acme, greeting="Hello.")
    publish(agent)
    return agent


def chat(monkeypatch: pytest.MonkeyPatch, typed: str, **options: bool) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    out = io.StringIO()
    call_command("chat", agent="reception", stdout=out, no_color=True, **options)
    return out.getvalue()


def test_one_line_one_answer_until_the_input_ends(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = chat(monkeypatch, "Hi\n\nMore\n")
    assert shown == "Reception (Ctrl-D ends)\nHello.\n> You said Hi\n> > You said More\n> "
    assert list(Turn.objects.order_by("number", "-role").values_list("role", "text")) == [
        ("agent", "Hello."),
        ("caller", "Hi"),
        ("agent", "You said Hi"),
        ("caller", "More"),
        ("agent", "You said More"),
    ]
    leg = Leg.objects.get()
    assert (leg.kind, leg.media, leg.end_reason) == ("loopback", "text", "hangup")


def test_the_draft_can_be_tried(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    chat(monkeypatch, "Hi\n", draft=True)
    assert Leg.objects.get().version is None


def test_an_agent_that_is_not_there_names_those_that_are(agent: Agent) -> None:
    with pytest.raises(CommandError, match="There are: reception"):
        call_command("chat", agent="nobody")


def test_an_unpublished_agent_says_what_to_do(acme: Workspace, workers: ScriptedWorkers) -> None:
    make_agent(acme, name="Draft only")
    with pytest.raises(CommandError, match="publish it"):
        call_command("chat", agent="draft-only")
    assert Conversation.objects.count() == 0


def test_a_worker_that_refuses_is_quoted(
    agent: Agent, workers: ScriptedWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.refusals = [WorkerError("No such voice.", code="engine_unknown")]
    with pytest.raises(CommandError, match=r"No such voice. \(engine_unknown\)"):
        chat(monkeypatch, "Hi\n")
