"""The default language model follows a whisper, and reads what a person found out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime

import msgspec
import pytest
import pytest_asyncio

from inference.engines.base import ChatModel
from inference.engines.ik_library import runs_here
from inference.engines.ik_llama import IkLlama
from inference.events import Control, Media, Message, ReplyDone, State, Text, Timing
from inference.flow.steps import Moment
from inference.giving_back import found_by_model
from inference.judging import Judge
from inference.live_state import LiveState
from inference.nodes import CollectNode, EndNode, FlowSpec, GoalNode, Slot, StartNode
from inference.ownership import told
from inference.prompt import prefix
from inference.spec import AgentSpec, ModelSpec
from inference.whisper import Whisper
from tests.inference.engines.conftest import weights
from tests.inference.test_conversation import Caller, calling
from tests.inference.test_walk import line
from tests.support.engines import Scripted

pytestmark = [pytest.mark.model, pytest.mark.timeout(900), pytest.mark.asyncio(loop_scope="module")]

HEAD = (
    "You are Mia, the receptionist of Smile Dental. You are warm and brief. A check-up costs 45 dollars. A cleaning "
    "costs 80 dollars. Open Monday to Friday from 8 am to 6 pm. Answer in one or two short sentences."
)
GOAL = AgentSpec(
    agent="ag", version="vn", workspace="ws", name="Mia", instructions=HEAD, greeting="Hello, how can I help?",
    flow=FlowSpec("talk", (GoalNode("talk", "Answer questions about the practice."),)),
    models=ModelSpec(temperature=0.0),
)  # fmt: skip
OFFER = re.compile(r"\b(?:10|ten)(?: ?%| ?percent)|\bpercent off\b", re.IGNORECASE)


async def write(caller: Caller, text: str) -> str:
    """Type a line; the answer, however slow the machine is."""
    done = len(caller.of(ReplyDone))
    caller.conversation.hear(Text(text))
    async with asyncio.timeout(120):
        while len(caller.of(ReplyDone)) <= done:
            await asyncio.sleep(0.01)
    return caller.of(ReplyDone)[-1].text


async def written(caller: Caller) -> None:
    """What the agent is to say has been put into words."""
    task = caller.conversation._whisper._writing
    assert task is not None
    await asyncio.wait([task], timeout=120)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncGenerator[ChatModel]:
    if not runs_here():
        pytest.skip("ik_llama.cpp does not run on this machine")
    chat = IkLlama(path=weights("qwen2.5-coder-1.5b"), context=2048, capacity=2)
    await chat.load()
    yield chat
    await chat.close()


async def test_a_whisper_is_reflected_in_the_next_answer(model: ChatModel) -> None:
    await model.warm(prefix(GOAL))
    engines = replace(Scripted().engines(), chat=model)
    async with calling(Scripted(), GOAL, media=Media("text"), engines=engines) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        before = await write(caller, "How much is a cleaning?")
        assert not OFFER.search(before)
        caller.conversation.hear(Control("instruct", "Offer ten percent off"))
        await caller.until(lambda: caller.of(State)[-1].snapshot.unfollowed)
        await written(caller)
        after = await write(caller, "Hmm, that is quite a lot of money.")
        assert OFFER.search(after), after
        await caller.until(lambda: caller.of(State)[-1].snapshot.unfollowed == 0)
        await write(caller, "And when are you open?")
        read = [timing.prompt_tokens - timing.cached_tokens for timing in caller.of(Timing)]
    assert max(read[1:]) < 110, read  # the words and the answer before; never the head again


async def test_a_whisper_becomes_a_sentence_where_the_flow_talks(model: ChatModel) -> None:
    spec = msgspec.structs.replace(
        GOAL,
        greeting="",
        flow=line(
            StartNode("start"),
            CollectNode("name", Slot("name", "name", "What is your name?")),
            CollectNode("age", Slot("age", "number", "How old are you?")),
            EndNode("bye", "Goodbye."),
        ).flow,
    )
    engines = replace(Scripted().engines(), chat=model)
    async with calling(Scripted(), spec, media=Media("text"), engines=engines) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Control("instruct", "Offer ten percent off"))
        await caller.until(lambda: caller.of(State)[-1].snapshot.unfollowed)
        await written(caller)
        said = await write(caller, "Ada Stone")
        assert OFFER.search(said), said
        assert "How old are you?" in said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Offer ten percent off", r"\b(?:10|ten)(?: ?%| percent)"),
        ("tell her we have free parking behind the house", r"^We have free parking"),
        ("ask whether she is in pain", r"\byou\b.*\bpain\?"),
        ("Apologise for the long wait", r"(?:sorry|apologi[sz]e) .*wait"),
        ("we can also call her back tomorrow", r"^We can .*you.* tomorrow"),
    ],
)
async def test_an_instruction_becomes_what_the_agent_says(model: ChatModel, told: str, said: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        whisper = Whisper(LiveState(GOAL), model=model, speaking=None, tasks=tasks)  # type: ignore[arg-type]
        sentence = await whisper._sentence_for(told)
    assert re.search(said, sentence, re.IGNORECASE), sentence


async def test_what_a_person_found_out_is_read(model: ChatModel) -> None:
    judge = Judge(model)
    wanted = (Slot("name", "name", "What is your name?"), Slot("address", "address", "What is your address?"))
    talk = [
        told("Smile Dental, this is Tom, what can I do for you?"),
        Message("user", "It's about my bill. Put it under Hill, Peter Hill."),
        told("And where do you live, Peter?"),
        Message("user", "At twelve Garden Street, next to the library."),
    ]
    found = await found_by_model(judge, wanted, talk, Moment(now=datetime(2026, 11, 23, 10)))
    await judge.aclose()
    assert "Hill" in found.get("name", "Hill"), found  # and never Tom
    assert "Garden Street" in found.get("address", ""), found
