"""One run: a private stack of two workers on fake engines, calls on both, one worker killed, then one asked to stop."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from channels_io.stress.run import OUTSIDE
from channels_io.stress.talkers import Talk, talk
from channels_io.stress.worker_figures import Figures, judge
from inference.client import worker_status
from parley.stack.report import Report
from parley.stack.stack import Stack, StackOptions

AGENTS = 6
ROOM = 6
"""Agents that a worker holds ready, the demo's counted: so few that not every worker holds every agent."""
RAMP_SECONDS = 10.0
DRAIN_SECONDS = 5
PLACED_SECONDS = 60.0
STOP_SECONDS = 60.0
_COUNTED = re.compile(r'^parley_(worker_turns|conversations_moved)_total\{\w+="(\w+)"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    calls: int = 30
    steady_seconds: float = 20.0
    """Of talk before the first fault, between the two, and after the second."""


async def run(var: Path, options: Options, report: Report) -> Figures:
    """Raises StackError; RuntimeError when the stack cannot be asked."""
    for name in OUTSIDE:
        os.environ.pop(name, None)
    env = {"PARLEY_RESIDENT_AGENTS": str(ROOM), "PARLEY_DRAIN_SECONDS": str(DRAIN_SECONDS)}
    wanted = StackOptions.private(var, background=True, env=env, local_workers=2)
    async with Stack(wanted, report) as stack:
        return await _Run(stack, options, report).all()


class _Run:
    def __init__(self, stack: Stack, options: Options, report: Report) -> None:
        self._stack = stack
        self._options = options
        self._report = report
        self._clock = asyncio.get_running_loop().time
        self._talks = [Talk(number) for number in range(options.calls)]

    async def all(self) -> Figures:
        await self._inside("make", str(AGENTS))
        await self._placed()
        tickets: list[str] = json.loads(await self._inside("tickets", str(self._options.calls)))
        stopped = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for each, ticket in zip(self._talks, tickets, strict=True):
                tasks.create_task(self._call(each, ticket, stopped))
            await asyncio.sleep(RAMP_SECONDS + self._options.steady_seconds)
            before, killed_at = await self._counted(), self._clock()
            await self._end("worker-2", signal.SIGKILL)
            self._report.say("worker-2 was killed", "warn")
            await asyncio.sleep(self._options.steady_seconds)
            drained_at = self._clock()
            stopped_after = await self._end("worker", signal.SIGTERM)
            self._report.say(f"worker stopped after {stopped_after:.1f} s", "warn")
            await asyncio.sleep(self._options.steady_seconds)
            counted = await self._counted()
            stopped.set()
        return judge(
            self._talks,
            killed_at=killed_at,
            drained_at=drained_at,
            stopped_after=stopped_after,
            counted=counted,
            before=before,
        )

    async def _call(self, each: Talk, ticket: str, stopped: asyncio.Event) -> None:
        await asyncio.sleep(RAMP_SECONDS * each.number / len(self._talks))
        await talk(each, self._stack.web_url.replace("http", "ws", 1), ticket, stopped, self._clock)

    async def _end(self, name: str, number: signal.Signals) -> float:
        """Seconds until the process has ended; it is started again by itself."""
        pid, began = self._stack.supervisor.pid(name), self._clock()
        os.kill(pid, number)

        def is_gone() -> bool:
            try:
                return self._stack.supervisor.pid(name) != pid
            except KeyError:
                return True

        await _until(is_gone, STOP_SECONDS)
        return self._clock() - began

    async def _placed(self) -> None:
        """Until every worker holds the agents that it is to hold."""
        token = (self._stack.options.var / "secrets" / "worker_token").read_text().strip()

        async def held() -> bool:
            statuses = [await worker_status(url, token) for url in self._stack.worker_urls]
            return all(status["ready"] and 0 < len(status["agents"]) <= ROOM for status in statuses)

        await _until_true(held, PLACED_SECONDS)

    async def _counted(self) -> dict[str, float]:
        async with httpx.AsyncClient(trust_env=False) as http:
            text = (await http.get(f"{self._stack.web_url}/metrics")).text
        counted = dict.fromkeys(("resident", "cold", "moved"), 0.0)
        return counted | {name: float(value) for _, name, value in _COUNTED.findall(text)}

    async def _inside(self, *arguments: str) -> str:
        """What the command answers inside the stack. Raises RuntimeError."""
        code, out, err = await self._stack.manage("stressworkers", "--inside", *arguments, timeout=120)
        if code != 0:
            raise RuntimeError(f"stressworkers --inside {arguments[0]} failed:\n{err[-2000:]}")
        return out.strip().splitlines()[-1]


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    async def asked() -> bool:
        return condition()

    await _until_true(asked, seconds)


async def _until_true(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 -- asks a process, which has no event to wait for
            await asyncio.sleep(0.1)
