"""One life of an engine's process: from its start to its end, and what is asked of it meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from inference.engines.apart_wire import (
    CREDIT,
    Cancel,
    Done,
    Down,
    Failed,
    Frames,
    LaneReport,
    More,
    Up,
    WantClause,
    down_decoder,
    error_of,
)
from inference.errors import EngineError, EngineNotReady
from inference.lanes import LANES, PROCESSOR, LaneUse

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
CONFIRM_SECONDS = 10.0
"""A process that does not confirm a cancelled call in this time is stuck: it is ended, and started anew."""
CLOSE_SECONDS = 15.0
MOST_BACKLOG = 8 << 20
"""More than this that the process has not read, and it is stuck."""
EXTRA_PATH: tuple[str, ...] = ()
"""Further places where the process finds Python packages."""
_PRIVATE = ("TOKEN", "SECRET", "PASSWORD", "DATABASE_URL", "REDIS_URL", "SENTRY")
"""Parts of the names of variables that an engine has no business with."""


class Call:
    """One question's answers, in order. `ended` once the process has said that nothing of it runs any more."""

    def __init__(self, life: Life, number: int) -> None:
        self.number = number
        self.over = asyncio.Event()
        self.wants_clause = asyncio.Event()
        self._life = life
        self._items: deque[Down] = deque()
        self._changed = asyncio.Event()
        self._error: Exception | None = None
        self._taken = 0

    def take(self, message: Down) -> None:
        """What came for this call."""
        match message:
            case Done():
                self.over.set()
            case Failed():
                self._error = self._error or error_of(message)
                self.over.set()
            case WantClause():
                self.wants_clause.set()
            case _:
                self._items.append(message)
        self._changed.set()

    def fail(self, error: Exception) -> None:
        """Its reader gets this error, after what has come before."""
        self._error = self._error or error
        self._changed.set()

    async def next(self) -> Down | None:
        """The next answer, or None at the end. Raises EngineError, or what the call was failed with."""
        while not self._items:
            if self._error is not None:
                raise self._error
            if self.over.is_set():
                return None
            self._changed.clear()
            await self._changed.wait()
        self._taken += 1
        if self._taken >= CREDIT // 2:
            self._life.send(More(self.number, self._taken))
            self._taken = 0
        return self._items.popleft()


class Life:
    """Make one with `begin`. `lost` is set when the process is gone, for whatever reason."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.lost = asyncio.Event()
        self._process = process
        self._numbers = itertools.count(1)
        self._calls: dict[int, Call] = {}
        self._frames: Frames[Down] = Frames(down_decoder, self._received, self._gone)

    @classmethod
    async def begin(cls, python: Path, environ: Mapping[str, str] = os.environ) -> Life:
        """Start `python -m inference.engine_process`. Raises EngineError when there is no such Python."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                str(python),
                "-m",
                "inference.engine_process",
                "--fd",
                str(theirs.fileno()),
                cwd=ROOT,
                env=_environment(environ),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                # A group of its own: Ctrl-C is the worker's to answer, and helpers of the engine end with it.
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise EngineError(f"{python} cannot be started: {error.strerror}.") from error
        finally:
            theirs.close()
        life = cls(process)
        await asyncio.get_running_loop().create_unix_connection(lambda: life._frames, sock=ours)  # noqa: SLF001
        return life

    @property
    def alive(self) -> bool:
        return not self.lost.is_set()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: Up) -> None:
        """Never blocks; what comes too late is dropped."""
        if self._frames.backlog > MOST_BACKLOG:
            log.error("The engine's process %s reads nothing any more; it is ended.", self.pid)
            self.kill()
            return
        self._frames.send(message)

    @asynccontextmanager
    async def ask(self, question: Callable[[int], Up]) -> AsyncGenerator[Call]:
        """Ask `question(number)`. At the end the call is cancelled, unless it is over, and that is waited for."""
        if not self.alive:
            raise EngineNotReady("The engine's process is gone; it is being started again.")
        call = Call(self, next(self._numbers))
        self._calls[call.number] = call
        try:
            self.send(question(call.number))
            yield call
        finally:
            try:
                if not call.over.is_set():
                    self.send(Cancel(call.number))
                    await self._confirmed(call)
            finally:
                self._calls.pop(call.number, None)

    async def run(self, question: Callable[[int], Up]) -> Down | None:
        """The only answer of a call, None when it has none. Raises EngineError."""
        async with self.ask(question) as call:
            answer = await call.next()
            while await call.next() is not None:
                pass
        return answer

    async def close(self) -> None:
        """Let it close its engine; end it when that takes too long."""
        self._frames.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            log.warning("The engine's process %s did not close in %s s.", self.pid, CLOSE_SECONDS)
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """End it and its helpers at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._frames.close()

    async def ended(self) -> int:
        """Wait for its end; the exit status."""
        await self.lost.wait()
        self.kill()  # it may have closed its socket and live on
        return await self._process.wait()

    async def _confirmed(self, call: Call) -> None:
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await call.over.wait()
        except TimeoutError:
            log.error("The engine's process %s did not stop what was cancelled; it is ended.", self.pid)
            self.kill()

    def _received(self, message: Down) -> None:
        if isinstance(message, LaneReport):
            use = LaneUse(message.busy, message.served, message.waits)
            LANES[message.lane].elsewhere(use)
            PROCESSOR.elsewhere(message.processor)
            return
        call = self._calls.get(message.call)
        if call is not None:
            call.take(message)

    def _gone(self) -> None:
        self.lost.set()
        for call in self._calls.values():
            call.fail(EngineNotReady("The engine's process is gone; it is being started again."))
            call.over.set()


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the process may know: no secret, and no hint of the worker's own Python."""
    kept = {
        name: value
        for name, value in environ.items()
        if not any(part in name.upper() for part in _PRIVATE) and name not in ("VIRTUAL_ENV", "PYTHONHOME")
    }
    return kept | {"PYTHONPATH": os.pathsep.join((str(ROOT), *EXTRA_PATH)), "PYTHONUNBUFFERED": "1"}
