"""Engines whose libraries need an environment of their own: the same Protocols, served by a child process.

`PARLEY_VENV_<KIND>=/path/to/venv` makes `registry.create` give one of these for that kind. Closing or
cancelling a use is a message that aborts it over there, and is waited for. When the process dies,
whoever uses it gets EngineNotReady, it is started again with growing pauses, and what was resident
is made so again. The other side is `inference.engine_process`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from inference.audio import AudioFrame, Samples
from inference.engines.apart_life import Call, Life
from inference.engines.apart_wire import (
    AskReply,
    Clause,
    Feed,
    Learn,
    Load,
    Loaded,
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
    Used,
    Waiting,
    Warm,
    plain,
)
from inference.engines.base import (
    AsrOptions,
    ChatDelta,
    ChatOptions,
    EngineInfo,
    EngineRole,
    Speech,
    TextDelta,
    ToolRequest,
    Transcript,
    Usage,
    always,
    estimated_tokens,
    never,
)
from inference.errors import EngineError, EngineNotReady, ParleyError, UnknownEngine
from inference.events import Message
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec

log = logging.getLogger(__name__)

FIRST_REST_SECONDS = 0.5
LONGEST_REST_SECONDS = 30.0
GOOD_LIFE_SECONDS = 60.0
"""A process that lived this long had no lasting trouble: the pauses begin anew."""
LOOK_SECONDS = 0.002
"""How often it is asked whether somebody waits for a reply by now: that much later the engine knows."""
MOST_RESIDENT = 64
"""Prefixes that are warmed again after a restart."""


class Apart:
    """What the three have in common: a process that is there, or is being started again."""

    role: EngineRole

    def __init__(self, kind: str, settings: Mapping[str, str | int | float], python: Path) -> None:
        self.info = EngineInfo(
            kind=kind,
            role=self.role,
            model=str(settings.get("model", kind)),
            capacity=int(settings.get("capacity", 0)),
        )
        self._settings = dict(settings)
        self._python = python
        self._life: Life | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Start the process and load the engine in it. Raises EngineError with what it said."""
        self._life = await self._begin()
        self._keeper = asyncio.create_task(self._keep(self._life), name=f"{self.info.kind} apart")

    async def close(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        life, self._life = self._life, None
        if life is not None:
            await life.close()

    def life(self) -> Life:
        """The process as it is now. Raises EngineNotReady while there is none."""
        if self._life is None or not self._life.alive:
            raise EngineNotReady(f"The process of {self.info.model} is not running; it is started again by itself.")
        return self._life

    async def restored(self, life: Life) -> None:
        """A new process took the place of one that died."""

    async def _begin(self) -> Life:
        life = await Life.begin(self._python)
        try:
            loaded = await life.run(lambda call: Load(call, self.role, self.info.kind, self._settings))
        except ParleyError as error:
            await life.close()
            if isinstance(error, EngineNotReady):
                raise EngineError(
                    f"The process of {self.info.model} ended while it was loading: see its log above."
                ) from error
            raise
        except BaseException:
            life.kill()
            await life.ended()
            raise
        assert isinstance(loaded, Loaded)
        self.info = loaded.info
        log.info("%s runs in a process of its own (%s)", self.info.model, life.pid)
        return life

    async def _keep(self, life: Life) -> None:
        """Have a process running until this engine is closed."""
        rest = FIRST_REST_SECONDS
        while True:
            began = time.monotonic()
            status = await life.ended()
            log.error("The process of %s ended (status %s).", self.info.model, status)
            if time.monotonic() - began > GOOD_LIFE_SECONDS:
                rest = FIRST_REST_SECONDS
            while True:
                await asyncio.sleep(rest)
                rest = min(2 * rest, LONGEST_REST_SECONDS)
                try:
                    life = await self._begin()
                    await self.restored(life)
                except ParleyError as error:
                    log.error("%s could not be started again: %s", self.info.model, error.message)
                    continue
                self._life = life
                break


# --- language model -----------------------------------------------------------------------------


class ApartChat(Apart):
    role: EngineRole = "chat"

    def __init__(self, kind: str, settings: Mapping[str, str | int | float], python: Path) -> None:
        super().__init__(kind, settings, python)
        self._resident: OrderedDict[tuple[tuple[Message, ...], tuple[tuple[str, str], ...]], None] = OrderedDict()
        self.density = 1.0
        """Tokens that the model counted for each that we would have guessed."""

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = (), **more: str) -> AsyncGenerator[ApartChatStream]:
        async with contextlib.AsyncExitStack() as open_calls:
            stream = ApartChatStream(self, tuple(prefix), more, open_calls)
            await stream.opened()
            yield stream

    async def warm(self, prefix: Sequence[Message], **more: str) -> None:
        await self.life().run(lambda call: Warm(call, tuple(prefix), more))
        key = (tuple(prefix), tuple(more.items()))
        self._resident[key] = None
        self._resident.move_to_end(key)
        if len(self._resident) > MOST_RESIDENT:
            self._resident.popitem(last=False)

    async def restored(self, life: Life) -> None:
        for prefix, more in self._resident:
            await life.run(partial(Warm, prefix=prefix, more=dict(more)))

    def learn(self, messages: Sequence[Message], tools: Sequence[ToolSpec], counted: int) -> None:
        """A prompt had `counted` tokens: what a token is here, in our guesses."""
        guessed = sum(estimated_tokens(line.text + line.arguments) for line in messages)
        guessed += sum(estimated_tokens(tool.name + tool.description + tool.parameters) for tool in tools)
        if guessed and counted:
            self.density = min(4.0, max(0.5, counted / guessed))


class ApartChatStream:
    """One conversation's use. It lasts beyond a death of the process: the next use opens it in the new one."""

    def __init__(
        self, model: ApartChat, prefix: tuple[Message, ...], more: dict[str, str], open_calls: contextlib.AsyncExitStack
    ) -> None:
        self._model = model
        self._prefix = prefix
        self._more = more
        self._open_calls = open_calls
        self._life: Life | None = None
        self._number = 0
        self._window = 0
        self._opening = asyncio.Lock()

    @property
    def window(self) -> int:
        return self._window or 2048

    def count(self, text: str) -> int:
        """A guess, by what the model counted in the prompts before: its own tokens are in the other process."""
        return int(estimated_tokens(text) * self._model.density) + 1

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        life, stream = await self.opened()
        awaited, held = options.awaited(), options.held()
        async with life.ask(
            lambda call: AskReply(call, stream, tuple(messages), tuple(tools), plain(options), awaited, held)
        ) as call:
            watching = None
            if options.awaited is not always or options.held is not never:
                watching = asyncio.create_task(_tell(life, call, options, awaited, held))
            try:
                while (item := await call.next()) is not None:
                    match item:
                        case Said(text=text):
                            yield TextDelta(text)
                        case ToolAsked():
                            yield ToolRequest(item.tool_call, item.name, item.arguments)
                        case Used():
                            self._model.learn(messages, tools, item.prompt_tokens)
                            yield Usage(item.prompt_tokens, item.cached_tokens, item.reply_tokens)
            finally:
                if watching is not None:
                    watching.cancel()

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        life, stream = await self.opened()
        await life.run(lambda call: Prefill(call, stream, tuple(messages), tuple(tools)))

    async def opened(self) -> tuple[Life, int]:
        """The process and this stream's number there. Raises EngineNotReady while there is none."""
        async with self._opening:
            life = self._model.life()
            if life is not self._life:
                call = await self._open_calls.enter_async_context(
                    life.ask(lambda number: OpenChat(number, self._prefix, self._more))
                )
                opened = await call.next()
                assert isinstance(opened, Opened)
                self._life, self._number, self._window = life, call.number, opened.window
            return life, self._number


async def _tell(life: Life, call: Call, options: ChatOptions, awaited: bool, held: bool) -> None:
    """Pass on what changes while a reply runs: who waits for it, and whether it is held."""
    while not call.over.is_set():
        await asyncio.sleep(LOOK_SECONDS)
        now = options.awaited(), options.held()
        if now != (awaited, held):
            awaited, held = now
            life.send(Waiting(call.number, awaited, held))


# --- recognition --------------------------------------------------------------------------------


class ApartTranscriber(Apart):
    role: EngineRole = "transcriber"

    @asynccontextmanager
    async def stream(self, options: AsrOptions) -> AsyncGenerator[ApartEar]:
        async with contextlib.AsyncExitStack() as open_calls:
            ear = ApartEar(self, options, open_calls)
            await ear.open()
            yield ear


class ApartEar:
    """One conversation's utterances. Of one that the process died in, the words are gone: EngineNotReady."""

    def __init__(self, model: ApartTranscriber, options: AsrOptions, open_calls: contextlib.AsyncExitStack) -> None:
        self._model = model
        self._options = options
        self._open_calls = open_calls
        self._life: Life | None = None
        self._number = 0
        self._whole = True
        """Everything of this utterance was fed to the process that is running."""

    async def open(self) -> None:
        life = self._model.life()
        call = await self._open_calls.enter_async_context(life.ask(lambda number: OpenEar(number, self._options)))
        await call.next()
        self._life, self._number = life, call.number

    def feed(self, samples: Samples) -> None:
        if self._life is not None and self._life.alive:
            self._life.send(Feed(self._number, samples.astype("<i2", copy=False).tobytes()))
        else:
            self._whole = False

    def reset(self) -> None:
        self._whole = True
        if self._life is not None:
            self._life.send(Reset(self._number))

    async def partial(self) -> Transcript:
        return await self._understand(final=False)

    async def final(self) -> Transcript:
        return await self._understand(final=True)

    async def _understand(self, *, final: bool) -> Transcript:
        life = self._life
        if life is None or not life.alive:
            self._whole = False
            await self.open()  # for the next utterance; raises while there is no process
        if not self._whole:
            raise EngineNotReady("The recogniser was started again in the middle of what was being said.")
        assert life is not None
        known = await life.run(lambda call: Understand(call, self._number, final))
        assert isinstance(known, Understood)
        return Transcript(known.text, known.confidence, known.no_speech, known.language, known.language_probability)


# --- speech -------------------------------------------------------------------------------------


class ApartVoice(Apart):
    role: EngineRole = "synthesizer"

    def __init__(self, kind: str, settings: Mapping[str, str | int | float], python: Path) -> None:
        super().__init__(kind, settings, python)
        self._learned: OrderedDict[str, bytes] = OrderedDict()

    async def learn(self, name: str, sample: bytes) -> None:
        """See `base.LearnsVoices`; what was learned is learned again after a restart."""
        if name in self._learned:
            self._learned.move_to_end(name)
            return
        await self.life().run(lambda call: Learn(call, name, sample))
        self._learned[name] = sample
        if len(self._learned) > MOST_RESIDENT:
            self._learned.popitem(last=False)

    async def restored(self, life: Life) -> None:
        for name, sample in self._learned.items():
            await life.run(partial(Learn, name=name, sample=sample))

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        life = self.life()
        async with life.ask(lambda call: Speak(call, voice)) as call:
            feeding = asyncio.create_task(_hand_over(life, call, clauses))
            try:
                while (item := await call.next()) is not None:
                    assert isinstance(item, Spoke)
                    yield Speech(AudioFrame(item.pcm, item.rate), item.text, item.words)
            finally:
                feeding.cancel()
                with suppress(asyncio.CancelledError):
                    await feeding


async def _hand_over(life: Life, call: Call, clauses: AsyncIterator[str]) -> None:
    """One clause at a time, as the voice is ready for it; what goes wrong with them is the listener's."""
    try:
        async for text in clauses:
            life.send(Clause(call.number, text))
            await call.wants_clause.wait()
            call.wants_clause.clear()
        life.send(NoMoreClauses(call.number))
    except Exception as error:  # noqa: BLE001 - it belongs to whoever listens
        call.fail(error)


_APART: dict[EngineRole, type[ApartChat | ApartTranscriber | ApartVoice]] = {
    "chat": ApartChat,
    "transcriber": ApartTranscriber,
    "synthesizer": ApartVoice,
}


def create(
    role: EngineRole, kind: str, settings: Mapping[str, str | int | float], venv: str
) -> ApartChat | ApartTranscriber | ApartVoice:
    """An engine of `kind` that will run with the Python of `venv`; not started. Raises UnknownEngine."""
    make = _APART.get(role)
    if make is None:
        raise UnknownEngine(f"A {role} cannot run in a process of its own.")
    # Not resolved: the link in bin/ is what makes it the environment's Python.
    python = Path(venv).expanduser().absolute() / "bin" / "python"
    if not python.exists():
        raise UnknownEngine(f"PARLEY_VENV_{kind.upper()} names {venv}, where there is no bin/python.")
    return make(kind, settings, python)
