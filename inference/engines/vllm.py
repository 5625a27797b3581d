"""Language models on vLLM: many conversations in one batch, a cache that they share, a GPU where there is one.

A conversation has no place of its own: what it said before is found in the cache by its content, in whole blocks.
What another workspace has read is never found (`cache_salt`). Agents' prompt heads are kept from falling out of the
cache, a live turn goes before a guess and a guess before the background, and a full queue refuses at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from inference.engines import vllm_stats
from inference.engines.base import ChatOptions, EngineInfo
from inference.engines.chat_template import ChatTemplate
from inference.engines.llama_prompt import PROBE, chat_lines, chat_tools, keeps_system_in_place, shortened
from inference.engines.vllm_core import Core, Piece, Request, start
from inference.engines.vllm_heads import Head, Heads
from inference.engines.vllm_seats import BACKGROUND, GUESS, LIVE, Seats
from inference.engines.vllm_settings import Settings
from inference.engines.vllm_sleep import Sleep
from inference.engines.vllm_stats import Step
from inference.engines.vllm_stream import VLLMStream, read
from inference.engines.vllm_tools import HERMES, readings
from inference.errors import EngineError, EngineNotReady, WeightsError
from inference.events import Message
from inference.lanes import LANES
from inference.nodes import ToolSpec

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.01
"""How often a guess that stands in the queue asks whether somebody waits for it by now."""

FIRST_REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 60.0

Start = Callable[..., Awaitable[Core]]


class VLLM:
    """`path` is a folder in Hugging Face's format, or what vLLM's plugins read. Settings: `vllm_settings`."""

    def __init__(
        self,
        *,
        model: str = "default",
        capacity: int = 0,
        path: str = "",
        start: Start = start,
        **settings: str | int | float,
    ) -> None:
        self.info = EngineInfo(kind="vllm", role="chat", model=model, capacity=capacity, by_workspace=True)
        self._path = path
        self._settings = Settings.of(settings)
        self._start = start
        self._core: Core | None = None
        self._seats = Seats(self._settings.seats_for(capacity), self._settings.limit_for(capacity))
        self._numbers = itertools.count(1)
        self._touching: asyncio.Task[None] | None = None
        self._reviving: asyncio.Task[None] | None = None
        self._loaded = False
        """It has answered once: what dies from now on is started again."""
        self.listeners: list[Callable[[Step], None]] = [vllm_stats.stepped]
        """Who hears of every step."""

    async def load(self) -> None:
        """Read the weights, learn the template's ways, answer once. The event loop stands still meanwhile."""
        settings = self._settings
        self._core = core = await self._start(settings, path=self._path, capacity=self.info.capacity, told=self._told)
        self._sleep = Sleep(core, settings.sleep_after, busy=lambda: self._seats.taken > 0, woken=self._woken)
        try:
            source = _template_source(settings, core)
            self._template = ChatTemplate(source, begin=core.words.bos_token or "", end=core.words.eos_token or "")
            self._system_anywhere = self._places_system_anywhere()
            self._heads = Heads(core.cells)
            self.new_reading = readings(settings.tools, core.words)
            async with self.stream() as stream, aclosing(stream.reply(_HELLO, (), ChatOptions(max_tokens=2))) as deltas:
                async for _ in deltas:
                    pass
        except BaseException:
            await self._shut()
            raise
        self._loaded = True

    async def close(self) -> None:
        """Ends replies in progress, frees the weights."""
        if self._reviving is not None:
            self._reviving.cancel()
            await asyncio.gather(self._reviving, return_exceptions=True)
        await self._shut()

    async def _shut(self) -> None:
        core, self._core = self._core, None
        if core is None:
            return
        await self._sleep.close()
        if self._touching is not None:
            self._touching.cancel()
            await asyncio.gather(self._touching, return_exceptions=True)
        await core.close()

    async def warm(self, prefix: Sequence[Message], tools: Sequence[ToolSpec] = (), *, workspace: str = "") -> None:
        """Read an agent's head now, and keep it in the cache from now on."""
        if not prefix:
            return
        head = (salt_of(workspace), tuple(self.head_tokens(prefix, tools)))
        await self._read(head, LIVE)
        self._heads.keep(head)
        if self._heads.total() > self.core.cells // 2:
            log.warning("Agents' prompt heads take %s of %s tokens of the cache", self._heads.total(), self.core.cells)

    @asynccontextmanager
    async def stream(
        self, prefix: Sequence[Message] = (), tools: Sequence[ToolSpec] = (), *, workspace: str = ""
    ) -> AsyncGenerator[VLLMStream]:
        """`prefix` and `tools` need no mention: their cache is found by what the prompts begin with."""
        stream = VLLMStream(self, f"chat-{next(self._numbers)}", salt_of(workspace))
        try:
            yield stream
        finally:
            await stream.end()

    # --- for the streams ------------------------------------------------------------------------

    @property
    def core(self) -> Core:
        if self._core is None:
            raise EngineNotReady("The language model is not loaded.")
        return self._core

    @property
    def window(self) -> int:
        """Tokens of one conversation, its reply included."""
        return self.core.window

    @property
    def marks(self) -> bool:
        """Whether tool calls are marked by control tokens, so that these have to be written out."""
        return self._settings.tools != HERMES

    def count(self, text: str) -> int:
        return len(self._tokens(text))

    def prompt_tokens(self, messages: Sequence[Message], tools: Sequence[ToolSpec], room: int) -> list[int]:
        """The whole prompt. A history that leaves no `room` for the reply loses its oldest lines, not the call."""
        kept = list(messages)
        while True:
            lines = chat_lines(kept, system_anywhere=self._system_anywhere)
            tokens = self._tokens(self._template.render(lines, chat_tools(tools)))
            if len(tokens) + room <= self.window:
                return tokens
            log.warning("A prompt of %s lines and %s tokens is longer than the context", len(kept), len(tokens))
            kept = shortened(kept)

    def head_tokens(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[int]:
        """The prompt up to the last line's last word: what stays when more words come."""
        lines = chat_lines(messages, system_anywhere=self._system_anywhere)
        return self._tokens(self._template.beginning(lines, chat_tools(tools)))[: self.window - 1]

    async def pieces(self, request: Request, options: ChatOptions | None = None) -> AsyncGenerator[Piece]:
        """A request's way through vLLM. Raises EngineError, `engine_full` at once.

        `options`: of a guess, which in the queue may become what somebody waits for.
        """
        ticket = LANES["chat"].enter("urgent" if request.priority < GUESS else "optional")
        began = time.monotonic()
        try:
            with self._seat(request.priority):
                await self._sleep.awake()
                first = True
                async with aclosing(self._promoted(request, options)) as pieces:
                    async for piece in pieces:
                        if first:
                            first = False
                            ticket.begin(piece.queued)
                            self._report(request, piece, time.monotonic() - began)
                        yield piece
        except EngineNotReady:
            if self._loaded and self._core is not None and (self._reviving is None or self._reviving.done()):
                self._reviving = asyncio.create_task(self._revive())
            raise
        finally:
            ticket.leave()

    # --- inside -----------------------------------------------------------------------------------

    async def _promoted(self, request: Request, options: ChatOptions | None) -> AsyncGenerator[Piece]:
        """The pieces of a request. A guess that somebody waits for by now, and that may still stand in the queue, is
        asked for again in front of the others: whatever was read of it is in the cache."""
        core = self.core
        pieces = core.generate(request)
        try:
            if options is not None and request.priority == GUESS:
                first = await self._first(pieces, options)
                if first is not None:
                    yield first
                else:
                    await pieces.aclose()
                    pieces = core.generate(replace(request, priority=LIVE))
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    async def _first(self, pieces: AsyncGenerator[Piece], options: ChatOptions) -> Piece | None:
        """The first piece; None when it is worth asking again."""
        coming = asyncio.create_task(_next(pieces))
        try:
            while not coming.done():
                await asyncio.wait([coming], timeout=LOOK_SECONDS)
                if not coming.done() and self._seats.crowded and options.awaited():
                    return None
            return coming.result()
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.wait([coming])

    async def _revive(self) -> None:
        """vLLM's process died: start another, after growing pauses, and read agents' heads again."""
        log.error("vLLM's process has ended; it is started again")
        heads, rest = self._heads.kept(), FIRST_REST_SECONDS
        await self._shut()
        while self._core is None:
            try:
                await self.load()
            except (EngineError, ImportError) as error:
                log.error("vLLM could not be started again: %s", error)
                await asyncio.sleep(rest)
                rest = min(2 * rest, LONGEST_REST_SECONDS)
        for head in heads:
            await self._read(head, LIVE)
            self._heads.keep(head)

    @contextmanager
    def _seat(self, priority: int) -> Generator[None]:
        try:
            self._seats.enter(priority)
        except EngineError:
            vllm_stats.refused()
            raise
        self._sleep.disturb()
        try:
            yield
        finally:
            self._seats.leave()
            if not self._seats.taken:  # vLLM says nothing of the steps that it does not take
                self._told(Step())
                self._touch_due()
            self._sleep.rest()

    def _report(self, request: Request, piece: Piece, seconds: float) -> None:
        """A request has its first token."""
        prompt = len(request.tokens)
        vllm_stats.first_token(seconds)
        log.info(
            "vLLM: %s tokens of prompt, %s of them cached, first token after %.0f ms (%.0f ms in the queue)",
            prompt,
            piece.cached,
            seconds * 1000,
            piece.queued * 1000,
        )
        self._heads.went_by(request.salt, tuple(request.tokens), prompt - piece.cached + request.max_tokens)
        self._touch_due()

    def _touch_due(self) -> None:
        if self._core is None:
            return
        if self._heads.due() is not None and (self._touching is None or self._touching.done()):
            self._touching = asyncio.create_task(self._touch())

    async def _touch(self) -> None:
        """Use the heads that are due, so that they are not the oldest in the cache."""
        while (head := self._heads.due()) is not None:
            try:
                await self._read(head, BACKGROUND)
            except EngineError as error:  # tried again after the next request
                log.info("A prompt head was not read again (%s)", error.code)
                return
            self._heads.keep(head)

    async def _read(self, head: Head, priority: int) -> None:
        salt, tokens = head
        await read(self, Request(tokens, salt, priority))

    def _woken(self) -> None:
        """The cache was emptied: agents' heads come back behind whoever woke the model."""
        self._heads.forget()
        self._touch_due()

    def _told(self, step: Step) -> None:
        for listener in self.listeners:
            listener(step)

    def _tokens(self, text: str) -> list[int]:
        return list(self.core.words.encode(text, add_special_tokens=False))

    def _places_system_anywhere(self) -> bool:
        """Whether the template writes a system message that stands after the first line, as such."""
        try:
            return keeps_system_in_place(self._template.render(chat_lines(PROBE, system_anywhere=True)))
        except EngineError:
            return False


_HELLO = (Message("user", "Hello"),)


def salt_of(workspace: str) -> str:
    """What keeps the cache of a workspace apart."""
    return hashlib.sha256(workspace.encode()).hexdigest()[:32] if workspace else ""


async def _next(pieces: AsyncGenerator[Piece]) -> Piece | None:
    return await anext(pieces, None)


def _template_source(settings: Settings, core: Core) -> str:
    if settings.template:
        try:
            return Path(settings.template).read_text(encoding="utf-8")
        except OSError as error:
            raise WeightsError(f"The chat template cannot be read: {error}", code="weights_missing") from error
    source = core.words.chat_template
    if isinstance(source, dict):
        source = source.get("tool_use") or source.get("default")
    return str(source or "")
