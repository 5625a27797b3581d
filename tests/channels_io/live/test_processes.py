"""The whole line with real processes: outside caller, Daphne, worker on fake engines, PostgreSQL, Valkey."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.core.management import call_command
from django.utils import timezone

from agents.actions.publish_agent import publish_agent
from agents.engines import BUILT_IN, EngineMenu, EngineOffer
from agents.models import Agent
from channels_io.live import messages
from channels_io.live.lines import line_text
from channels_io.models import Conversation, Leg, Turn
from channels_io.simulators.browser_caller import RATE_IN, RATE_OUT, BrowserCaller, CallFailed
from channels_io.simulators.wav import read_wav, write_wav
from channels_io.tasks import sweep_legs
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from inference.audio import AudioFrame, Samples
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.channels_io.live.processes import Process, web, worker
from tests.support.agents import make_agent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

APOLOGY = line_text("apology", "en")
RESUMED = line_text("resumed", "en")


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(
        acme,
        greeting="Hello, how can I help you today?",
        record_audio=True,
        consent="Recorded.",
        voice_engine="fake",
        voice_name="heart",
    )
    offers = (*BUILT_IN, EngineOffer("fake", "synthesizer", "fake-synthesizer", languages=("en",), voices=("heart",)))
    publish_agent(system_actor(acme), agent, menu=EngineMenu(offers, offers, live=True))
    return Agent.objects.select_related("workspace").get(pk=agent.pk)


@pytest.fixture
def speech_worker(tmp_path: Path) -> Iterator[Process]:
    process = worker(tmp_path)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def place(agent: Agent, speech_worker: Process, tmp_path: Path) -> Iterator[str]:
    server = web(tmp_path, speech_worker)
    server.start()
    speech_worker.wait_ready()
    server.wait_ready()
    yield f"ws://127.0.0.1:{server.port}"
    server.stop()


async def ticket_for(agent: Agent, **more: Any) -> str:
    ticket = Ticket(
        workspace=agent.workspace.public_id,
        kind="browser_voice",
        agent=agent.public_id,
        origins=(ANY_ORIGIN,),
        **more,
    )
    return await asyncio.to_thread(issue_ticket, ticket)


def speech(seconds: float = 1.0) -> Samples:
    """Loud noise: what the fake recogniser calls speaking."""
    return (np.random.default_rng(1).normal(0, 3000, int(RATE_IN * seconds))).astype(np.int16)


async def rows(query: Callable[[], Any]) -> Any:
    return await database_sync_to_async(query)()


async def legs_ended(count: int) -> None:
    async with asyncio.timeout(20):
        while await rows(lambda: Leg.objects.exclude(ended_at=None).count()) < count:
            await asyncio.sleep(0.05)


async def test_a_spoken_call_and_its_record(agent: Agent, place: str) -> None:
    async with BrowserCaller.connect(place, await ticket_for(agent)) as caller:
        await caller.wait_until_quiet()
        await caller.speak(speech())
        spoken = await caller.answer()
        await caller.type("And by text?", "m1")
        typed = await caller.answer()
        result = caller.result()
    assert result.greeting == "Recorded. Hello, how can I help you today?"
    assert spoken.heard.startswith("I spoke for 1.")
    assert spoken.said
    assert not spoken.cut_off
    assert spoken.v2v_ms is not None
    assert spoken.server_v2v_ms is not None
    assert sum(span.ms for span in spoken.spans) == pytest.approx(spoken.server_v2v_ms, abs=0.5)
    assert spoken.spans[-1].name == "wire"
    assert (typed.heard, typed.source, typed.v2v_ms) == ("And by text?", "text", None)
    assert len(result.agent_audio) > 24_000
    await legs_ended(1)
    async with asyncio.timeout(20):  # the recording is measured after the leg is closed
        while (leg := await rows(lambda: Leg.objects.get())).recording_ms == 0:
            await asyncio.sleep(0.05)
    assert leg.end_reason == "hangup"
    assert leg.recording_ms > 3000
    assert max(leg.peaks["caller"]) > 20
    assert max(leg.peaks["agent"]) > 20
    turns = await rows(lambda: list(Turn.objects.order_by("number", "-role").values_list("role", "text", "cut")))
    assert turns == [
        ("agent", result.greeting, False),
        ("caller", spoken.heard, False),
        ("agent", spoken.said, False),
        ("caller", "And by text?", False),
        ("agent", typed.said, False),
    ]
    stored = await rows(lambda: Turn.objects.get(role="agent", number=spoken.number))
    assert stored.v2v_ms == spoken.server_v2v_ms
    assert await rows(stored.spans.count) == len(spoken.spans)


async def test_barge_in_silences_the_agent(agent: Agent, place: str) -> None:
    async with BrowserCaller.connect(place, await ticket_for(agent)) as caller:
        await caller.wait(lambda: caller.player.ends() > time.monotonic() + 0.05, 10)
        said = await caller.speak(speech())
        answer = await caller.answer()
    assert said.agent_sounding
    assert said.ducked_ms is not None
    assert said.silent_ms is not None
    assert answer.said
    await legs_ended(1)
    greeting = await rows(lambda: Turn.objects.get(role="agent", number=0))
    assert greeting.cut
    assert greeting.full_text.startswith("Recorded. Hello")
    assert len(greeting.text) < len(greeting.full_text)
    assert caller.close_code == 1000


async def test_the_worker_is_killed_in_mid_turn(agent: Agent, place: str, speech_worker: Process) -> None:
    async with BrowserCaller.connect(place, await ticket_for(agent)) as caller:
        await caller.wait_until_quiet()
        await asyncio.sleep(1.0)  # the fixed sentences arrive in the background
        await caller.type("Please tell me a very long story about everything that happened here.", "m1")
        await caller.wait(lambda: not caller.player.silent(time.monotonic()), 10)
        await asyncio.to_thread(speech_worker.stop)
        killed = time.monotonic()
        await caller.wait(lambda: _said(caller, APOLOGY), 5)
        apology_turn = next(number for number, text in caller._said.items() if text == APOLOGY)
        await caller.wait(lambda: apology_turn in caller._sounds and caller._sounds[apology_turn].at is not None, 5)
        assert caller._sounds[apology_turn].at - killed < 1.5
        assert not caller.closed
        assert [failed.code for failed in caller.failures] == ["worker_lost"]
        await asyncio.to_thread(speech_worker.start)
        await asyncio.to_thread(speech_worker.wait_ready)
        await caller.wait(lambda: _said(caller, RESUMED), 10)
        await caller.wait_until_quiet()
        await caller.speak(speech())
        answer = await caller.answer()
        assert answer.said
        assert caller.ended is None
    await legs_ended(1)
    said = await rows(lambda: list(Turn.objects.filter(role="agent").order_by("number").values_list("text", "cut")))
    texts = [text for text, _ in said]
    assert texts[0].startswith("Recorded. Hello")
    assert said[1][1]
    assert texts[2:] == [APOLOGY, RESUMED, answer.said]
    conversation = await rows(lambda: Conversation.objects.get())
    assert [line["role"] for line in conversation.state["history"]][-2:] == ["user", "assistant"]


def _said(caller: BrowserCaller, text: str) -> bool:
    return text in caller._said.values()


async def test_a_worker_that_hangs_is_as_good_as_dead(agent: Agent, place: str, speech_worker: Process) -> None:
    async with BrowserCaller.connect(place, await ticket_for(agent)) as caller:
        await caller.wait_until_quiet()
        speech_worker.send(signal.SIGSTOP)
        try:
            await caller.wait(lambda: _said(caller, APOLOGY), 15)
        finally:
            speech_worker.send(signal.SIGCONT)
        await caller.wait(lambda: _said(caller, RESUMED), 15)
        assert not caller.closed


async def test_the_network_breaks_and_the_conversation_goes_on(agent: Agent, place: str) -> None:
    async with BrowserCaller.connect(place, await ticket_for(agent)) as caller:
        await caller.wait_until_quiet()
        await caller.type("Remember the number seven.", "m1")
        await caller.answer()
        assert caller.ready is not None
        conversation = caller.ready.conversation
        caller._socket.transport.abort()
        await caller.wait(lambda: caller.closed, 5)
    async with BrowserCaller.connect(place, await ticket_for(agent, conversation=conversation)) as again:
        assert again.ready is not None
        assert again.ready.resumed
        await again.type("Which number?", "m2")
        answer = await again.answer()
        assert answer.number > 1
        assert [event for _, event in again.events if isinstance(event, messages.ReplyText)][0].turn == answer.number
    await legs_ended(2)
    reasons = await rows(lambda: list(Leg.objects.order_by("pk").values_list("end_reason", flat=True)))
    assert reasons == ["lost", "hangup"]
    history = (await rows(lambda: Conversation.objects.get())).state["history"]
    assert [line["text"] for line in history if line["role"] == "user"] == [
        "Remember the number seven.",
        "Which number?",
    ]


async def test_a_message_sent_again_after_a_lost_connection_is_one_message(agent: Agent, place: str) -> None:
    async with BrowserCaller.connect(place, await ticket_for(agent)) as caller:
        await caller.wait_until_quiet()
        await caller.type("Remember the number seven.", "m1")
        first = await caller.answer()
        assert caller.ready is not None
        conversation = caller.ready.conversation
        caller._socket.transport.abort()
        await caller.wait(lambda: caller.closed, 5)
    async with BrowserCaller.connect(place, await ticket_for(agent, conversation=conversation)) as again:
        await again.type("Remember the number seven.", "m1")
        await again.wait(lambda: any(isinstance(event, messages.ReplyDone) for _, event in again.events), 10)
        told = [event for _, event in again.events if isinstance(event, messages.Heard | messages.ReplyDone)]
        assert told == [
            messages.Heard(first.number, "Remember the number seven.", "text", "m1"),
            messages.ReplyDone(first.number, first.said, 0),
        ]
        await again.type("Which number?", "m2")
        answer = await again.answer()
        assert answer.heard == "Which number?"
    await legs_ended(2)
    asked = await rows(lambda: list(Turn.objects.filter(role="caller").order_by("pk").values_list("text", flat=True)))
    assert asked == ["Remember the number seven.", "Which number?"]


async def test_a_killed_web_process_leaves_no_call_open(agent: Agent, speech_worker: Process, tmp_path: Path) -> None:
    server = web(tmp_path, speech_worker)
    server.start()
    try:
        await asyncio.to_thread(speech_worker.wait_ready)
        await asyncio.to_thread(server.wait_ready)
        async with BrowserCaller.connect(f"ws://127.0.0.1:{server.port}", await ticket_for(agent)) as caller:
            await caller.wait_until_quiet()
            await caller.type("Remember the number seven.", "m1")
            await caller.answer()
            async with asyncio.timeout(10):
                while not await rows(lambda: Turn.objects.filter(role="caller").exists()):
                    await asyncio.sleep(0.05)
            await asyncio.to_thread(server.stop)
    finally:
        server.stop()
    assert await rows(sweep_legs) == 0  # Silent for a moment only: it may still be alive.
    await rows(lambda: Leg.objects.update(seen_at=timezone.now() - timedelta(minutes=5)))
    assert await rows(sweep_legs) == 1
    conversation = await rows(lambda: Conversation.objects.get())
    leg = await rows(lambda: Leg.objects.get())
    assert (leg.end_reason, conversation.status, conversation.outcome) == ("abandoned", "closed", "failed")


@pytest.fixture
def start_web(agent: Agent, speech_worker: Process, tmp_path: Path) -> Iterator[Callable[[int], Process]]:
    """`start_web(30)`: a ready web process that drains for 30 s."""
    started: list[Process] = []

    def start(seconds: int) -> Process:
        server = web(tmp_path, speech_worker, PARLEY_DRAIN_SECONDS=str(seconds))
        server.start()
        started.append(server)
        speech_worker.wait_ready()
        server.wait_ready()
        return server

    yield start
    for server in started:
        server.stop()


def status_of(server: Process, path: str) -> tuple[int, str]:
    answer = httpx.get(f"http://127.0.0.1:{server.port}{path}", trust_env=False)
    return answer.status_code, answer.json()["status"]


async def exited(server: Process) -> None:
    async with asyncio.timeout(20):
        while server.alive():
            await asyncio.sleep(0.05)


async def test_a_web_process_without_calls_stops_at_once(start_web: Callable[[int], Process]) -> None:
    server = await asyncio.to_thread(start_web, 600)
    server.send(signal.SIGTERM)
    await exited(server)


async def test_a_draining_web_process_goes_on_with_its_calls_and_takes_no_others(
    agent: Agent, start_web: Callable[[int], Process]
) -> None:
    server = await asyncio.to_thread(start_web, 600)
    address = f"ws://127.0.0.1:{server.port}"
    async with BrowserCaller.connect(address, await ticket_for(agent)) as caller:
        await caller.wait_until_quiet()
        server.send(signal.SIGTERM)
        async with asyncio.timeout(10):
            while await asyncio.to_thread(status_of, server, "/ready") != (503, "draining"):
                await asyncio.sleep(0.05)
        assert await asyncio.to_thread(status_of, server, "/health") == (200, "draining")
        with pytest.raises(CallFailed) as refused:
            async with BrowserCaller.connect(address, await ticket_for(agent)):
                pass
        assert refused.value.code == "draining"
        await caller.type("Are you still there?", "m1")
        assert (await caller.answer()).said
    await legs_ended(1)
    await exited(server)
    assert (await rows(lambda: Leg.objects.get())).end_reason == "hangup"


async def test_calls_that_outlast_the_drain_are_closed_with_a_reason(
    agent: Agent, start_web: Callable[[int], Process]
) -> None:
    server = await asyncio.to_thread(start_web, 1)
    async with BrowserCaller.connect(f"ws://127.0.0.1:{server.port}", await ticket_for(agent)) as caller:
        await caller.wait_until_quiet()
        await caller.type("Remember the number seven.", "m1")
        await caller.answer()
        server.send(signal.SIGTERM)
        await caller.wait(lambda: caller.closed, 15)
        assert [failed.code for failed in caller.failures] == ["shutdown"]
        assert caller.close_code == 4512
    await exited(server)
    leg = await rows(lambda: Leg.objects.get())
    conversation = await rows(lambda: Conversation.objects.get())
    assert (leg.end_reason, conversation.status, conversation.outcome) == ("shutdown", "closed", "failed")
    assert [line["text"] for line in conversation.state["history"] if line["role"] == "user"] == [
        "Remember the number seven."
    ]


async def test_without_a_worker_the_call_is_refused_with_a_code(
    agent: Agent, place: str, speech_worker: Process
) -> None:
    await asyncio.to_thread(speech_worker.stop)
    with pytest.raises(CallFailed) as failed:
        async with BrowserCaller.connect(place, await ticket_for(agent)):
            pass
    assert failed.value.code == "no_worker"


def test_the_call_command_speaks_a_file_and_shows_the_waterfall(agent: Agent, place: str, tmp_path: Path) -> None:
    write_wav(tmp_path / "question.wav", AudioFrame.from_samples(speech(), RATE_IN))
    out = io.StringIO()
    options: dict[str, Any] = {"agent": agent.slug, "wav": [tmp_path / "question.wav"], "url": place}
    call_command("call", **options, out=tmp_path / "reply.wav", stdout=out)
    shown = out.getvalue()
    assert "greeting  Recorded. Hello, how can I help you today?" in shown
    assert "heard     I spoke for 1." in shown
    assert "ms after the last sound of the question" in shown
    assert "  wire " in shown
    assert len(read_wav(tmp_path / "reply.wav", RATE_OUT)) > RATE_OUT
    out = io.StringIO()
    call_command("call", **options, as_json=True, stdout=out)
    (turn,) = json.loads(out.getvalue())["turns"]
    assert turn["v2v_ms"] > 0
    assert turn["said"]
