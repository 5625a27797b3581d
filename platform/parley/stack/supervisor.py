"""Start a handful of processes, gate on their readiness, restart what crashes, stop all of them.

Every child leads a process group of its own, so a Ctrl-C in the terminal reaches the supervisor
alone and stopping a child takes its own children with it. `guard.py` ends them when the supervisor
itself is killed. Output goes straight to the child's log file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from parley.stack.errors import StackError
from parley.stack.logs import rotate, tail
from parley.stack.report import Report

ROTATE_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    argv: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]] | None = None
    """Asked five times a second until true."""
    says: str = ""
    """Ready when its log holds these words: for a program that listens on nothing. With neither: as soon as it runs."""
    ready_timeout: float = 120.0
    hint: str = ""
    """What to do when it does not come up."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of its own, beside those of all."""
    descriptors: tuple[int, ...] = ()
    """Open files that it is given, under the same numbers: a socket that goes on listening while it is started again."""
    drains: float | None = None
    """Seconds it takes SIGTERM to end what it is doing; it is stopped before all that do not. SIGINT ends it at once."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds before the n-th restart in a row: first, doubling, at most `limit`; a run of `calm` seconds starts over."""

    first: float = 0.5
    limit: float = 30.0
    calm: float = 60.0

    def delay(self, restarts: int) -> float:
        return float(min(self.limit, self.first * 2**restarts))


@dataclass(slots=True)
class _Running:
    program: Program
    process: asyncio.subprocess.Process | None = None
    started: float = 0.0
    log_from: int = 0
    restarts: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)


class Guard:
    """The pipe to `guard.py`."""

    def __init__(self, *, cwd: Path, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def add(self, pid: int, *, group: bool = True, signal_number: int = signal.SIGTERM) -> None:
        self._write({"add": pid, "group": group, "signal": int(signal_number)})

    def drop(self, pid: int) -> None:
        self._write({"drop": pid})

    def set_last(self, argv: Sequence[str]) -> None:
        """The command to run when everything has ended; an empty one for none."""
        self._write({"last": list(argv)})

    def _write(self, order: dict[str, int | bool | list[str]]) -> None:
        stream = self._process.stdin
        if stream is not None:
            # A guard that was killed by hand costs its protection, never the calls that are running.
            with contextlib.suppress(BrokenPipeError):
                stream.write(json.dumps(order).encode() + b"\n")
                stream.flush()

    def close(self) -> None:
        """An orderly end: whoever calls this has stopped its children and cleans up itself."""
        self.set_last([])
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()


class Supervisor:
    """Use as an async context manager: leaving it stops every child, newest first."""

    def __init__(
        self,
        *,
        cwd: Path,
        env: Mapping[str, str],
        log_dir: Path,
        report: Report,
        backoff: Backoff | None = None,
        stop_timeout: float = 8.0,
    ) -> None:
        self._cwd = cwd
        self._env = dict(env)
        self._log_dir = log_dir
        self._report = report
        self._backoff = backoff or Backoff()
        self._stop_timeout = stop_timeout
        self._running: dict[str, _Running] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.guard = Guard(cwd=cwd, env=env)

    async def __aenter__(self) -> Supervisor:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        self._tasks.append(asyncio.create_task(self._rotate(), name="rotate-logs"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def log_path(self, name: str) -> Path:
        return self._log_dir / f"{name}.log"

    def pid(self, name: str) -> int:
        """Process id of a child that runs now; KeyError when it does not."""
        process = self._running[name].process
        if process is None or process.returncode is not None:
            raise KeyError(name)
        return process.pid

    async def start(self, program: Program) -> None:
        """Start and wait until it is ready. Raises StackError when it ends or dawdles before that."""
        running = _Running(program)
        self._running[program.name] = running
        await self._spawn(running)
        await self._first_ready(running)
        self._tasks.append(asyncio.create_task(self._keep(running), name=f"keep-{program.name}"))

    async def wait_ready(self, name: str) -> None:
        """Returns when the child is up (again)."""
        await self._running[name].up.wait()

    async def stop(self) -> None:
        """SIGTERM to every group at once, SIGKILL to what is left after the grace.

        What drains goes first: it needs the others until it is done.
        """
        if self._stopping:
            return
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for drains in (True, False):
            ending = [each for each in self._running.values() if (each.program.drains is not None) is drains]
            await asyncio.gather(*(self._end(running) for running in reversed(ending)))
        self.guard.close()

    # --- one child ---------------------------------------------------------------------------

    async def _spawn(self, running: _Running) -> None:
        program = running.program
        path = self.log_path(program.name)
        rotate(path)
        with path.open("ab") as log:
            running.log_from = log.tell()
            try:
                process = await asyncio.create_subprocess_exec(
                    *program.argv,
                    cwd=self._cwd,
                    env=self._env | dict(program.env),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=program.descriptors,
                )
            except OSError as error:
                raise StackError("child_not_startable", f"{program.name} cannot be started: {error}") from error
        running.process = process
        running.started = time.monotonic()
        # The guard's grace is short: nobody waits for a drain when the supervisor is gone.
        self.guard.add(process.pid, signal_number=signal.SIGTERM if program.drains is None else signal.SIGINT)

    async def _first_ready(self, running: _Running) -> None:
        program = running.program
        outcome = await self._wait_ready(running)
        if outcome == "ready":
            running.up.set()
            return
        process = running.process
        if outcome == "ended" and process is not None:
            message = f"{program.name} ended while starting ({_how(process.returncode)})."
        else:
            message = f"{program.name} was not ready within {program.ready_timeout:.0f} s."
        if program.hint:
            message += f" {program.hint}"
        message += f" Its log: {self.log_path(program.name)}"
        raise StackError("child_not_ready", message, details=self._tail(running))

    async def _wait_ready(self, running: _Running) -> str:
        """ "ready", "ended" or "late"."""
        process = running.process
        assert process is not None
        limit = time.monotonic() + running.program.ready_timeout
        while time.monotonic() < limit:
            if process.returncode is not None:
                return "ended"
            if await self._is_ready(running):
                return "ready"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), timeout=0.2)
        return "late"

    async def _is_ready(self, running: _Running) -> bool:
        program = running.program
        if program.ready is not None:
            return await program.ready()
        return program.says in tail(self.log_path(program.name), since=running.log_from, lines=1000)

    async def _keep(self, running: _Running) -> None:
        """Restart a child whenever it ends by itself, with back-off, and say so."""
        name = running.program.name
        while True:
            process = running.process
            assert process is not None
            code = await process.wait()
            running.up.clear()
            self._sweep(process.pid)
            if time.monotonic() - running.started >= self._backoff.calm:
                running.restarts = 0
            delay = self._backoff.delay(running.restarts)
            running.restarts += 1
            self._report.say(f"{name} died ({_how(code)}). Starting it again in {delay:g} s.", "bad")
            details = self._tail(running)
            if details:
                self._report.say(f"{details}\n(the end of {self.log_path(name)})", "detail")
            await asyncio.sleep(delay)
            try:
                await self._spawn(running)
            except StackError as error:
                self._report.say(error.message, "bad")
                continue
            outcome = await self._wait_ready(running)
            if outcome == "ready":
                running.up.set()
                self._report.say(f"{name} is back.", "good")
            elif outcome == "late":
                self._report.say(f"{name} runs but is not ready yet; see {self.log_path(name)}", "warn")

    def _sweep(self, group: int) -> None:
        """End what a dead child left in its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        self.guard.drop(group)

    async def _end(self, running: _Running) -> None:
        process = running.process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), timeout=self._stop_timeout + (running.program.drains or 0.0))
        except TimeoutError:
            self._report.say(f"{running.program.name} does not stop; ending it.", "warn")
        self._sweep(process.pid)
        await process.wait()

    def _tail(self, running: _Running) -> str:
        return tail(self.log_path(running.program.name), since=running.log_from)

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(ROTATE_EVERY)
            for name in self._running:
                rotate(self.log_path(name))


def _how(code: int | None) -> str:
    """An exit status in words: "exit code 1", "SIGKILL"."""
    if code is None:
        return "unknown"
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
