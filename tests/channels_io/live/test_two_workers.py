"""Two workers behind one web, as real processes: one is killed, the other is asked to stop, and no call is dropped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from channels.db import database_sync_to_async

from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from agents.models import Agent
from channels_io.live.lines import line_text
from channels_io.models import Event, Leg
from channels_io.simulators.browser_caller import BrowserCaller
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from inference.client import put_agents, worker_status
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.channels_io.live.processes import TOKEN, Process, web, worker
from tests.support.agents import make_agent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

APOLOGY, RESUMED = line_text("apology", "en"), line_text("resumed", "en")
CALLS = 4


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme, greeting="Hello.")
    publish_agent(system_actor(acme), agent, menu=fallback_menu())
    return Agent.objects.select_related("workspace", "published").get(pk=agent.pk)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    both = (worker(tmp_path, PARLEY_DRAIN_SECONDS="0"), worker(tmp_path, PARLEY_DRAIN_SECONDS="0"))
    for process in both:
        process.start()
    yield both
    for process in both:
        process.stop()


def address(process: Process) -> str:
    return f"http://127.0.0.1:{process.port}"


async def calls_at(process: Process) -> int:
    return int((await worker_status(address(process), TOKEN))["conversations"])


async def ticket_for(agent: Agent) -> str:
    ticket = Ticket(
        workspace=agent.workspace.public_id, kind="browser_voice", agent=agent.public_id, origins=(ANY_ORIGIN,)
    )
    return await asyncio.to_thread(issue_ticket, ticket)


async def ask_all(callers: list[BrowserCaller], text: str) -> None:
    for number, caller in enumerate(callers):
        await caller.type(text, f"{text}-{number}")
    for caller in callers:
        answer = await caller.answer()
        assert (answer.heard, bool(answer.said)) == (text, True)


async def rows(query: Callable[[], int]) -> int:
    return int(await database_sync_to_async(query)())


def both_said(caller: BrowserCaller) -> bool:
    return {APOLOGY, RESUMED} <= {words for words, _ in caller.sounds()}


async def test_no_call_is_dropped(agent: Agent, workers: tuple[Process, Process], tmp_path: Path) -> None:
    first, second = workers
    server = web(tmp_path, *workers)
    server.start()
    try:
        for process in (*workers, server):
            await asyncio.to_thread(process.wait_ready)
        assert agent.published is not None
        for process in workers:
            await put_agents(address(process), TOKEN, [agent.published.agent_spec()])
        async with AsyncExitStack() as calls:
            place = f"ws://127.0.0.1:{server.port}"
            callers = [
                await calls.enter_async_context(BrowserCaller.connect(place, await ticket_for(agent)))
                for _ in range(CALLS)
            ]
            assert [await calls_at(process) for process in workers] == [2, 2]
            await ask_all(callers, "Before")

            await asyncio.to_thread(first.stop)
            async with asyncio.timeout(15):
                while await calls_at(second) < CALLS:
                    await asyncio.sleep(0.05)
            hit = [caller for caller in callers if caller.failures]
            assert len(hit) == 2
            for caller in hit:
                await caller.wait(partial(both_said, caller), 10)
                await caller.wait_until_quiet()
            await ask_all(callers, "Between")

            await asyncio.to_thread(first.start)
            await asyncio.to_thread(first.wait_ready)
            second.send(signal.SIGTERM)
            async with asyncio.timeout(15):
                while second.alive():
                    await asyncio.sleep(0.05)
            assert await calls_at(first) == CALLS
            await ask_all(callers, "After")
            assert [len(caller.failures) for caller in callers].count(1) == 2
            assert not any(caller.closed for caller in callers)
        async with asyncio.timeout(20):
            while await rows(Leg.objects.filter(end_reason="hangup").count) < CALLS:
                await asyncio.sleep(0.05)
        assert await rows(Event.objects.filter(kind="worker_changed").count) == CALLS
    finally:
        await asyncio.to_thread(server.stop)
