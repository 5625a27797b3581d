"""Language models in GGUF on llama.cpp: each conversation keeps its place in the KV cache.

A conversation is pinned to a slot, so that its next turn finds all earlier ones cached, after a
cancelled reply too. An agent's prompt head is read once; its cache is kept as a file in memory and
put into the slot of every new conversation in about 2 ms. With more conversations than slots, the
one idle longest has its cache put aside the same way.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from inference.cores import model_threads
from inference.engines.base import (
    ChatDelta,
    ChatOptions,
    EngineInfo,
    TextDelta,
    ToolRequest,
    Usage,
    estimated_tokens,
)
from inference.engines.kept_files import KeptFiles
from inference.engines.llama_prompt import (
    PROBE,
    Line,
    chat_lines,
    chat_tools,
    keeps_system_in_place,
    sampling,
    shortened,
)
from inference.engines.llama_server import Chunk, LlamaServer, ServerSettings, take_signals_back
from inference.engines.slots import Seat, SlotTable
from inference.engines.state_files import StateFiles
from inference.errors import EngineError, EngineNotReady
from inference.events import Message
from inference.nodes import ToolSpec

log = logging.getLogger(__name__)

CONTEXT = 4096
BATCH = 32
"""Prompt tokens read in one step. Steps this small cost nothing (6.2 s against 6.2 s for 320 tokens), and a
step is what other conversations and a cancelled request wait for."""
MAX_SLOTS = 8


class LlamaCpp:
    """`path` is the GGUF file. `slots` 0: one per voice conversation, at most MAX_SLOTS."""

    def __init__(
        self,
        *,
        model: str = "default",
        capacity: int = 0,
        path: str = "",
        slots: int = 0,
        context: int = CONTEXT,
        threads: int = 0,
        batch: int = BATCH,
        gpu_layers: int = 0,
        state_folder: str = "",
        keep_folder: str = "",
    ) -> None:
        self.info = EngineInfo(kind="llama_cpp", role="chat", model=model, capacity=capacity)
        self._path = path
        self._slots = slots or min(MAX_SLOTS, capacity or 4)
        self._context = context
        self._threads = threads or model_threads()
        self._batch = batch
        self._gpu_layers = gpu_layers
        self._state_folder = state_folder
        self._keep_folder = keep_folder
        self._numbers = itertools.count(1)
        self._server: LlamaServer | None = None

    async def load(self) -> None:
        """Read the weights, learn the template's ways, answer once."""
        self._files = StateFiles(Path(self._state_folder) if self._state_folder else None)
        self._kept = KeptFiles(Path(self._keep_folder) if self._keep_folder else None)
        settings = ServerSettings(
            path=self._path,
            slots=self._slots,
            context=self._context,
            threads=self._threads,
            batch=self._batch,
            gpu_layers=self._gpu_layers,
            folder=self._files.folder,
        )
        try:
            self._server = await asyncio.to_thread(LlamaServer, settings)
            self._fingerprint = await asyncio.to_thread(self._describe)
        except BaseException:
            self._files.close()
            raise
        take_signals_back()
        self._table = SlotTable(self._slots)
        self._freed = asyncio.Condition()
        self._warming = asyncio.Lock()
        self._system_anywhere = await self._places_system_anywhere()
        async with self.stream() as stream, aclosing(stream.reply(_HELLO, (), ChatOptions(max_tokens=2))) as deltas:
            async for _ in deltas:
                pass

    async def close(self) -> None:
        """Ends replies in progress, frees the weights."""
        server, self._server = self._server, None
        if server is not None:
            await server.close()
            self._files.close()

    async def warm(self, prefix: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        if not prefix:
            return
        name = self._prefix_name(prefix, tools)
        async with self._warming:
            if name in self._files or await self._fetch_kept(name):
                return
            try:
                async with self._seat(name) as seat:
                    await self._read_prefix(seat.slot, name, prefix, tools)
            finally:
                self._table.leave(name)

    @asynccontextmanager
    async def stream(
        self, prefix: Sequence[Message] = (), tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[LlamaStream]:
        stream = LlamaStream(self, f"chat-{next(self._numbers)}", tuple(prefix), tuple(tools))
        try:
            yield stream
        finally:
            self._table.leave(stream.name)
            self._files.drop(stream.name)

    # --- for the streams ------------------------------------------------------------------------

    @property
    def window(self) -> int:
        """Tokens of one conversation, its reply included."""
        return self._context

    @property
    def server(self) -> LlamaServer:
        if self._server is None:
            raise EngineNotReady("The language model is not loaded.")
        return self._server

    def request(self, messages: Sequence[Message], tools: Sequence[ToolSpec], slot: int) -> Line:
        """The fields every request has."""
        request: Line = {
            "messages": chat_lines(messages, system_anywhere=self._system_anywhere),
            "stream": True,
            # Chunks during prefill are what lets a request be stopped there.
            "return_progress": True,
            "cache_prompt": True,
            "id_slot": slot,
        }
        if tools:
            request["tools"] = chat_tools(tools)
        return request

    @asynccontextmanager
    async def place(self, stream: LlamaStream) -> AsyncGenerator[int]:
        """The stream's slot, with its own cache in it, or at least its agent's prefix."""
        async with self._seat(stream.name) as seat:
            if seat.fresh:
                await self._furnish(seat.slot, stream)
            yield seat.slot

    @asynccontextmanager
    async def _seat(self, sitter: str) -> AsyncGenerator[Seat]:
        """Wait for a slot, put aside what an idle conversation had in it, give it back at the end."""
        server = self.server
        async with self._freed:
            while (seat := self._table.take(sitter)) is None:
                await self._freed.wait()
        try:
            if seat.evicted:
                await self._save(server, seat.slot, seat.evicted)
            yield seat
        finally:
            self._table.rest(seat.slot)
            await asyncio.shield(self._tell_freed())

    async def _tell_freed(self) -> None:
        async with self._freed:
            self._freed.notify_all()

    async def _furnish(self, slot: int, stream: LlamaStream) -> None:
        name = stream.name if stream.name in self._files else ""
        if not name and stream.prefix:
            name = self._prefix_name(stream.prefix, stream.tools)
            if name not in self._files:
                await self._read_prefix(slot, name, stream.prefix, stream.tools)
                return
        if name:
            await self.server.restore(slot, name)
            self._files.use(name)

    async def _read_prefix(self, slot: int, name: str, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Read an agent's head in `slot` and keep the cache."""
        request = self.request(prefix, tools, slot) | {"max_tokens": 0, "add_generation_prompt": False}
        async with aclosing(self.server.chat(request)) as chunks:
            async for _ in chunks:
                pass
        await self._save(self.server, slot, name)
        try:
            await asyncio.to_thread(self._kept.keep, self._files.folder / name)
        except OSError as error:
            log.warning("A KV cache could not be kept for the next start: %s", error)

    async def _fetch_kept(self, name: str) -> bool:
        """The head's cache from an earlier run, proved by restoring it once; a damaged one is dropped."""
        try:
            if not await asyncio.to_thread(self._kept.fetch, name, self._files.folder):
                return False
            async with self._seat(name) as seat:
                await self.server.restore(seat.slot, name)
        except (EngineError, OSError) as error:
            log.warning("A kept KV cache is of no use: %s", error)
            await asyncio.to_thread(self._kept.drop, name)
            return False
        finally:
            self._table.leave(name)
        self._files.added(name)
        return True

    def _describe(self) -> str:
        """All that a cache file depends on beside the prompt."""
        import xllamacpp

        weights = Path(self._path).stat()
        return (
            f"{Path(self._path).name} {weights.st_size} {weights.st_mtime_ns} {self._context} {xllamacpp.__version__}"
        )

    async def _save(self, server: LlamaServer, slot: int, name: str) -> None:
        """Put a cache aside. Without it the prompt is only read again, so a full disk is no failure."""
        try:
            await server.save(slot, name)
            self._files.added(name)
        except (EngineError, OSError) as error:
            log.warning("A KV cache could not be put aside: %s", error)

    def _prefix_name(self, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> str:
        return (
            "head-" + hashlib.sha256(repr((self._fingerprint, tuple(prefix), tuple(tools))).encode()).hexdigest()[:32]
        )

    async def _places_system_anywhere(self) -> bool:
        """Whether the template writes a system message that stands after the first line, as such."""
        try:
            prompt = await self.server.render(chat_lines(PROBE, system_anywhere=True))
        except EngineError:
            return False
        return keeps_system_in_place(prompt)


_HELLO = (Message("user", "Hello"),)


class LlamaStream:
    """One conversation's use of the model. One request at a time: a reply ends the prefill before it."""

    def __init__(self, model: LlamaCpp, name: str, prefix: tuple[Message, ...], tools: tuple[ToolSpec, ...]) -> None:
        self.name = name
        self.prefix = prefix
        self.tools = tools
        self._model = model
        self._turn = asyncio.Lock()
        self._prefilling: asyncio.Task[None] | None = None
        self._prefilled: tuple[Message, ...] = ()

    @property
    def window(self) -> int:
        return self._model.window

    def count(self, text: str) -> int:
        return estimated_tokens(text)

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        """Raises EngineError; a history longer than the context loses its oldest lines, not the call."""
        await self._end_prefill(messages)
        async with self._turn, self._model.place(self) as slot:
            prompt = list(messages)
            while True:
                request = self._model.request(prompt, tools, slot) | sampling(options)
                try:
                    async with aclosing(_deltas(self._model.server.chat(request))) as deltas:
                        async for delta in deltas:
                            yield delta
                    return
                except EngineError as error:
                    if error.code != "context_full":
                        raise
                    log.warning("A prompt of %s lines is longer than the context", len(prompt))
                    prompt = shortened(prompt)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        await self._end_prefill(messages)
        self._prefilled = tuple(messages)
        self._prefilling = asyncio.create_task(self._prefill(messages, tools))
        try:
            await self._prefilling
        except asyncio.CancelledError:
            # Either we were cancelled, or a newer request ended the prefill: then it simply is over.
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                await self._end_prefill()
                raise

    async def _prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        async with self._turn, self._model.place(self) as slot:
            request = self._model.request(messages, tools, slot) | {"max_tokens": 0}
            async with aclosing(self._model.server.chat(request)) as chunks:
                async for _ in chunks:
                    pass

    async def _end_prefill(self, wanted: Sequence[Message] = ()) -> None:
        """Stop a prefill in progress, or let it finish when `wanted` begins with what it reads."""
        task = self._prefilling
        if task is None or task.done():
            return
        if not _leads_to(self._prefilled, wanted):
            task.cancel()
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            raise


def _leads_to(first: Sequence[Message], second: Sequence[Message]) -> bool:
    """Whether `second` is `first` with more words at its end, or more lines."""
    if not first or len(second) < len(first) or tuple(second[: len(first) - 1]) != tuple(first[:-1]):
        return False
    last, same = first[-1], second[len(first) - 1]
    return last.role == same.role and same.text.startswith(last.text)


async def _deltas(chunks: AsyncGenerator[Chunk]) -> AsyncGenerator[ChatDelta]:
    """The server's chunks as deltas: words at once, tool calls when they are complete, usage last."""
    calls: dict[int, dict[str, str]] = {}
    usage = Usage()
    async with aclosing(chunks):
        async for chunk in chunks:
            for choice in chunk["choices"]:
                delta = choice.get("delta") or {}
                if delta.get("content"):
                    yield TextDelta(delta["content"])
                for call in delta.get("tool_calls") or ():
                    _gather(calls, call)
            timings: dict[str, Any] = chunk.get("timings") or {}
            if timings:
                cached = int(timings.get("cache_n", 0))
                usage = Usage(cached + int(timings.get("prompt_n", 0)), cached, int(timings.get("predicted_n", 0)))
    for call in calls.values():
        yield ToolRequest(call["id"], call["name"], call["arguments"] or "{}")
    yield usage


def _gather(calls: dict[int, dict[str, str]], piece: dict[str, Any]) -> None:
    """Tool calls arrive in pieces: id and name once, arguments bit by bit."""
    call = calls.setdefault(int(piece.get("index", 0)), {"id": "", "name": "", "arguments": ""})
    function = piece.get("function") or {}
    call["id"] = call["id"] or str(piece.get("id") or "")
    call["name"] = call["name"] or str(function.get("name") or "")
    call["arguments"] += str(function.get("arguments") or "")
