"""Language models in GGUF on ik_llama.cpp: the fastest way to read and write on a CPU without AVX-512 code.

Against llama.cpp on the same weights and cores it reads the few words a turn leaves to be read in
less than half the time and writes a fifth faster (docs/decisions/0009). All conversations share one
KV cache token by token: an agent's head is read once and begins every conversation about it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np

from inference.cores import model_threads
from inference.engines.base import ChatDelta, ChatOptions, EngineInfo, TextDelta, ToolRequest, Usage
from inference.engines.chat_template import ChatTemplate
from inference.engines.decode_loop import DecodeLoop
from inference.engines.decode_places import Places
from inference.engines.decode_plan import Finished, Request
from inference.engines.grammars import Bound, Grammars
from inference.engines.ik_library import Context, Weights
from inference.engines.kept_files import KeptFiles
from inference.engines.llama_prompt import (
    PROBE,
    chat_lines,
    chat_tools,
    keeps_system_in_place,
    shortened,
)
from inference.engines.reply_text import ReplyText
from inference.engines.sampling import Scores, choose
from inference.errors import EngineError, EngineNotReady
from inference.events import Message
from inference.nodes import ToolSpec

log = logging.getLogger(__name__)
Result = TypeVar("Result")

CONTEXT = 4096
BATCH = 31
"""Rows of one step. From 32 on the library computes with other code, which is wrong for some weights: on
Q4_1 a text's mean loss rises from 2.6 to 3.5 (docs/decisions/0009)."""
SEQUENCES = 64
"""Conversations and agents' heads with their tokens in the cache at once; others are put aside."""


class IkLlama:
    """`path` is the GGUF file, `context` the tokens of one conversation, `cells` those of all together."""

    def __init__(
        self,
        *,
        model: str = "default",
        capacity: int = 0,
        path: str = "",
        context: int = CONTEXT,
        cells: int = 0,
        threads: int = 0,
        keep_folder: str = "",
    ) -> None:
        self.info = EngineInfo(kind="ik_llama", role="chat", model=model, capacity=capacity)
        self._path = path
        self._window = context
        self._cells = cells or context * min(8, capacity or 4)
        self._threads = threads or model_threads()
        self._keep_folder = keep_folder
        self._numbers = itertools.count(1)
        self._loop: DecodeLoop | None = None

    async def load(self) -> None:
        """Read the weights, learn the template's ways, answer once."""
        self._kept = KeptFiles(Path(self._keep_folder) if self._keep_folder else None)
        self._weights = await asyncio.to_thread(Weights, self._path)
        try:
            source = self._weights.fact("tokenizer.chat_template")
            self._template = ChatTemplate(source, begin=self._weights.begin, end=self._weights.end)
            self._system_anywhere = self._places_system_anywhere()
            self._grammars = Grammars(self._weights)
            self._fingerprint = self._describe()
            self._window = min(self._window, self._weights.trained_context or self._window)
            self._context = await asyncio.to_thread(
                Context,
                self._weights,
                cells=max(self._cells, self._window),
                sequences=SEQUENCES,
                batch=BATCH,
                threads=self._threads,
            )
        except BaseException:
            self._weights.close()
            raise
        self._loop = DecodeLoop(self._context)
        try:
            async with self.stream() as stream, aclosing(stream.reply(_HELLO, (), ChatOptions(max_tokens=2))) as deltas:
                async for _ in deltas:
                    pass
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends replies in progress, frees the weights."""
        loop, self._loop = self._loop, None
        if loop is not None:
            await asyncio.to_thread(loop.close)
            await asyncio.to_thread(self._grammars.close)
            self._context.close()
            self._weights.close()

    async def warm(self, prefix: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Read an agent's head, or take it from the files an earlier run kept."""
        if not prefix:
            return
        tokens = self.head_tokens(prefix, tools)
        name = "head-" + hashlib.sha256(repr((self._fingerprint, tokens)).encode()).hexdigest()[:32]
        if await self._on_loop(lambda places: places.holds(name)):
            return
        state = await asyncio.to_thread(self._kept.get, name)
        if state and await self._restored(name, tokens, state):
            await self._on_loop(lambda places: places.put_aside(name))
            return
        await self.read(name, tokens)
        state = await self._on_loop(lambda places: places.state(name))
        await self._on_loop(lambda places: places.put_aside(name))
        try:
            if state:
                await asyncio.to_thread(self._kept.put, name, state)
        except OSError as error:
            log.warning("A KV cache could not be kept for the next start: %s", error)

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = (), tools: Sequence[ToolSpec] = ()) -> AsyncGenerator[IkStream]:
        stream = IkStream(self, f"chat-{next(self._numbers)}")
        try:
            yield stream
        finally:
            stream.stop_reading_ahead()
            if self._loop is not None:
                self._loop.forget(stream.name)

    # --- for the streams ------------------------------------------------------------------------

    @property
    def loop(self) -> DecodeLoop:
        if self._loop is None:
            raise EngineNotReady("The language model is not loaded.")
        return self._loop

    @property
    def weights(self) -> Weights:
        """Raises EngineNotReady once they are freed: the library would read what is no longer there."""
        if self._loop is None:
            raise EngineNotReady("The language model is not loaded.")
        return self._weights

    @property
    def window(self) -> int:
        """Tokens of one conversation, its reply included."""
        return self._window

    async def bind(self, options: ChatOptions) -> Bound | None:
        """What binds the reply, None when nothing does. Raises EngineError (`options`)."""
        if not (options.json_schema or options.grammar):
            return None
        return await asyncio.to_thread(self._grammars.bind, options)

    def prompt_tokens(self, messages: Sequence[Message], tools: Sequence[ToolSpec], room: int) -> list[int]:
        """The whole prompt. A history that leaves no `room` for the reply loses its oldest lines, not the call."""
        weights = self.weights
        kept = list(messages)
        while True:
            lines = chat_lines(kept, system_anywhere=self._system_anywhere)
            tokens = weights.tokens(self._template.render(lines, chat_tools(tools)))
            if len(tokens) + room <= self._window:
                return tokens
            log.warning("A prompt of %s lines and %s tokens is longer than the context", len(kept), len(tokens))
            kept = shortened(kept)

    def head_tokens(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[int]:
        """The prompt up to the last line's last word: what stays when more words come."""
        weights = self.weights
        lines = chat_lines(messages, system_anywhere=self._system_anywhere)
        return weights.tokens(self._template.beginning(lines, chat_tools(tools)))[: self._window]

    async def read(self, owner: str, tokens: list[int]) -> None:
        """Read `tokens` into the owner's cache; cancelling stops it, what was read stays."""
        if not tokens:
            return
        finished: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        tell = _teller(finished)
        request = Request(owner, tokens, 0, False, _nothing, _never, tell)
        try:
            self.loop.submit(request)
            await finished
        finally:
            request.stopped = True

    async def _restored(self, name: str, tokens: list[int], state: bytes) -> bool:
        return await self._on_loop(lambda places: places.restore(name, tokens, state))

    async def _on_loop(self, work: Callable[[Places], Result]) -> Result:
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        tell = _teller(answer)
        loop = self.loop

        def run() -> None:
            try:
                tell(work(loop.places))
            except Exception:
                log.exception("A KV cache could not be handed over")
                tell(EngineError("The language model could not hand over a KV cache."))

        loop.call(run)
        return await answer

    def _describe(self) -> str:
        """All that a kept cache depends on beside the tokens."""
        weights = Path(self._path).stat()
        return f"{Path(self._path).name} {weights.st_size} {weights.st_mtime_ns} {version('ik-llama-cpp-python')}"

    def _places_system_anywhere(self) -> bool:
        """Whether the template writes a system message that stands after the first line, as such."""
        try:
            return keeps_system_in_place(self._template.render(chat_lines(PROBE, system_anywhere=True)))
        except EngineError:
            return False


_HELLO = (Message("user", "Hello"),)


class IkStream:
    """One conversation's use of the model. One request at a time: a reply ends the reading ahead before it."""

    def __init__(self, model: IkLlama, name: str) -> None:
        self.name = name
        self._model = model
        self._ahead: asyncio.Task[None] | None = None

    @property
    def window(self) -> int:
        return self._model.window

    def count(self, text: str) -> int:
        return len(self._model.weights.tokens(text))

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        """Raises EngineError. Closing it stops the work: at most the step in hand is finished."""
        self.stop_reading_ahead()
        model = self._model
        tokens = model.prompt_tokens(messages, tools, room=min(options.max_tokens, _LEAST_ROOM))
        outgoing: asyncio.Queue[str | Finished | Exception] = asyncio.Queue()  # bounded by max_tokens
        text = ReplyText(options.stop, calls=bool(tools))
        writer = _Writer(model.weights, options, await model.bind(options), text, _putter(outgoing))
        # The library does not stop at the window's end: past it, words make no sense and others lose their place.
        limit = min(options.max_tokens, model.window - len(tokens))
        urgent = not options.background
        request = Request(
            self.name,
            tokens,
            limit,
            urgent,
            writer.choose,
            writer.take,
            writer.done,
            background=options.background,
            awaited=options.awaited,
            held=options.held,
        )
        loop = model.loop
        try:
            loop.submit(request)
            while not isinstance(item := await outgoing.get(), Finished):
                if isinstance(item, Exception):
                    raise item
                yield TextDelta(item)
        finally:
            request.stopped = True
        if rest := text.end():
            yield TextDelta(rest)
        for number, (name, arguments) in enumerate(text.requests()):
            yield ToolRequest(f"{self.name}-{len(tokens)}-{number}", name, arguments)
        yield Usage(len(tokens), item.cached, item.written)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Read ahead what stays of the prompt when more words come; the newest wish replaces the one before."""
        self.stop_reading_ahead()
        tokens = self._model.head_tokens(messages, tools)
        self._ahead = asyncio.create_task(self._model.read(self.name, tokens))
        try:
            await self._ahead
        except asyncio.CancelledError:
            # Either we were cancelled, or a newer request ended this one: then it simply is over.
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                self.stop_reading_ahead()
                raise

    def stop_reading_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()


_LEAST_ROOM = 256
"""Tokens of the window that a prompt leaves for the reply."""


class _Writer:
    """One reply's tokens: chosen, turned into text, handed to the event loop. Runs on the loop's thread."""

    def __init__(
        self,
        weights: Weights,
        options: ChatOptions,
        bound: Bound | None,
        text: ReplyText,
        put: Callable[[str | Finished | Exception], None],
    ) -> None:
        self._weights = weights
        self._temperature = options.temperature
        self._random = np.random.default_rng(options.seed)
        self._bound = bound
        self._text = text
        self._put = put

    def choose(self, scores: Scores) -> int:
        allowed = self._bound.allowed() if self._bound is not None else None
        token = choose(scores, self._temperature, self._random, allowed)
        return -1 if token < 0 or self._weights.ends(token) else token

    def take(self, token: int) -> bool:
        if certain := self._text.add(self._weights.piece(token)):
            self._put(certain)
        if self._text.stopped:
            return False
        return self._bound is None or self._bound.accept(token)

    def done(self, outcome: Finished | EngineError) -> None:
        self._put(outcome)


def _putter(queue: asyncio.Queue[str | Finished | Exception]) -> Callable[[str | Finished | Exception], None]:
    """`queue.put_nowait` for another thread."""
    loop = asyncio.get_running_loop()

    def put(item: str | Finished | Exception) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is gone: nobody waits
            loop.call_soon_threadsafe(queue.put_nowait, item)

    return put


def _teller(future: asyncio.Future[Result]) -> Callable[[Result | EngineError], None]:
    """`future.set_result` for another thread."""
    loop = asyncio.get_running_loop()

    def settle(outcome: Result | EngineError) -> None:
        if future.done():
            return
        if isinstance(outcome, EngineError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def tell(outcome: Result | EngineError) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, outcome)

    return tell


def _nothing(_scores: Scores) -> int:
    return -1


def _never(_token: int) -> bool:
    return False
