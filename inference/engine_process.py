"""`python -m inference.engine_process --fd N`: one engine in a process of its own, for the worker that started it.

It runs in the environment that the engine's libraries need and serves the socket it was given; when
that closes, the worker is gone and this process ends. The other side is `inference.engines.apart`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from typing import Any, assert_never, cast

# Before numpy is loaded: its threads wait by spinning, on cores that the models need.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from inference.engines import registry
from inference.engines.apart_wire import (
    CREDIT,
    AskReply,
    Cancel,
    Clause,
    Done,
    Down,
    Feed,
    Frames,
    LaneReport,
    Learn,
    Load,
    Loaded,
    More,
    NoMoreClauses,
    OpenChat,
    OpenEar,
    Opened,
    Prefill,
    Reset,
    Said,
    Speak,
    Spoke,
    ToolAsked,
    Understand,
    Understood,
    Up,
    Used,
    Waiting,
    WantClause,
    Warm,
    failure,
    options_of,
    up_decoder,
)
from inference.engines.base import (
    ChatModel,
    ChatStream,
    CountsTokens,
    Engine,
    EngineRole,
    LearnsVoices,
    Synthesizer,
    TextDelta,
    ToolRequest,
    Transcriber,
    TranscriberStream,
    Usage,
)
from inference.errors import EngineError, EngineNotReady, ParleyError
from inference.lanes import LANES

log = logging.getLogger(__name__)

CLOSE_SECONDS = 10.0
"""An engine that cannot be closed in this time dies with its process."""


@dataclass(slots=True)
class _Ear:
    """A recogniser's stream, or what is to be done as soon as there is one."""

    stream: TranscriberStream | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    early: list[Callable[[TranscriberStream], None]] = field(default_factory=list)

    def do(self, act: Callable[[TranscriberStream], None]) -> None:
        if self.stream is None:
            self.early.append(act)
        else:
            act(self.stream)


@dataclass(slots=True)
class _Items:
    """What one call sends: how much of it may still go, and what it is told meanwhile."""

    credit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CREDIT))
    clauses: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(2))
    awaited: bool = True
    held: bool = False


class EngineServer:
    """Runs what the worker asks of one engine. `send` never blocks."""

    def __init__(self, send: Callable[[Down], None]) -> None:
        self._send = send
        self._engine: Engine | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._items: dict[int, _Items] = {}
        self._chats: dict[int, ChatStream] = {}
        self._ears: dict[int, _Ear] = {}
        self._later: list[Up] = []
        self._paused = False
        self._processor = time.process_time()

    def received(self, message: Up) -> None:
        if self._paused:
            self._later.append(message)
            return
        self._handle(message)
        if isinstance(message, Understand):
            # It reads the audio that was fed before it: nothing is fed until it has begun, one step from now.
            self._paused = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        self._paused = False
        waiting, self._later = self._later, []
        for message in waiting:
            self.received(message)

    async def close(self) -> None:
        """End every call, then the engine."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._engine is not None:
            await self._engine.close()

    def _handle(self, message: Up) -> None:
        match message:
            case Load():
                self._run(message.call, self._load(message))
            case Cancel(call=call):
                task = self._tasks.get(call)
                if task is not None:
                    task.cancel()
            case More(call=call, count=count):
                if (items := self._items.get(call)) is not None:
                    for _ in range(count):
                        items.credit.release()
            case OpenChat():
                self._run(message.call, self._hold_chat(message))
            case Warm(call=call, prefix=prefix, more=more):
                self._run(call, self._warm(prefix, more))
            case Prefill():
                self._run(message.call, self._prefill(message))
            case AskReply():
                items = self._items[message.call] = _Items(awaited=message.awaited, held=message.held)
                self._run(message.call, self._reply(message, items))
            case Waiting(call=call):
                if (items := self._items.get(call)) is not None:
                    items.awaited, items.held = message.awaited, message.held
            case OpenEar(call=call):
                self._ears[call] = ear = _Ear()
                self._run(call, self._hold_ear(message, ear))
            case Feed(stream=stream, pcm=pcm):
                if (ear_ := self._ears.get(stream)) is not None:
                    ear_.do(lambda each: each.feed(np.frombuffer(pcm, np.int16)))
            case Reset(stream=stream):
                if (ear_ := self._ears.get(stream)) is not None:
                    ear_.do(lambda each: each.reset())
            case Understand():
                self._run(message.call, self._understand(message))
            case Speak():
                items = self._items[message.call] = _Items()
                self._run(message.call, self._speak(message, items))
            case Learn(call=call, name=name, sample=sample):
                self._run(call, self._learn(name, sample))
            case Clause(call=call, text=text):
                if (items := self._items.get(call)) is not None:
                    items.clauses.put_nowait(text)
            case NoMoreClauses(call=call):
                if (items := self._items.get(call)) is not None:
                    items.clauses.put_nowait(None)
            case _ as never:
                assert_never(never)

    # --- calls --------------------------------------------------------------------------------

    def _run(self, call: int, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[call] = task
        task.add_done_callback(lambda done: self._ended(call, done))

    def _ended(self, call: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(call, None)
        self._items.pop(call, None)
        self._report_lanes()
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._send(Done(call))
            return
        if not isinstance(error, ParleyError):
            log.error("The engine failed.", exc_info=error)
        self._send(failure(call, error))

    def _report_lanes(self) -> None:
        """Before the call's end: whoever measures the call finds what it cost."""
        spent, self._processor = time.process_time() - self._processor, time.process_time()
        for name, lane in LANES.items():
            use = lane.drain()
            if use.served or use.waits:
                self._send(LaneReport(name, use.busy, use.served, use.waits, spent))
                spent = 0.0

    async def _load(self, message: Load) -> None:
        # This process is the engine's own: here it is made for what it is, not apart again.
        make = registry.maker(cast(EngineRole, message.role), message.kind)
        engine = await asyncio.to_thread(make, message.settings)
        await engine.load()
        self._engine = engine
        self._send(Loaded(message.call, engine.info))

    def _loaded(self) -> Engine:
        if self._engine is None:
            raise EngineNotReady("The engine is not loaded.")
        return self._engine

    # --- language model -----------------------------------------------------------------------

    async def _hold_chat(self, message: OpenChat) -> None:
        model = cast(ChatModel, self._loaded())
        opening = cast(Callable[..., AbstractAsyncContextManager[ChatStream]], model.stream)
        async with opening(message.prefix, **message.more) as stream:
            self._chats[message.call] = stream
            try:
                self._send(Opened(message.call, stream.window if isinstance(stream, CountsTokens) else 0))
                await asyncio.Event().wait()  # until it is cancelled
            finally:
                del self._chats[message.call]

    async def _warm(self, prefix: tuple[Any, ...], more: dict[str, str]) -> None:
        warm = cast(Callable[..., Awaitable[None]], cast(ChatModel, self._loaded()).warm)
        await warm(prefix, **more)

    async def _prefill(self, message: Prefill) -> None:
        await self._chat(message.stream).prefill(message.messages, message.tools)

    async def _reply(self, message: AskReply, items: _Items) -> None:
        options = options_of(message.options, lambda: items.awaited, lambda: items.held)
        call = message.call
        async with aclosing(self._chat(message.stream).reply(message.messages, message.tools, options)) as deltas:
            async for delta in deltas:
                await items.credit.acquire()
                match delta:
                    case TextDelta(text=text):
                        self._send(Said(call, text))
                    case ToolRequest():
                        self._send(ToolAsked(call, delta.call, delta.name, delta.arguments))
                    case Usage():
                        self._send(Used(call, delta.prompt_tokens, delta.cached_tokens, delta.reply_tokens))

    def _chat(self, stream: int) -> ChatStream:
        chat = self._chats.get(stream)
        if chat is None:
            raise EngineError("This stream is closed.")
        return chat

    # --- recognition --------------------------------------------------------------------------

    async def _hold_ear(self, message: OpenEar, ear: _Ear) -> None:
        try:
            async with cast(Transcriber, self._loaded()).stream(message.options) as stream:
                ear.stream = stream
                for act in ear.early:
                    act(stream)
                ear.early.clear()
                ear.opened.set()
                self._send(Opened(message.call))
                await asyncio.Event().wait()  # until it is cancelled
        finally:
            del self._ears[message.call]

    async def _understand(self, message: Understand) -> None:
        ear = self._ears.get(message.stream)
        if ear is None:
            raise EngineError("This stream is closed.")
        if ear.stream is None:
            await ear.opened.wait()
        assert ear.stream is not None
        known = await (ear.stream.final() if message.final else ear.stream.partial())
        self._send(
            Understood(
                message.call,
                known.text,
                known.confidence,
                known.no_speech,
                known.language,
                known.language_probability,
            )
        )

    # --- speech -------------------------------------------------------------------------------

    async def _speak(self, message: Speak, items: _Items) -> None:
        voice = cast(Synthesizer, self._loaded())
        async with (
            aclosing(self._clauses(message.call, items)) as clauses,
            aclosing(voice.speak(clauses, message.voice)) as speech,
        ):
            async for piece in speech:
                await items.credit.acquire()
                self._send(Spoke(message.call, piece.frame.pcm, piece.frame.rate, piece.text, piece.words))

    async def _learn(self, name: str, sample: bytes) -> None:
        voice = self._loaded()
        if not isinstance(voice, LearnsVoices):
            raise EngineError("This engine learns no voices.", code="voice_sample")
        await voice.learn(name, sample)

    async def _clauses(self, call: int, items: _Items) -> AsyncGenerator[str]:
        while (text := await items.clauses.get()) is not None:
            yield text
            self._send(WantClause(call))


async def serve(connection: socket.socket) -> None:
    """Until the worker closes its end."""
    over = asyncio.Event()
    server = EngineServer(lambda message: frames.send(message))
    frames: Frames[Up] = Frames(up_decoder, server.received, over.set)
    await asyncio.get_running_loop().create_unix_connection(lambda: frames, sock=connection)
    await over.wait()
    # Whoever waited is gone; a library that does not come back from closing must not keep its memory.
    last = threading.Timer(CLOSE_SECONDS, os._exit, args=(1,))
    last.daemon = True
    last.start()
    await server.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m inference.engine_process", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the socket to the worker, inherited from it")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(serve(socket.socket(fileno=arguments.fd)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
