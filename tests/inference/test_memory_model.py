"""A long conversation with a real language model (the tiny profile's) in a small window."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from inference.engines.ik_library import runs_here
from inference.engines.ik_llama import IkLlama
from inference.events import Failed, Media, ReplyDone, State, Text, Timing
from inference.nodes import FlowSpec, GoalNode
from inference.prompt import prefix
from inference.spec import AgentSpec, ModelSpec
from tests.inference.engines.conftest import weights
from tests.inference.test_conversation import calling
from tests.support.engines import Scripted

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

FACTS = " ".join(f"Treatment {n} costs {n * 7 + 40} euros and takes {n + 10} minutes." for n in range(18))
SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    instructions=f"You are Ava of Smile Dental. {FACTS} Answer in one short sentence.",
    flow=FlowSpec("talk", (GoalNode("talk", "Help the caller."),)),
    models=ModelSpec(temperature=0.0, max_tokens=8),
)
TURNS = 22


async def test_many_turns_in_a_small_window_are_read_once() -> None:
    if not runs_here():
        pytest.skip("ik_llama.cpp does not run on this machine")
    chat = IkLlama(path=weights("smollm2-135m"), context=1600, capacity=2)
    await chat.load()
    await chat.warm(prefix(SPEC))
    timings: list[Timing] = []
    try:
        engines = replace(Scripted().engines(), chat=chat)
        async with calling(Scripted(), SPEC, media=Media("text"), engines=engines) as caller:
            memory = caller.conversation._replier._memory
            for number in range(TURNS):
                caller.conversation.hear(Text(f"What does treatment {number % 18} cost, and how long does it take?"))
                async with asyncio.timeout(120):
                    while len(caller.of(ReplyDone)) <= number:
                        await asyncio.sleep(0.01)
                    while memory._work is not None and not memory._work.done():  # the gap
                        await asyncio.sleep(0.01)
            assert caller.of(Failed) == []
            timings = caller.of(Timing)
            state = caller.of(State)[-1].snapshot
    finally:
        await chat.close()
    assert len(timings) == TURNS
    assert max(timing.prompt_tokens for timing in timings) < 1600 - 256
    folded = [turn for turn in range(2, TURNS + 1) if timings[turn - 1].prompt_tokens < timings[turn - 2].prompt_tokens]
    assert folded
    assert state.summary
    assert len(state.history) < 2 * TURNS
    # Each turn reads its own words and the agent's last ones, after a fold too.
    assert [timing.turn for timing in timings[1:] if timing.prompt_tokens - timing.cached_tokens > 60] == []
    steady = [timing for timing in timings[1:] if timing.turn not in folded]
    share = sum(timing.cached_tokens for timing in steady) / sum(timing.prompt_tokens for timing in steady)
    assert share >= 0.95
