"""What the tests of vLLM share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing

from inference.engines.base import ChatOptions, ChatStream, TextDelta, Usage
from inference.engines.vllm_stats import Step
from inference.events import Message

SMALL = {"model": "smollm2-135m", "capacity": 2, "seats": 2, "context": 1024, "threads": 2}
HEAD = (
    Message(
        "system",
        "You are Ada, who answers the telephone of the Riverside bicycle workshop. The workshop opens at nine in the "
        "morning and closes at six in the evening, from Monday to Saturday. A repair takes two days, a new tyre costs "
        "thirty euros, a service costs eighty. Answer in one short sentence and never promise what you do not know. "
        "Callers who want their bicycle back need the number on their ticket, which has five digits.",
    ),
)


class Steps:
    """What vLLM told of its steps so far."""

    def __init__(self) -> None:
        self.all: list[Step] = []

    def __call__(self, step: Step) -> None:
        self.all.append(step)

    def written(self) -> int:
        """Tokens of replies so far."""
        return sum(step.written for step in self.all)


def asked(text: str, head: tuple[Message, ...] = HEAD) -> list[Message]:
    return [*head, Message("user", text)]


async def answer(stream: ChatStream, messages: list[Message], **options: object) -> tuple[str, Usage]:
    """All that is said, and the usage."""
    text, usage = "", Usage()
    chosen = ChatOptions(**{"temperature": 0.0, "max_tokens": 12, **options})
    async with aclosing(stream.reply(messages, (), chosen)) as deltas:
        async for delta in deltas:
            if isinstance(delta, TextDelta):
                text += delta.text
            elif isinstance(delta, Usage):
                usage = delta
    return text, usage


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def tell(line: str) -> None:
    """A figure for whoever runs `make test-vllm`."""
    sys.stdout.write(f"\n  {line}\n")
