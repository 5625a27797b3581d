"""A conversation that is over is looked at once, by one process, and never in the way of those that go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from agents.models import Agent
from channels_io.actions import analyse_conversation as analysing
from channels_io.actions.analyse_again import analyse_again
from channels_io.actions.analyse_conversation import analyse_conversation
from channels_io.actions.close_conversation import close_conversation
from channels_io.actions.close_leg import close_leg
from channels_io.actions.finish_follow_up import finish_follow_up
from channels_io.actions.open_leg import open_leg
from channels_io.after import asking
from channels_io.after.due import QUIET, wake_waiting
from channels_io.after.material import gather
from channels_io.models import Analysis, Contact, Conversation, CostLine, FollowUp, Leg, Turn
from inference import client
from inference.errors import EngineError, WorkerLost
from inference.events import ConversationState
from inference.flow.state import FlowState
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import Said, make_conversation
from tests.support.flow_json import edge, flow_of, node

TALK = (
    Said("How much is a cleaning on Tuesday?", "A cleaning is 80 dollars. The team calls you back tomorrow."),
    Said("Thank you so much, my name is Peter Hill.", "Goodbye, Peter."),
)
AFTER = {
    "analyse": True,
    "outcomes": [
        {"name": "Booked", "description": "", "solved": True, "steps": ["book"]},
        {"name": "Answered", "description": "", "solved": True, "steps": []},
        {"name": "Open", "description": "", "solved": False, "steps": []},
    ],
    "fields": [
        {"name": "name", "kind": "text", "description": "The caller's name", "choices": []},
        {"name": "pin", "kind": "text", "description": "The caller's code", "choices": []},
    ],
    "instruction": "We are dentists.",
}


class Worker:
    """A worker of paper: its load, and what its model answers by a word of the question."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, str], ...]] = []
        self.models: list[str] = []
        self.load, self.calls = 0.0, 0
        self.error: Exception | None = None
        self.answers = {
            "How did": {"answer": "A"},
            "feel": {"answer": "B"},
            "caller's name": {"value": "Peter Hill"},
            "Summarise": {"summary": "Peter Hill asked how much a cleaning on Tuesday is."},
        }

    async def complete(self, _url: str, _token: str, messages: Any, *, model: str, **_how: Any) -> client.Completed:
        if self.error is not None:
            raise self.error
        self.asked.append(tuple(messages))
        self.models.append(model)
        question = messages[1][1]
        found = next((answer for word, answer in self.answers.items() if word in question), {})
        return client.Completed(msgspec.json.encode(found).decode(), "paper-1b")

    async def status(self, _url: str, _token: str) -> dict[str, Any]:
        if isinstance(self.error, WorkerLost):
            raise self.error
        return {"ready": True, "load": self.load, "conversations": self.calls}


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()
    monkeypatch.setattr(asking.client, "complete", worker.complete)
    monkeypatch.setattr(asking.client, "worker_status", worker.status)
    return worker


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    slot = {"variable": "pin", "kind": "digits", "ask": "Your code?", "masked": True}
    flow = flow_of(
        [node("form", "book", slots=[slot]), node("end", text="Bye.")], [edge("start", "book"), edge("book", "end")]
    )
    agent = make_agent(acme, flow=flow, after_call=AFTER)
    publish(agent)
    return agent


@pytest.fixture
def conversation(agent: Agent) -> Iterator[Conversation]:
    yield make_conversation(agent, exchanges=TALK)


def due_now(conversation: Conversation) -> None:
    Analysis.objects.filter(conversation=conversation).update(due_at=timezone.now() - timedelta(seconds=5))


def look(conversation: Conversation) -> str:
    due_now(conversation)
    return analyse_conversation(conversation.pk)


def found(conversation: Conversation) -> Analysis:
    return Analysis.objects.select_related("conversation").get(conversation=conversation)


def test_the_end_of_the_last_leg_makes_it_due_soon(conversation: Conversation) -> None:
    row = found(conversation)
    assert row.state == "waiting"
    assert row.due_at is not None
    assert timedelta(0) < row.due_at - timezone.now() <= timedelta(seconds=10)
    assert analyse_conversation(conversation.pk) == ""


def test_messages_wait_until_nobody_writes_any_more(agent: Agent) -> None:
    conversation = make_conversation(agent, exchanges=TALK, kind="twilio_messaging", media="text")
    row = found(conversation)
    assert row.due_at is not None
    assert row.due_at - timezone.now() > QUIET - timedelta(minutes=1)


def test_who_closes_it_while_it_is_answered_need_not_wait(agent: Agent, alice: User) -> None:
    leg = open_leg(agent=agent, running=agent.published, kind="twilio_messaging", media="text")
    assert close_conversation(actor_for(alice), leg.conversation)
    close_leg(leg, "answered")
    row = found(leg.conversation)
    assert row.due_at is not None
    assert row.due_at - timezone.now() <= timedelta(seconds=10)


def test_who_closes_what_a_message_has_closed_need_not_wait(agent: Agent, alice: User) -> None:
    conversation = make_conversation(agent, exchanges=TALK, kind="twilio_messaging", media="text")
    assert conversation.status == Conversation.Status.CLOSED
    assert not close_conversation(actor_for(alice), conversation)
    row = found(conversation)
    assert row.due_at is not None
    assert row.due_at <= timezone.now()


def test_tests_are_left_alone(agent: Agent, worker: Worker) -> None:
    leg = open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice", test=True)
    close_leg(leg, "hangup")
    assert not Analysis.objects.exists()


def test_all_of_it_is_written(conversation: Conversation, worker: Worker) -> None:
    assert look(conversation) == "done"
    row = found(conversation)
    assert (row.state, row.sentiment, row.contained, row.model, row.due_at) == (
        "done",
        "positive",
        True,
        "paper-1b",
        None,
    )
    assert row.summary == "Peter Hill asked how much a cleaning on Tuesday is."
    assert row.fields == {"name": "Peter Hill"}
    assert row.conversation.outcome == "Answered"
    assert row.of == row.conversation.last_at
    [follow_up] = FollowUp.objects.all()
    assert (follow_up.text, follow_up.source) == ("The team calls you back tomorrow.", "agent")
    assert CostLine.objects.filter(conversation=conversation, component="llm").exists()
    assert "We are dentists." in worker.asked[0][0][1]
    assert {messages[0] for messages in worker.asked} == {worker.asked[0][0]}, "the head stays, so it is read once"


def test_twice_is_once(conversation: Conversation, worker: Worker) -> None:
    look(conversation)
    asked = len(worker.asked)
    assert analyse_conversation(conversation.pk) == ""
    assert len(worker.asked) == asked
    assert look(conversation) == "done"  # Somebody asked for it again.
    assert FollowUp.objects.count() == 1


def test_what_the_flow_reached_wins_and_what_is_masked_is_nowhere(conversation: Conversation, worker: Worker) -> None:
    state = ConversationState(
        node="book",
        variables={"pin": "4711", "name": "Peter"},
        flow=FlowState("book", variables={"pin": "4711", "name": "Peter"}, visits={"book": 1}),
    )
    Conversation.objects.filter(pk=conversation.pk).update(state=msgspec.to_builtins(state))
    Turn.objects.filter(conversation=conversation, number=2, role="caller").update(text="My code is •••.")
    look(conversation)
    row = found(conversation)
    assert row.conversation.outcome == "Booked"
    assert row.fields == {"name": "Peter"}
    assert "4711" not in str(worker.asked)
    assert not any("code" in messages[1][1] for messages in worker.asked)
    assert "•" not in row.summary


def test_a_failed_call_stays_failed(agent: Agent, worker: Worker) -> None:
    conversation = make_conversation(agent, exchanges=TALK, end_reason="worker_lost")
    look(conversation)
    row = found(conversation)
    assert (row.conversation.outcome, row.contained, row.state) == ("failed", False, "done")


def test_silence_is_skipped_and_still_reckoned(agent: Agent, worker: Worker) -> None:
    conversation = make_conversation(agent, exchanges=())
    assert look(conversation) == "skipped"
    assert found(conversation).state == "skipped"
    assert worker.asked == []
    assert CostLine.objects.filter(conversation=conversation, component="gpu").exists()


def test_switched_off_it_asks_nobody(agent: Agent, worker: Worker) -> None:
    edited = make_agent(agent.workspace, "Quiet", after_call={**AFTER, "analyse": False})
    publish(edited)
    conversation = make_conversation(edited, exchanges=TALK)
    assert look(conversation) == "skipped"
    assert found(conversation).error_code == "off"
    assert worker.asked == []


def test_while_the_worker_is_busy_it_waits(conversation: Conversation, worker: Worker) -> None:
    worker.load, worker.calls = 0.9, 3
    assert look(conversation) == "later"
    row = found(conversation)
    assert row.attempts == 0
    assert row.due_at is not None
    assert row.due_at > timezone.now()
    assert worker.asked == []


def test_but_not_for_ever(conversation: Conversation, worker: Worker) -> None:
    worker.load, worker.calls = 0.9, 3
    Conversation.objects.filter(pk=conversation.pk).update(last_at=timezone.now() - timedelta(hours=3))
    assert look(conversation) == "done"


def test_a_failure_is_tried_again_later_and_in_the_end_the_rules_alone_speak(
    conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.error = WorkerLost("away")
    monkeypatch.setattr(analysing, "MOST_TRIES", 2)
    assert look(conversation) == "later"
    row = found(conversation)
    assert (row.state, row.attempts, row.error_code) == ("waiting", 1, "no_worker")
    assert row.due_at is not None
    assert row.due_at > timezone.now()
    assert look(conversation) == "failed"
    row = found(conversation)
    assert (row.state, row.error_code, row.due_at) == ("failed", "no_worker", None)
    assert row.summary.startswith("The caller: “How much is a cleaning on Tuesday?”")
    assert FollowUp.objects.count() == 1


def test_a_model_that_is_not_there_any_more_is_replaced_by_whatever_runs(
    agent: Agent, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = worker.complete

    async def picky(*args: Any, model: str, **how: Any) -> client.Completed:
        if model == "gone":
            raise EngineError("no such model", code="model_not_found")
        return await whole(*args, model=model, **how)

    monkeypatch.setattr(asking.client, "complete", picky)
    monkeypatch.setattr(analysing, "gather", lambda row: replace(gather(row), model="gone"))
    conversation = make_conversation(agent, exchanges=TALK)
    assert look(conversation) == "done"
    assert set(worker.models) == {"default"}


def test_whoever_comes_back_is_not_written_about(conversation: Conversation, agent: Agent, worker: Worker) -> None:
    leg = open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice", conversation=conversation)
    assert look(conversation) == "later"
    assert found(conversation).due_at is None
    close_leg(Leg.objects.get(pk=leg.pk), "hangup")
    assert found(conversation).due_at is not None


def test_what_was_said_meanwhile_is_looked_at_again(
    conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analysing.look_at

    def slow(material: Any, ask: Any) -> Any:
        result = whole(material, ask)
        Conversation.objects.filter(pk=conversation.pk).update(last_at=timezone.now())
        return result

    monkeypatch.setattr(analysing, "look_at", slow)
    look(conversation)
    row = found(conversation)
    assert (row.state, row.summary) == ("waiting", "")
    assert row.due_at is not None


def test_one_process_at_a_time(conversation: Conversation, worker: Worker) -> None:
    due_now(conversation)
    Analysis.objects.update(lease_until=timezone.now() + timedelta(seconds=60))
    assert analyse_conversation(conversation.pk) == ""
    Analysis.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert analyse_conversation(conversation.pk) == "done"


def test_who_lost_the_lease_writes_nothing(
    conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analysing.look_at

    def robbed(material: Any, ask: Any) -> Any:
        Analysis.objects.update(lease_until=timezone.now() + timedelta(hours=1))
        return whole(material, ask)

    monkeypatch.setattr(analysing, "look_at", robbed)
    assert look(conversation) == ""
    assert found(conversation).state == "waiting"


def test_the_sweeper_wakes_for_what_is_due(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[tuple[Any, ...]] = []
    monkeypatch.setattr("channels_io.after.due.wake", lambda *args, **_: woken.append(args))
    assert wake_waiting() == 0
    due_now(conversation)
    assert wake_waiting() == 1
    assert woken == [("channels_io.tasks.look_at_conversation", conversation.pk)]
    Analysis.objects.update(lease_until=timezone.now() + timedelta(seconds=60))
    assert wake_waiting() == 0


def test_an_erased_person_is_not_written_about(conversation: Conversation, worker: Worker) -> None:
    Contact.objects.filter(pk=conversation.contact_id).update(erased_at=timezone.now())
    assert look(conversation) == "skipped"
    assert worker.asked == []


def test_looking_again_keeps_what_was_done(conversation: Conversation, worker: Worker, alice: User, vera: User) -> None:
    look(conversation)
    finish_follow_up(actor_for(alice), FollowUp.objects.get())
    analyse_again(actor_for(alice), conversation)
    row = found(conversation)
    assert (row.state, row.summary != "") == ("waiting", True)
    worker.answers["How did"] = {"answer": "B"}
    assert look(conversation) == "done"
    assert found(conversation).conversation.outcome == "Open"
    [follow_up] = FollowUp.objects.all()
    assert follow_up.done_at is not None
    assert follow_up.done_by == alice
