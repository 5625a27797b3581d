from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import pytest

from channels_io.live.limits import TEXT_LIMITS, Limits
from inference.conversation import Conversation
from inference.engines.base import ChatDelta, ChatOptions, TextDelta
from inference.events import Close, Failed, Media, Message, Open, ReplyDone, Text
from inference.nodes import FlowSpec, GoalNode, ToolSpec
from inference.spec import AgentSpec
from inference.thinker import FIRST_TOKEN_SECONDS, FIRST_WRITTEN_TOKEN_SECONDS
from tests.support.engines import Scripted, ScriptedChat
from tests.support.virtual_time import run_virtual

SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    instructions="You are A.",
    flow=FlowSpec("talk", (GoalNode("talk", ""),), ()),
)
READS_SECONDS = 30.0


@dataclass
class Slow(ScriptedChat):
    """Reads for half a minute before it writes."""

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        await asyncio.sleep(READS_SECONDS)
        yield TextDelta("Saturday, at nine.")


async def _answer(kind: str) -> tuple[str, str, float]:
    """What a slow model's question comes to: the reply, the failure, and after how many seconds."""
    media = Media("text") if kind == "text" else Media()
    clock = asyncio.get_running_loop().time
    conversation = Conversation(Open(SPEC, "cv", media), Scripted(chat=Slow()).engines(), clock=clock)
    running = asyncio.create_task(conversation.run())
    began = clock()
    conversation.hear(Text("When do you open?", "m1"))
    failed = ""
    async for event in conversation.events():
        match event:
            case Failed(code=code):
                failed = code
            case ReplyDone(text=text):
                took = clock() - began
                conversation.hear(Close())
                await running
                return text, failed, took
    raise AssertionError("no answer")


def test_who_writes_waits_for_a_slow_model() -> None:
    text, failed, took = run_virtual(_answer("text"))
    assert (text, failed) == ("Saturday, at nine.", "")
    assert took == pytest.approx(READS_SECONDS, abs=1)


def test_who_speaks_is_told_instead() -> None:
    text, failed, took = run_virtual(_answer("voice"))
    assert failed == "engine_timeout"
    assert "went wrong" in text
    assert took == pytest.approx(FIRST_TOKEN_SECONDS, abs=1)


def test_the_web_waits_longer_than_the_worker_does() -> None:
    assert Limits().stalled_reply > FIRST_TOKEN_SECONDS
    assert TEXT_LIMITS.stalled_reply > FIRST_WRITTEN_TOKEN_SECONDS
