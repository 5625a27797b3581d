"""Calls over the telephone's wire: numbers for the agents, and the server's record joined to what was heard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from agents.models import Agent
from channels_io.bench.errors import MeasureError
from channels_io.bench.phone import joined, phones_plan
from channels_io.bench.phone_driver import PhoneRun, Spoken
from channels_io.bench.plans import Draft
from channels_io.bench.records import BackChannelRecord, RunRecord, TurnRecord
from channels_io.models import Account, PhoneCall, Turn, TurnSpan
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def _turns(agent: Agent) -> Callable[[int, str, str, float], Turn]:
    """Writes the turns of one call: number, role, text, seconds after noon."""
    conversation = make_conversation(agent)
    leg = conversation.legs.get()
    Turn.objects.all().delete()
    PhoneCall.objects.create(
        workspace=agent.workspace, direction="inbound", key="a", provider_id="CA1", leg=leg, conversation=conversation
    )

    def turn(number: int, role: str, text: str, seconds: float) -> Turn:
        return Turn.objects.create(
            workspace=agent.workspace, conversation=conversation, leg=leg, number=number, role=role, text=text,
            at=NOON + timedelta(seconds=seconds),
        )  # fmt: skip

    return turn


def test_every_agent_gets_a_number_whose_webhook_is_called(agent: Agent) -> None:
    plan = phones_plan(agent.workspace.slug, "http://127.0.0.1:9", [Draft(agent.slug, ("q01", "q02"))] * 2)
    account = Account.objects.get()
    assert (plan.account_sid, plan.served) == (account.number, "http://127.0.0.1:9")
    assert len(plan.auth_token) == 32
    assert [call.clips for call in plan.calls] == [("q01", "q02")] * 2
    assert plan.calls[0].url.startswith(f"{plan.public}/hooks/twilio_voice/")
    with pytest.raises(MeasureError, match="no agent"):
        phones_plan(agent.workspace.slug, "", [Draft("nobody", ("q01",))])


def test_what_was_understood_said_and_timed_is_found_by_call_and_moment(agent: Agent) -> None:
    turn = _turns(agent)
    turn(1, "caller", "When do you open?", 2.3)
    reply = turn(1, "agent", "At eight.", 2.4)
    TurnSpan.objects.create(turn=reply, position=0, name="silence", start_ms=0, ms=120)
    turn(2, "caller", "And", 8.0)
    turn(3, "caller", "on Sunday?", 9.5)
    turn(3, "agent", "Closed.", 9.9)
    turn(4, "caller", "Mm-hm", 16.5)
    wall = NOON.timestamp()
    found = PhoneRun(
        RunRecord(
            turns=(
                TurnRecord("q01", "question", 0, 0, v2v_ms=300.0),
                TurnRecord("q02", "question", 0, 1, v2v_ms=200.0),
            ),
            back_channels=(BackChannelRecord("k01", False, 150.0), BackChannelRecord("k02", False, 150.0)),
        ),
        (
            Spoken("q01", "CA1", wall + 0.5, wall + 2),
            Spoken("q02", "CA1", wall + 7, wall + 9),
            Spoken("k01", "CA1", wall + 16, wall + 16.3),
            Spoken("k02", "CA1", wall + 30, wall + 30.3),
        ),
    )
    run = joined(found)
    first, second = run.turns
    assert (first.heard, first.said, first.v2v_ms) == ("When do you open?", "At eight.", 300.0)
    assert [(span.name, span.ms) for span in first.spans] == [("silence", 120.0)]
    # Two turns were taken of one sentence: it was cut off, and its time means nothing.
    assert (second.heard, second.cut_off, second.v2v_ms) == ("And on Sunday?", True, None)
    assert [(each.stopped, each.held_ms) for each in run.back_channels] == [(True, None), (False, 150.0)]


def test_a_turn_of_the_next_clip_is_not_this_one_s(agent: Agent) -> None:
    turn = _turns(agent)
    turn(1, "caller", "When do you open?", 2.2)
    turn(2, "caller", "And on Sunday?", 6.0)
    wall = NOON.timestamp()
    found = PhoneRun(
        RunRecord(
            turns=(
                TurnRecord("q01", "question", 0, 0, v2v_ms=300.0),
                TurnRecord("q02", "question", 0, 1, v2v_ms=200.0),
            )
        ),
        (Spoken("q01", "CA1", wall + 0.5, wall + 2), Spoken("q02", "CA1", wall + 4, wall + 5.5)),
    )
    assert [(each.heard, each.cut_off) for each in joined(found).turns] == [
        ("When do you open?", False),
        ("And on Sunday?", False),
    ]
