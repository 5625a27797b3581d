"""A line of paper to an agent that repeats what it is told; nobody is woken but by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from agents.models import Agent
from channels_io import registry
from channels_io.actions.take_inbound import take_inbound
from channels_io.live import runner
from channels_io.messaging import wake as waking
from channels_io.messaging.answer_thread import answer_thread
from channels_io.messaging.deliver import deliver_thread
from channels_io.messaging.provider import IncomingMessage, body_of
from channels_io.models import Account, Channel, InboundEvent, OutboundMessage, Thread
from inference import events as wire
from inference.events import ConversationState, Message
from parley.accounts.models import Workspace
from tests.channels_io.live.script import ScriptedLink, ScriptedWorkers
from tests.channels_io.messaging import paper
from tests.support.agents import make_agent, publish

ANN = "+353861234501"


class EchoLink(ScriptedLink):
    """Greets, and repeats what is typed."""

    def __init__(self, opening: wire.Open) -> None:
        super().__init__(opening)
        self.state = opening.state or ConversationState()
        if not self.state.greeted:
            self.say(wire.ReplyText(0, "Hello."), wire.ReplyDone(0, "Hello."))

    async def send(self, message: wire.Up) -> None:
        await super().send(message)
        if isinstance(message, wire.Text):
            turn, text = self.state.turn + 1, message.text
            answer = f"You said {text}"
            history = (*self.state.history, Message("user", text), Message("assistant", answer))
            self.state = ConversationState(turn=turn, greeted=True, history=history)
            self.say(
                wire.Heard(turn, text, source="text", id=message.id),
                wire.ReplyText(turn, answer),
                wire.ReplyDone(turn, answer),
                wire.State(self.state, turn, turn, answer),
            )


@dataclass(slots=True)
class PaperLine:
    """The channel, and what a test does with it."""

    channel: Channel
    account: Account
    wakes: list[tuple[str, int, float]]
    written: int = 0

    def write(self, text: str = "", *, key: str = "", sender: str = ANN, at: Any = None, **more: Any) -> bool:
        """A message of a person. False when its key was known."""
        self.written += 1
        message = IncomingMessage(
            key=key or f"SM{self.written:08d}", address=sender, identities=(("phone", sender),), text=text, **more
        )
        return take_inbound(
            self.channel,
            self.account,
            InboundEvent.Kind.MESSAGE,
            message.key,
            body_of(message),
            address=sender,
            at=at,
        )

    def thread(self, sender: str = ANN) -> Thread:
        return Thread.objects.get(channel=self.channel, address=sender)

    def pass_time(self, late: float = 0.0) -> None:
        """Whatever was to be done later is due now, or since `late` seconds."""
        now = timezone.now() - timedelta(seconds=late)
        Thread.objects.filter(due_at__isnull=False).update(due_at=now)
        OutboundMessage.objects.filter(state="waiting").update(due_at=now)
        InboundEvent.objects.filter(state="waiting").update(due_at=now)

    def answer(self, sender: str = ANN) -> int:
        """As the task does it, when the person has been quiet long enough."""
        self.pass_time()
        thread = self.thread(sender).pk
        answered = answer_thread(thread)
        deliver_thread(thread)
        return answered


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


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> paper.Post:
    monkeypatch.setattr(paper, "POST", paper.Post())
    monkeypatch.setitem(registry.KINDS, "paper", "tests.channels_io.messaging.paper.KIND")
    registry.paths.cache_clear()
    return paper.POST


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, float]]:
    woken: list[tuple[str, int, float]] = []
    monkeypatch.setattr(
        waking.WAKER,
        "wake",
        lambda task, thread, countdown=0.0: woken.append((task.rpartition(".")[2], thread, countdown)),
    )
    return woken


@pytest.fixture
def line(acme: Workspace, agent: Agent, post: paper.Post, wakes: list[tuple[str, int, float]]) -> Iterator[PaperLine]:
    account = Account.objects.create(
        workspace=acme, provider=Account.Provider.TWILIO, name="Paper", number="AC1", simulated=True
    )
    channel = Channel.objects.create(
        workspace=acme, kind="paper", name="Paper", agent=agent, account=account, address="+15550109999"
    )
    yield PaperLine(channel, account, wakes)
    registry.paths.cache_clear()
    connections.close_all()


Write = Callable[..., bool]
