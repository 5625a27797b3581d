"""Named conversations of the chat endpoint: who gets which stream, and when it is closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from inference.engines.base import EngineInfo
from inference.events import Message
from inference.openai_api.kept_streams import KeptStreams


class Chat:
    """Its streams are numbers in the order of opening."""

    def __init__(self, model: str = "m") -> None:
        self.info = EngineInfo("counting", "chat", model)
        self.opened = 0
        self.closed: list[int] = []

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[Any]:
        self.opened += 1
        number = self.opened
        try:
            yield number
        finally:
            self.closed.append(number)


async def ask(kept: KeptStreams, chat: Any, key: str) -> Any:
    async with kept.take(chat, key) as stream:
        return stream


async def test_a_named_conversation_goes_on_in_its_stream() -> None:
    kept, chat = KeptStreams(), Chat()
    assert [await ask(kept, chat, key) for key in ("a", "a", "b", "a")] == [1, 1, 2, 1]
    assert chat.closed == []


async def test_without_a_name_every_request_has_its_own() -> None:
    kept, chat = KeptStreams(), Chat()
    assert [await ask(kept, chat, "") for _ in range(2)] == [1, 2]
    assert chat.closed == [1, 2]


async def test_two_models_do_not_share_a_name() -> None:
    kept, one, other = KeptStreams(), Chat("one"), Chat("other")
    await ask(kept, one, "a")
    await ask(kept, other, "a")
    assert (one.opened, other.opened) == (1, 1)


async def test_the_one_that_waited_longest_makes_room() -> None:
    kept, chat = KeptStreams(limit=2), Chat()
    for key in ("a", "b", "a", "c"):
        await ask(kept, chat, key)
    assert chat.closed == [2]
    assert await ask(kept, chat, "a") == 1


async def test_a_second_request_at_the_same_time_does_not_get_in_the_way() -> None:
    kept, chat = KeptStreams(), Chat()
    async with kept.take(chat, "a") as first, kept.take(chat, "a") as second:  # type: ignore[arg-type]
        assert (first, second) == (1, 2)
    assert chat.closed == [1]
    assert await ask(kept, chat, "a") == 2


async def test_a_failed_request_leaves_the_conversation_as_it_was() -> None:
    kept, chat = KeptStreams(), Chat()
    try:
        async with kept.take(chat, "a"):  # type: ignore[arg-type]
            raise ConnectionError
    except ConnectionError:
        pass
    assert await ask(kept, chat, "a") == 1


async def test_closing_closes_all() -> None:
    kept, chat = KeptStreams(), Chat()
    await ask(kept, chat, "a")
    await ask(kept, chat, "b")
    await kept.close()
    assert chat.closed == [1, 2]
