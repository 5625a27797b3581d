"""Two callers, two agents, one web process and one worker: nobody hears the other's answer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agents.actions.publish_agent import publish_agent
from agents.engines import BUILT_IN, EngineMenu, EngineOffer
from agents.models import Agent
from channels_io.simulators.browser_caller import RATE_IN, RATE_OUT, BrowserCaller
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from inference.audio import Samples
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.channels_io.live.agent_worker import OTHER_PITCH, PITCHES
from tests.channels_io.live.processes import Process, web, worker
from tests.support.agents import make_agent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

SCRIPT = Path(__file__).with_name("agent_worker.py")
TURNS = 3
BETWEEN = 1.5
"""Seconds: one caller always speaks for less, the other for more."""


@pytest.fixture
def agents(acme: Workspace) -> list[Agent]:
    offers = (*BUILT_IN, EngineOffer("fake", "synthesizer", "fake-synthesizer", languages=("en",), voices=("heart",)))
    made = []
    for word in PITCHES:
        agent = make_agent(
            acme, word, instructions=f"Your word is {word}.", greeting="", voice_engine="fake", voice_name="heart"
        )
        publish_agent(system_actor(acme), agent, menu=EngineMenu(offers, offers, live=True))
        made.append(Agent.objects.select_related("workspace").get(pk=agent.pk))
    return made


@pytest.fixture
def place(agents: list[Agent], tmp_path: Path) -> Iterator[str]:
    speech: Process = worker(tmp_path, command=[sys.executable, str(SCRIPT)])
    speech.start()
    server = web(tmp_path, speech)
    server.start()
    try:
        speech.wait_ready()
        server.wait_ready()
        yield f"ws://127.0.0.1:{server.port}"
    finally:
        server.stop()
        speech.stop()


def speech(seconds: float) -> Samples:
    """Loud noise: what the fake recogniser calls speaking."""
    return (np.random.default_rng(1).normal(0, 3000, int(RATE_IN * seconds))).astype(np.int16)


def pitches_in(audio: Samples) -> set[int]:
    """Which of the known pitches sound in it for at least 100 ms."""
    window = RATE_OUT // 20
    found: list[int] = []
    for start in range(0, audio.size - window + 1, window):
        piece = audio[start : start + window].astype(np.float64)
        if np.abs(piece).max() < 1000:
            continue
        loudest = np.fft.rfftfreq(window, 1 / RATE_OUT)[np.abs(np.fft.rfft(piece)).argmax()]
        found.append(min((*PITCHES.values(), OTHER_PITCH), key=lambda pitch: abs(pitch - loudest)))
    return {pitch for pitch in found if found.count(pitch) >= 2}


async def converse(place: str, agent: Agent, seconds: float) -> tuple[list[str], list[str], set[int]]:
    """(what the system heard, what it answered, the pitches that sounded here)."""
    ticket = Ticket(
        workspace=agent.workspace.public_id, kind="browser_voice", agent=agent.public_id, origins=(ANY_ORIGIN,)
    )
    async with BrowserCaller.connect(place, await asyncio.to_thread(issue_ticket, ticket)) as caller:
        for _ in range(TURNS):
            await caller.speak(speech(seconds))
            await caller.answer()
        result = caller.result()
    return [turn.heard for turn in result.turns], [turn.said for turn in result.turns], pitches_in(result.agent_audio)


async def test_each_caller_hears_the_own_agent(agents: list[Agent], place: str) -> None:
    short, long = await asyncio.gather(converse(place, agents[0], 0.5), converse(place, agents[1], 2.5))
    assert short[1:] == (["Almond."] * TURNS, {PITCHES["Almond"]})
    assert long[1:] == (["Basil."] * TURNS, {PITCHES["Basil"]})
    # And each agent heard its own caller, who spoke for so long.
    assert max(seconds_in(short[0])) < BETWEEN < min(seconds_in(long[0]))


def seconds_in(heard: list[str]) -> list[float]:
    """The fake recogniser says "I spoke for 1.6 seconds."."""
    return [float(text.split()[3]) for text in heard]
