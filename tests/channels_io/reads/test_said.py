from __future__ import annotations

import pytest

from agents.cases import CaseStep
from agents.models import Agent
from channels_io.models import TurnState
from channels_io.reads.said import lines_to, state_before, steps_to, way_to
from parley.accounts.models import Workspace
from tests.support.agents import make_agent
from tests.support.trials import booking, have, open_trial


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme, greeting="Hello.")


def said(steps: list[CaseStep]) -> list[str]:
    return [step.said for step in steps]


def test_a_conversation_as_steps(agent: Agent) -> None:
    steps = steps_to(booking(agent))
    assert steps == [
        CaseStep("", "text", ("start", "goal"), {"caller": "web"}, "Hello."),
        CaseStep("I want to book.", "text", ("book",), {"caller": "web", "topic": "booking"}, "Which day?"),
        CaseStep(
            "Tuesday.", "text", ("day",), {"caller": "web", "topic": "booking", "day": "2026-11-24"}, "At what time?"
        ),
    ]


def test_what_is_known_is_carried_on(agent: Agent) -> None:
    leg = booking(agent)
    have(leg, 3, "Nine.", "Good.", variables={"day": "Tuesday"})
    TurnState.objects.all().delete()
    assert steps_to(leg)[-1].variables == {"day": "Tuesday"}


def test_going_back_leaves_out_what_came_after(agent: Agent) -> None:
    first = booking(agent)
    back = state_before(first, 2)
    assert back is not None
    assert (back.leg, back.number) == (first, 1)
    second = open_trial(agent, conversation=first.conversation, back_to=back).leg
    have(second, 2, "No, Friday.", "Friday it is.", nodes=["day"])
    assert said(steps_to(second)) == ["", "I want to book.", "No, Friday."]
    assert said(steps_to(first)) == ["", "I want to book.", "Tuesday."]
    assert lines_to(second) == 5


def test_going_back_twice_over_the_first_time(agent: Agent) -> None:
    first = booking(agent)
    second = open_trial(agent, conversation=first.conversation, back_to=state_before(first, 2)).leg
    have(second, 2, "Friday.", "At what time?")
    have(second, 3, "Nine.", "Good.")
    again = state_before(second, 2)
    assert again is not None
    assert (again.leg, again.number) == (first, 1)
    third = open_trial(agent, conversation=first.conversation, back_to=again).leg
    have(third, 2, "Monday.", "At what time?")
    assert said(steps_to(third)) == ["", "I want to book.", "Monday."]
    assert [(stretch.leg, stretch.last) for stretch in way_to(third)] == [(first, 1), (third, None)]


def test_the_beginning_told_twice_counts_once(agent: Agent) -> None:
    first = booking(agent)
    second = open_trial(agent, conversation=first.conversation, back_to=state_before(first, 1)).leg
    have(second, 0, "", "", nodes=["start", "goal"], variables={"caller": "web"})
    have(second, 1, "A question.", "Yes?", nodes=["faq"])
    assert [step.nodes for step in steps_to(second)] == [("start", "goal"), ("faq",)]


def test_a_lost_connection_is_no_going_back(agent: Agent) -> None:
    first = booking(agent)
    second = open_trial(agent, conversation=first.conversation).leg
    have(second, 3, "Nine.", "Good.")
    assert said(steps_to(second)) == ["", "I want to book.", "Tuesday.", "Nine."]
    before = state_before(second, 3)
    assert before is not None
    assert (before.leg, before.number) == (first, 2)


def test_nothing_lies_before_the_beginning(agent: Agent) -> None:
    leg = open_trial(agent).leg
    have(leg, 1, "Hello?", "Yes?")
    assert state_before(leg, 1) is None
