"""A drawn flow, tried as the bench tries it: the real session and the real conversation, with scripted engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channels.db import database_sync_to_async

from agents.models import Agent, TestCase
from channels_io.actions.save_test_case import save_test_case
from channels_io.kinds.loopback.channel import LoopbackChannel
from channels_io.live import messages
from channels_io.live.limits import TEXT_LIMITS
from channels_io.live.opening import OpenedLeg, Trial, open_leg_for, running_for
from channels_io.live.runner import run_leg
from channels_io.mocks import Mock
from channels_io.models import Conversation, Leg
from channels_io.reads.said import state_before
from channels_io.testbench.run_case import run_case
from inference.conversation import Conversation as Talking
from inference.errors import WorkerLost
from inference.events import Close, Down, Open, Up
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.support.agents import make_agent
from tests.support.engines import Scripted
from tests.support.flow_json import edge, flow_of, node

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = {"node:price": Mock('{"price": 12}')}


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

    async def synthesize(self, *_: Any) -> Any:
        raise NotImplementedError("Nobody speaks here.")


def shop_flow(ask: str = "Small or large?") -> dict[str, Any]:
    sizes = [{"value": "small"}, {"value": "large"}]
    return flow_of(
        [
            node("collect", "size", variable="size", kind="choice", ask=ask, choices=sizes),
            node("http", "price", method="GET", url="https://shop.example/{{size}}", results=[{"variable": "price", "path": "price"}]),
            node("collect", "sure", variable="sure", kind="yes_no", ask="That is {{price}} dollars. All right?"),
            node("say", "sorry", text="I cannot say."),
            node("end", text="Goodbye."),
        ],
        [
            edge("start", "size"),
            edge("size", "price"),
            edge("price", "sure", "success"),
            edge("price", "sorry", "failure"),
            edge("sure", "end"),
            edge("sorry", "end"),
        ],
    )  # fmt: skip


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme, greeting="Hello.", flow=shop_flow())
    return Agent.objects.select_related("draft", "workspace", "published").get(pk=made.pk)


async def rows(query: Callable[[], Any]) -> Any:
    return await database_sync_to_async(query)()


def open_here(agent: Agent, conversation: Conversation | None, trial: Trial) -> OpenedLeg:
    return open_leg_for(
        agent=agent,
        running=running_for(agent, None, "draft"),
        kind="loopback",
        media="text",
        conversation=conversation,
        trial=trial,
    )


class Bench:
    """Writes to the draft, reads what comes."""

    def __init__(self) -> None:
        self.channel = LoopbackChannel()
        self.events = self.channel.events()
        self.path: list[str] = []
        self.variables: dict[str, Any] = {}

    async def write(self, text: str) -> str:
        self.channel.type(text, f"m-{text}")
        return await self.answer()

    async def answer(self) -> str:
        async with asyncio.timeout(20):
            async for event in self.events:
                match event:
                    case messages.Entered(nodes=nodes, variables=variables):
                        self.path += nodes
                        self.variables = variables
                    case messages.ReplyDone(text=text):
                        return text
                    case messages.Failed(message=message):
                        raise AssertionError(message)
        raise AssertionError("The line was closed.")


@asynccontextmanager
async def bench(
    agent: Agent, conversation: Conversation | None = None, **trial: Any
) -> AsyncIterator[tuple[Bench, Leg]]:
    opened: OpenedLeg = await rows(lambda: open_here(agent, conversation, Trial(**{"mocks": PRICE, **trial})))
    here = Bench()
    running = asyncio.create_task(run_leg(here.channel, opened, workers=HereWorkers(), limits=TEXT_LIMITS))
    try:
        yield here, opened.leg
    finally:
        here.channel.hang_up()
        async for _event in here.events:
            pass
        await running


async def test_tried_gone_back_kept_and_had_again(agent: Agent) -> None:
    async with bench(agent) as (first, leg):
        assert await first.answer() == "Hello. Small or large?"
        assert await first.write("A large one.") == "That is 12 dollars. All right?"
        assert (first.path, first.variables["size"], first.variables["price"]) == (
            ["start", "size", "price", "sure"],
            "large",
            "12",
        )
    back = await rows(lambda: state_before(leg, 1))
    conversation = await rows(lambda: Conversation.objects.get())
    async with bench(agent, conversation, back_to=back) as (second, again):
        assert await second.write("Small, please.") == "That is 12 dollars. All right?"
        assert second.variables["size"] == "small"
        assert await second.write("Yes.") == "Goodbye."
    actor = await rows(lambda: system_actor(agent.workspace))
    case = await rows(lambda: save_test_case(actor, again, name="Small", mocks=PRICE))
    assert [(step["said"], *step["nodes"]) for step in case.steps] == [
        ("", "start", "size"),
        ("Small, please.", "price", "sure"),
        ("Yes.", "end"),
    ]
    result = await run_case(
        actor, await rows(lambda: TestCase.objects.select_related("workspace").get()), workers=HereWorkers()
    )
    assert result.passed, result


async def test_a_mended_draft_is_what_is_tried_next(agent: Agent) -> None:
    async with bench(agent) as (first, leg):
        await first.answer()
        assert await first.write("Large.") == "That is 12 dollars. All right?"
    flow = shop_flow()
    sure = next(each for each in flow["nodes"] if each["id"] == "sure")
    sure["values"]["ask"] = "It costs {{price}}. Right?"
    agent.draft.flow = flow
    await rows(agent.draft.save)
    back, conversation = await rows(lambda: state_before(leg, 1)), await rows(lambda: Conversation.objects.get())
    async with bench(agent, conversation, back_to=back) as (second, _leg):
        assert await second.write("Large.") == "It costs 12. Right?"


async def test_a_mock_that_fails_takes_the_other_way(agent: Agent) -> None:
    async with bench(agent, mocks={"node:price": Mock(ok=False)}) as (first, _leg):
        await first.answer()
        assert await first.write("Large.") == "I cannot say. Goodbye."
        assert first.path[-2:] == ["sorry", "end"]
