"""Breaks a private stack on purpose, one part after the other. Only processes that the stack itself started are touched."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from parley.embedded import Embedded, embedded
from parley.servers import postgres, valkey
from parley.stack.stack import Stack

Breaker = Callable[[], Awaitable[None]]


class Breaking:
    def __init__(self, stack: Stack, freeze_seconds: float) -> None:
        self._stack = stack
        self._freeze_seconds = freeze_seconds
        self._place: Embedded = embedded(stack.options.var)

    def all(self) -> list[tuple[str, Breaker]]:
        """(what happens, how), each over when its coroutine returns."""
        return [
            ("web process killed (kill -9)", self._kill_web),
            ("task worker killed (kill -9)", self._kill_tasks),
            ("Valkey killed and started empty", self._restart_valkey),
            ("PostgreSQL killed and restarted", self._restart_postgres),
            (f"PostgreSQL frozen for {self._freeze_seconds:.0f} s", self._freeze_postgres),
        ]

    async def _kill_web(self) -> None:
        await self._kill("web")

    async def _kill_tasks(self) -> None:
        await self._kill("celery")

    async def _kill(self, name: str) -> None:
        killed = self._stack.supervisor.pid(name)
        os.kill(killed, signal.SIGKILL)
        while self._pid(name) in (0, killed):  # noqa: ASYNC110 -- a process tells nobody that it was started
            await asyncio.sleep(0.05)
        await self._stack.supervisor.wait_ready(name)

    def _pid(self, name: str) -> int:
        """0 while it does not run."""
        try:
            return self._stack.supervisor.pid(name)
        except KeyError:
            return 0

    async def _restart_valkey(self) -> None:
        pid = int((self._place.run / "valkey.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(valkey.ensure_running, self._place)

    async def _restart_postgres(self) -> None:
        pid = postgres.running_pid(self._place)
        if pid is not None:
            os.kill(pid, signal.SIGQUIT)  # No checkpoint, no goodbye: the next start recovers.
        await asyncio.sleep(1.0)
        await asyncio.to_thread(postgres.ensure_running, self._place)

    async def _freeze_postgres(self) -> None:
        pid = postgres.running_pid(self._place)
        if pid is None:
            return
        # The postmaster first: it would start another child for one that seems gone.
        frozen = [pid, *_children(pid)]
        for each in frozen:
            _signal(each, signal.SIGSTOP)
        try:
            await asyncio.sleep(self._freeze_seconds)
        finally:
            for each in reversed(frozen):
                _signal(each, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
