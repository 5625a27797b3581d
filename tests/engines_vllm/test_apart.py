"""vLLM behind the other process's interface, as a worker runs it; with words guessed ahead from the prompt."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import cast

from inference.engines import registry
from inference.engines.base import ChatModel, ChatOptions
from inference.engines.in_workspace import in_workspace
from tests.engines_vllm.support import HEAD, SMALL, answer, asked, tell


async def test_a_worker_that_has_no_vllm_uses_it_all_the_same(path: str) -> None:
    settings = SMALL | {"path": path, "speculative": "ngram", "guesses": 3}
    model = cast(ChatModel, registry.create("chat", "vllm", settings, {"PARLEY_VENV_VLLM": sys.prefix}))
    assert type(model).__name__ == "ApartChat"
    await model.load()
    try:
        assert model.info.by_workspace
        view = in_workspace(model, "the workshop")
        await view.warm(HEAD)
        async with view.stream(HEAD) as stream:
            text, usage = await answer(stream, asked("Say it again: bell, chain, tyre, bell, chain, tyre, bell."))
            tell(f"apart: {usage.cached_tokens} of {usage.prompt_tokens} tokens cached: {text!r}")
            assert text
            assert usage.cached_tokens >= 64
            assert 1 <= usage.reply_tokens <= 12
            async with aclosing(stream.reply(asked("A long story."), (), ChatOptions(max_tokens=300))) as deltas:
                await anext(deltas)
            # The seat of what was closed is free: with it, the two after it find theirs.
            await asyncio.gather(*(answer(stream, asked(f"Hello {number}?"), background=True) for number in range(2)))
        async with in_workspace(model, "another").stream(HEAD) as stream:
            _, usage = await answer(stream, asked("Hello?"))
            assert usage.cached_tokens == 0
    finally:
        await model.close()
