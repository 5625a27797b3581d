"""A call that ends at a node goes on there in writing, and the other way round: real legs, real sessions, scripted engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Literal

import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from agents.models import Agent
from agents.tools.answer import ToolAnswer
from channels_io.actions.find_contact import find_contact
from channels_io.kinds.loopback.channel import LoopbackChannel
from channels_io.live import messages
from channels_io.live import own_tools as own
from channels_io.live.opening import OpenedLeg, open_leg_for
from channels_io.live.own_tools import OwnCall
from channels_io.live.runner import run_leg
from channels_io.models import Contact, Conversation, Event, Fact, Leg, OneTimeCode, Turn
from channels_io.reads.going_on import conversation_to_go_on
from inference.audio import AudioFrame
from inference.conversation import Conversation as Talking
from inference.errors import WorkerLost
from inference.events import Close, Down, Media, Open, Up
from inference.nodes import VERIFIED
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.engines import Scripted
from tests.support.flow_json import edge, flow_of, node

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = ("phone", "+353861234501")
CODE = "482913"


class Link:
    def __init__(self, talking: Talking) -> None:
        self._talking = talking

    async def send(self, up: Up) -> None:
        self._talking.hear(up)

    async def __aiter__(self) -> AsyncIterator[Down]:
        async for message in self._talking.events():
            yield message
        raise WorkerLost("over")


class HereWorkers:
    """A worker in this event loop."""

    @asynccontextmanager
    async def connect(self, opening: Open, *, leaving: object = None) -> AsyncIterator[Link]:
        talking = Talking(opening, Scripted().engines())
        running = asyncio.create_task(talking.run())
        try:
            yield Link(talking)
        finally:
            talking.hear(Close())
            await running

    async def synthesize(self, text: str, voice: Any, rate: int, workspace: str = "") -> AudioFrame:
        return AudioFrame.from_samples(np.zeros(rate // 100, dtype=np.int16), rate)


class Here:
    """One leg of Ann's."""

    def __init__(self, channel: LoopbackChannel) -> None:
        self.channel = channel
        self.events = channel.events()

    async def write(self, text: str) -> str:
        self.channel.type(text)
        return await self.answer()

    async def press(self, keys: str) -> str:
        for key in keys:
            self.channel.put(messages.Dtmf(key))
        return await self.answer()

    async def answer(self) -> str:
        async with asyncio.timeout(20):
            async for event in self.events:
                match event:
                    case messages.ReplyDone(text=text):
                        return text
                    case messages.Failed(message=message):
                        raise AssertionError(message)
        raise AssertionError("The line was closed.")

    async def closed(self) -> None:
        async with asyncio.timeout(20):
            async for _ in self.events:
                pass


async def rows(query: Callable[[], Any]) -> Any:
    return await database_sync_to_async(query)()


def open_here(agent: Agent, media: Literal["voice", "text"], kind: str) -> OpenedLeg:
    """As a channel does it: who it is, what they go on with, a leg."""
    contact = find_contact(agent.workspace, [NUMBER])
    conversation = conversation_to_go_on(contact, agent, now=timezone.now())
    assert agent.published is not None
    return open_leg_for(
        agent=agent, running=agent.published, kind=kind, media=media, contact=contact, conversation=conversation
    )


@asynccontextmanager
async def leg(agent: Agent, media: Literal["voice", "text"], kind: str = "loopback") -> AsyncIterator[Here]:
    opened = await rows(lambda: open_here(agent, media, kind))
    here = Here(LoopbackChannel(Media(media)))
    running = asyncio.create_task(run_leg(here.channel, opened, workers=HereWorkers()))
    try:
        yield here
    finally:
        here.channel.hang_up()
        await here.closed()
        await running


def booking() -> dict[str, Any]:
    slots = [
        {"variable": "guest", "kind": "name", "ask": "Your name?"},
        {"variable": "guests", "kind": "number", "ask": "How many?"},
        {"variable": "day", "kind": "date", "ask": "Which day?"},
    ]
    return flow_of(
        [node("form", "table", slots=slots), node("end", text="See you, {{guest}}.")],
        [edge("start", "table"), edge("table", "end")],
    )


def made(workspace: Workspace, flow: dict[str, Any]) -> Agent:
    agent = make_agent(workspace, greeting="Hello.", flow=flow)
    publish(agent)
    return Agent.objects.select_related("published", "workspace", "draft").get(pk=agent.pk)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return made(acme, booking())


def said(conversation: Conversation) -> list[str]:
    turns = Turn.objects.filter(conversation=conversation, role="agent").order_by("leg", "number")
    return [turn.full_text for turn in turns]


@pytest.mark.parametrize(("first", "then"), [("voice", "text"), ("text", "voice"), ("text", "text")])
async def test_it_goes_on_at_the_node_and_the_question_where_it_stood(
    agent: Agent, first: Literal["voice", "text"], then: Literal["voice", "text"]
) -> None:
    async with leg(agent, first) as here:
        assert await here.answer() == "Hello. Your name?"
        assert await here.write("My name is Ann Byrne") == "How many?"
    async with leg(agent, then) as here:
        if then == "voice":
            assert await here.answer() == "Welcome back. How many?"
        assert await here.write("four") == "Which day?"
        assert await here.write("tomorrow") == "See you, Ann Byrne."
        await here.closed()
    conversation = await rows(lambda: Conversation.objects.get())
    assert [one.media for one in await rows(lambda: list(conversation.legs.order_by("pk")))] == [first, then]
    spoken = await rows(lambda: said(conversation))
    assert sum("Hello." in words for words in spoken) == 1


async def test_a_greeting_over_there_is_answered_by_the_open_question(agent: Agent) -> None:
    async with leg(agent, "voice") as here:
        await here.answer()
        await here.write("My name is Ann Byrne")
    async with leg(agent, "text") as here:
        answer = await here.write("Hm, we were cut off")
        assert answer.endswith("How many?") and "Hello." not in answer


async def test_who_was_done_begins_anew(agent: Agent) -> None:
    async with leg(agent, "text") as here:
        await here.answer()
        await here.write("Ann Byrne")
        await here.write("four")
        await here.write("tomorrow")
        await here.closed()
    async with leg(agent, "voice") as here:
        assert await here.answer() == "Hello. Your name?"
    assert await rows(lambda: Conversation.objects.count()) == 2
    assert await rows(lambda: Fact.objects.get(name="guest").value) == "Ann Byrne"


# --- moved --------------------------------------------------------------------------------------------


def moving() -> dict[str, Any]:
    return flow_of(
        [
            node("move", "move", text="Send us the number of your order.", ask="Shall I write to you?", goodbye="I wrote. Bye."),
            node("collect", "order", variable="order", kind="digits", ask="Which order?", minimum=4, maximum=4),
            node("say", "no", text="Then tell me.", wait=True),
            node("end", text="Order {{order}} is on its way."),
        ],
        [
            edge("start", "move"),
            edge("move", "order", "success"),
            edge("move", "no", "declined"),
            edge("move", "no", "failure"),
            edge("no", "end"),
            edge("order", "end"),
        ],
    )  # fmt: skip


async def moved(call: OwnCall) -> ToolAnswer:
    """As `channels_io.messaging.tool.move` leaves the leg."""
    call.line.leave("moved")
    return ToolAnswer(ok=True, result='{"sent":true}')


async def test_a_call_moves_to_messages_and_goes_on_there(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = await rows(lambda: made(acme, moving()))
    monkeypatch.setattr(own, "import_string", lambda dotted: moved)
    async with leg(agent, "voice") as here:
        assert await here.answer() == "Hello. Shall I write to you?"
        assert await here.write("yes please") == "I wrote. Bye."
        await here.closed()
    call = await rows(lambda: Leg.objects.get())
    conversation = await rows(lambda: Conversation.objects.get())
    assert call.end_reason == "moved"
    assert (conversation.state["flow"]["node"], conversation.state["flow"]["ended"]) == ("order", False)
    async with leg(agent, "text") as here:
        assert await here.write("4711") == "Order 4711 is on its way."
        await here.closed()
    assert await rows(lambda: Conversation.objects.count()) == 1


# --- proved -------------------------------------------------------------------------------------------


def private() -> dict[str, Any]:
    rows = [{"variable": VERIFIED, "operator": "is", "value": "yes"}]
    return flow_of(
        [
            node("branch", "gate"),
            node("verify", "prove", saying="I send a code.", ask="Which code?"),
            node("say", "inside", text="Your balance is 12. Anything else?", wait=True),
            node("end", "out", text="I cannot tell you."),
        ],
        [
            edge("start", "gate"),
            edge("gate", "inside", "condition", rows=rows),
            edge("gate", "prove", "else"),
            edge("prove", "gate", "success"),
            edge("prove", "out", "failure"),
            edge("inside", "gate"),
        ],
    )


async def checked(call: OwnCall) -> ToolAnswer:
    """As `channels_io.one_time_code` answers."""
    if call.arguments["action"] == "send":
        return ToolAnswer(ok=True, result='{"sent":true}')
    if call.arguments["digits"] != CODE:
        return ToolAnswer(ok=False, result='{"error":"This is not the code.","code":"code_wrong"}')
    return ToolAnswer(ok=True, result='{"verified":true,"proved":"caller"}')


def kept_anywhere() -> str:
    tables: list[Any] = [Turn, Event, Conversation, Fact, Contact]
    return str([list(table.objects.values()) for table in tables])


@pytest.mark.parametrize("how", ["said", "typed"])
async def test_private_words_come_after_the_code_which_is_kept_nowhere(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    agent = await rows(lambda: made(acme, private()))
    monkeypatch.setattr(own, "import_string", lambda dotted: checked)
    async with leg(agent, "voice") as here:
        assert await here.answer() == "Hello. I send a code. Which code?"
        wrong = await (here.write("one one one one one two") if how == "said" else here.press("111112"))
        assert "balance" not in wrong and wrong.endswith("Which code?")
        right = await (here.write("four eight two nine one three") if how == "said" else here.press(CODE))
        assert right == "Your balance is 12. Anything else?"
    kept = await rows(kept_anywhere)
    for secret in (CODE, "111112", "four eight two", "one one one"):
        assert secret not in kept
    assert "•••" in kept


async def test_the_next_call_hears_nothing_of_it_and_has_to_prove_it_again(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await rows(lambda: made(acme, private()))
    monkeypatch.setattr(own, "import_string", lambda dotted: used)
    async with leg(agent, "voice") as here:
        await here.answer()
        assert (await here.press(CODE)).startswith("Your balance")
    async with leg(agent, "voice") as here:
        assert await here.answer() == "Hello. I send a code. Which code?"
    assert await rows(lambda: Conversation.objects.count()) == 2


async def used(call: OwnCall) -> ToolAnswer:
    answer = await checked(call)
    if answer.ok and call.arguments["action"] == "check":
        await rows(lambda: note_use(call.facts.leg))
    return answer


def note_use(leg_id: str) -> None:
    one = Leg.objects.get(public_id=leg_id)
    OneTimeCode.objects.create(
        workspace=one.workspace, conversation=one.conversation, leg=one, address="x", digest="",
        used_at=timezone.now(), expires_at=timezone.now(),
    )  # fmt: skip


async def test_in_writing_it_holds_from_message_to_message(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = await rows(lambda: made(acme, private()))
    monkeypatch.setattr(own, "import_string", lambda dotted: used)
    async with leg(agent, "text") as here:
        await here.answer()
        await here.write(CODE)
    async with leg(agent, "text") as here:
        assert await here.write("and now?") == "Your balance is 12. Anything else?"
    async with leg(agent, "text", kind="web_chat") as here:
        assert (await here.write("and here?")).startswith("I send a code.")


# --- which conversation -------------------------------------------------------------------------------


def talk(agent: Agent, *, hours: float, contact: Contact, ended: bool = False, test: bool = False) -> Conversation:
    made: Conversation = Conversation.objects.create(
        workspace=agent.workspace, contact=contact, agent=agent, test=test, state={"flow": {"ended": ended}}
    )
    at = timezone.now() - timedelta(hours=hours)
    Conversation.objects.filter(pk=made.pk).update(last_at=at)
    return made


def test_which_conversation_is_gone_on_with(agent: Agent, acme: Workspace) -> None:
    ann, bea = find_contact(acme, [NUMBER]), find_contact(acme, [("email", "b@garden.example")])
    other = make_agent(acme, name="Other")
    now = timezone.now()

    def found(hours: float = 24) -> Conversation | None:
        return conversation_to_go_on(ann, agent, now=now, hours=hours)

    assert found() is None
    talk(agent, hours=30, contact=ann)
    assert found() is None
    older = talk(agent, hours=20, contact=ann)
    assert found() == older
    talk(agent, hours=1, contact=bea)
    talk(other, hours=1, contact=ann)
    talk(agent, hours=1, contact=ann, test=True)
    assert found() == older
    assert (found(0), found(10), found(48)) == (None, None, older)
    over = talk(agent, hours=2, contact=ann, ended=True)
    assert found() is None
    Conversation.objects.filter(pk=over.pk).update(state={"flow": {"ended": True, "put_through": True}})
    assert found() == over
