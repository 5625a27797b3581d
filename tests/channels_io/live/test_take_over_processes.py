"""A person takes over a spoken call with everything real but the models: caller, operator, Daphne, worker, PostgreSQL, Valkey."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async

from agents.actions.publish_agent import publish_agent
from agents.engines import BUILT_IN, EngineMenu, EngineOffer
from agents.models import Agent
from channels_io.live.lines import line_text
from channels_io.live.watch_events import AGENT, CALLER, Whispered
from channels_io.models import Conversation, Event, OwnerChange, Turn
from channels_io.simulators.browser_caller import RATE_IN, RATE_OUT, BrowserCaller
from channels_io.simulators.operator import Operator, Refused, login_session
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from inference.audio import Samples
from parley.accounts.actor import system_actor
from parley.accounts.models import User, Workspace
from tests.channels_io.live.processes import Process, web, worker
from tests.support.agents import make_agent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

HANDED_OVER = line_text("handed_over", "en")
HANDED_BACK = line_text("handed_back", "en")
ONE_MOMENT = line_text("one_moment", "en")
PITCH = 770


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme, greeting="Hello.", voice_engine="fake", voice_name="heart")
    offers = (*BUILT_IN, EngineOffer("fake", "synthesizer", "fake-synthesizer", languages=("en",), voices=("heart",)))
    publish_agent(system_actor(acme), agent, menu=EngineMenu(offers, offers, live=True))
    return Agent.objects.select_related("workspace").get(pk=agent.pk)


@pytest.fixture
def place(agent: Agent, tmp_path: Path) -> Iterator[str]:
    speech: Process = worker(tmp_path)
    speech.start()
    server = web(tmp_path, speech)
    server.start()
    try:
        speech.wait_ready()
        server.wait_ready()
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()
        speech.stop()


@pytest.fixture
def two_places(agent: Agent, tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    """Two web processes behind one address."""
    speech: Process = worker(tmp_path)
    speech.start()
    servers = (web(tmp_path, speech), web(tmp_path, speech))
    for server in servers:
        server.start()
    try:
        for process in (speech, *servers):
            process.wait_ready()
        yield servers
    finally:
        for process in (*servers, speech):
            process.stop()


def tone(seconds: float) -> Samples:
    """The operator's recording: a pitch that no voice here has."""
    time_axis = np.arange(int(RATE_IN * seconds)) / RATE_IN
    return (np.sin(2 * np.pi * PITCH * time_axis) * 9000).astype(np.int16)


def noise(seconds: float = 1.0) -> Samples:
    return (np.random.default_rng(1).normal(0, 3000, int(RATE_IN * seconds))).astype(np.int16)


def seconds_of_pitch(audio: Samples) -> float:
    """How long the operator's pitch sounds in it, in windows of 50 ms."""
    window = RATE_OUT // 20
    found = 0
    for start in range(0, audio.size - window + 1, window):
        piece = audio[start : start + window].astype(np.float64)
        spectrum = np.abs(np.fft.rfft(piece))
        loudest = np.fft.rfftfreq(window, 1 / RATE_OUT)[spectrum.argmax()]
        found += np.abs(piece).max() > 3000 and abs(loudest - PITCH) <= 20
    return found / 20


async def rows(query: Callable[[], Any]) -> Any:
    return await database_sync_to_async(query)()


def calling(agent: Agent, place: str, conversation: str = "") -> Any:
    ticket = Ticket(
        workspace=agent.workspace.public_id,
        kind="browser_voice",
        agent=agent.public_id,
        conversation=conversation,
        origins=(ANY_ORIGIN,),
    )
    return BrowserCaller.connect(place.replace("http", "ws", 1), issue_ticket(ticket))


def said(caller: BrowserCaller, text: str) -> bool:
    return text in caller._said.values()


async def test_listen_whisper_take_over_talk_and_give_back(
    agent: Agent, place: str, alice: User, oscar: User, vera: User
) -> None:
    sessions = [await rows(lambda user=user: login_session(user)) for user in (alice, oscar, vera)]
    async with await asyncio.to_thread(calling, agent, place) as caller:
        await caller.wait_until_quiet()
        conversation = caller.ready.conversation
        async with (
            Operator.signed_in(place, sessions[0]) as operator,
            Operator.signed_in(place, sessions[1]) as second,
            Operator.signed_in(place, sessions[2]) as viewer,
        ):
            await operator.watch(conversation)
            await second.watch(conversation)
            await viewer.watch(conversation)
            for each in (operator, second, viewer):
                await each.wait(lambda each=each: each.hello is not None)
            assert [line.text for line in operator.hello.turns] == ["Hello."]
            await caller.speak(noise())
            await caller.answer()
            await operator.wait(lambda: operator.heard(CALLER).size > 8000 and operator.heard(AGENT).size > 800)
            assert viewer.sound == []
            await operator.whisper("Offer ten percent off.")
            await second.wait(lambda: bool(second.told(Whispered)))
            with pytest.raises(Refused) as refused:
                await viewer.ask("whisper", {"text": "Hello."})
            assert refused.value.status == 403

            await operator.take_over()
            with pytest.raises(Refused) as refused:
                await second.take_over()
            assert (refused.value.status, refused.value.answer["user"]["name"]) == (409, "Alice")
            await caller.wait(lambda: said(caller, HANDED_OVER), 5)
            await caller.wait_until_quiet()
            await asyncio.sleep(0.3)
            await operator.speak(tone(2.0))
            # The caller speaks, and nobody answers but the person.
            await caller.speak(noise())
            await asyncio.sleep(1.0)
            await operator.speak(tone(1.0))
            await caller.wait(lambda: any(text.startswith("I spoke for") for text in caller._said.values()), 10)
            await operator.give_back()
            await caller.wait(lambda: said(caller, HANDED_BACK), 5)
            await caller.wait_until_quiet()
            await caller.speak(noise())
            assert (await caller.answer()).said
        heard = caller.result().agent_audio
    assert seconds_of_pitch(heard) > 2.5
    changes = await rows(lambda: list(OwnerChange.objects.values_list("number", "owner", "by")))
    assert changes == [(1, "human", "taken"), (2, "ai", "given_back")]
    async with asyncio.timeout(20):
        while not await rows(lambda: Turn.objects.filter(role="human", by=alice).exists()):
            await asyncio.sleep(0.05)
    state = (await rows(lambda: Conversation.objects.get())).state
    assert state["owner"] == "ai"
    assert any(line["name"] == "human" for line in state["history"])


async def test_the_operators_browser_dies_while_speaking(agent: Agent, place: str, alice: User) -> None:
    session = await rows(lambda: login_session(alice))
    async with await asyncio.to_thread(calling, agent, place) as caller:
        await caller.wait_until_quiet()
        async with Operator.signed_in(place, session) as operator:
            await operator.watch(caller.ready.conversation)
            await operator.wait(lambda: operator.hello is not None)
            await operator.take_over()
            await caller.wait(lambda: said(caller, HANDED_OVER), 5)
            await caller.wait_until_quiet()
            speaking = asyncio.create_task(operator.speak(tone(3.0)))
            await asyncio.sleep(1.5)
            operator.die()
            died = time.monotonic()
            speaking.cancel()
        await caller.wait(lambda: said(caller, ONE_MOMENT), 5)
        turn = next(number for number, text in caller._said.items() if text == ONE_MOMENT)
        await caller.wait(lambda: turn in caller._sounds and caller._sounds[turn].at is not None, 5)
        assert caller._sounds[turn].at - died < 1.5
        await caller.wait(lambda: said(caller, HANDED_BACK), 15)
        await caller.wait_until_quiet()
        await caller.speak(noise())
        assert (await caller.answer()).said
        assert not caller.closed
    changes = await rows(lambda: list(OwnerChange.objects.values_list("number", "owner", "by")))
    assert changes == [(1, "human", "taken"), (2, "ai", "lost")]
    # At least once: on a busy machine their sound may have stood still for a second before.
    assert await rows(lambda: Event.objects.filter(kind="person_away").exists())


async def test_the_callers_web_process_is_killed_while_a_person_talks(
    agent: Agent, two_places: tuple[Process, Process], alice: User
) -> None:
    """Their page comes back to another process: the person's voice goes on, and the call is still theirs."""
    killed, left = (f"http://127.0.0.1:{server.port}" for server in two_places)
    session = await rows(lambda: login_session(alice))
    async with Operator.signed_in(left, session) as operator:
        async with await asyncio.to_thread(calling, agent, killed) as caller:
            await caller.wait_until_quiet()
            conversation = caller.ready.conversation
            await operator.watch(conversation)
            await operator.wait(lambda: operator.hello is not None)
            await operator.take_over()
            await caller.wait(lambda: said(caller, HANDED_OVER), 5)
            await caller.wait_until_quiet()
            speaking = asyncio.create_task(operator.speak(tone(8.0)))
            await asyncio.sleep(1.0)
            two_places[0].stop()
            died = time.monotonic()
            await caller.wait(lambda: caller.closed, 5)
        async with await asyncio.to_thread(calling, agent, left, conversation) as caller:
            await caller.wait(lambda: any(sound.at is not None for sound in caller._sounds.values()), 5)
            sounded = min(sound.at for sound in caller._sounds.values() if sound.at is not None)
            assert sounded - died < 1.5
            await speaking
            assert seconds_of_pitch(caller.result().agent_audio) > 3
            assert not said(caller, HANDED_OVER) and not said(caller, ONE_MOMENT)
            assert (caller.ready.conversation, operator.owner.number) == (conversation, 1)
            await operator.give_back()
            await caller.wait(lambda: said(caller, HANDED_BACK), 5)
            await caller.wait_until_quiet()
            await caller.speak(noise())
            assert (await caller.answer()).said
    changes = await rows(lambda: list(OwnerChange.objects.values_list("number", "owner", "by")))
    assert changes == [(1, "human", "taken"), (2, "ai", "given_back")]
