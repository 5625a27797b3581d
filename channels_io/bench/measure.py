"""Measures one running server: drivers and the idle watcher in processes of their own, the server's use beside them."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec

from agents.models import Agent
from channels_io.bench import plans
from channels_io.bench.cost import Usage, usage
from channels_io.bench.driver import CallPlan, Plan
from channels_io.bench.errors import MeasureError
from channels_io.bench.figures import Cost
from channels_io.bench.phone import joined, phones_plan
from channels_io.bench.phone_driver import PhoneRun, PhonesPlan
from channels_io.bench.plans import Draft
from channels_io.bench.prometheus import Scrape, scrape
from channels_io.bench.records import RunRecord, Stalls, decode_run, merged
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from parley.stack.pipes import communicate

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = "demo"
TICKET_SECONDS = 4 * 3600
SECONDS_PER_CALL = 240
RECORD_SECONDS = 3.0
"""After the last call, until all of it is in the database."""
LOOK_SECONDS = 10.0
"""Between two looks at the server's memory and queues: each takes it a moment that a caller would wait."""


@dataclass(slots=True)
class Measured:
    """One run of the drivers and what was seen beside them."""

    run: RunRecord
    stalls: Stalls
    seconds: float
    before: Usage | None
    after: Usage | None
    rss_mb: float | None
    """Largest that was seen."""
    scrapes: list[Scrape] = field(default_factory=list)

    @property
    def cost(self) -> Cost:
        if self.before is None or self.after is None or not self.run.call_seconds:
            return Cost()
        return Cost(
            cpu_seconds_per_call_minute=round(self._cpu * 60 / self.run.call_seconds, 2),
            rss_mb=None if self.rss_mb is None else round(self.rss_mb, 1),
        )

    @property
    def cores(self) -> float:
        """Cores that the server used."""
        return round(self._cpu / self.seconds, 2) if self.seconds else 0.0

    @property
    def _cpu(self) -> float:
        return 0.0 if self.before is None or self.after is None else self.after.cpu_seconds - self.before.cpu_seconds


@dataclass(frozen=True, slots=True)
class Server:
    """`pids`: web and worker, for what they use. `metrics_url` and `token`: the worker's figures; "" without."""

    url: str
    pids: tuple[int, ...] = ()
    metrics_url: str = ""
    token: str = ""


def measure(server: Server, drafts: Sequence[Draft], at_once: int, say: Callable[[str], None]) -> Measured:
    """Play these calls. Raises MeasureError when that is impossible."""
    shared = [
        Plan(server.url, tuple(_with_ticket(draft) for draft in part), lines)
        for part, lines in plans.shares(drafts, at_once)
    ]
    return asyncio.run(_measure(server, [_drive(plan, say) for plan in shared]))


def measure_phone(server: Server, drafts: Sequence[Draft], say: Callable[[str], None]) -> Measured:
    """Play these calls over the telephone's wire, one after another. Raises MeasureError when that is impossible."""
    plan = phones_plan(WORKSPACE, server.url.replace("ws", "http", 1), drafts)
    found: list[PhoneRun] = []

    async def drive() -> RunRecord:
        found.append(await _drive_phones(plan, say))
        return found[0].run

    measured = asyncio.run(_measure(server, [drive()]))
    time.sleep(RECORD_SECONDS)
    measured.run = joined(found[0])
    return measured


def _with_ticket(draft: Draft) -> CallPlan:
    agent = Agent.objects.filter(workspace__slug=WORKSPACE, slug=draft.agent).select_related("workspace").first()
    if agent is None:
        raise MeasureError(
            f'The workspace "{WORKSPACE}" has no agent "{draft.agent}": run `manage.py up` once, it seeds it.'
        )
    ticket = Ticket(
        workspace=agent.workspace.public_id, kind="browser_voice", agent=agent.public_id, origins=(ANY_ORIGIN,)
    )
    return CallPlan(issue_ticket(ticket, ttl=TICKET_SECONDS), draft.clips, draft.lead, draft.greeting)


async def _measure(server: Server, drives: Sequence[Awaitable[RunRecord]]) -> Measured:
    before, began = usage(server.pids), time.monotonic()
    looks = _Looks(server)
    watcher = await _start("channels_io.bench.watcher")
    looking = asyncio.create_task(looks.go_on())
    try:
        runs = await asyncio.gather(*drives)
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        stalls = await _end(watcher)
    await looks.look()
    return Measured(
        merged(runs), stalls, time.monotonic() - began, before, usage(server.pids), looks.rss_mb, looks.scrapes
    )


class _Looks:
    """Now and then at the server, while it is being called."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.rss_mb: float | None = None
        self.scrapes: list[Scrape] = []

    async def go_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        used = usage(self._server.pids)
        if used is not None:
            self.rss_mb = max(self.rss_mb or 0.0, used.rss_mb)
        if not self._server.metrics_url:
            return
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self._server.token}"}) as client:
                answer = await client.get(self._server.metrics_url)
                self.scrapes.append(scrape(answer.raise_for_status().text))


async def _drive(plan: Plan, say: Callable[[str], None]) -> RunRecord:
    seconds = 60 + SECONDS_PER_CALL * len(plan.calls) / plan.at_once
    return decode_run(await _run_driver("channels_io.bench.driver", msgspec.json.encode(plan), seconds, say))


async def _drive_phones(plan: PhonesPlan, say: Callable[[str], None]) -> PhoneRun:
    seconds = 60 + SECONDS_PER_CALL * len(plan.calls)
    out = await _run_driver("channels_io.bench.phone_driver", msgspec.json.encode(plan), seconds, say)
    return msgspec.json.decode(out, type=PhoneRun)


async def _run_driver(module: str, plan: bytes, seconds: float, say: Callable[[str], None]) -> bytes:
    """What it wrote to standard output."""
    process = await _start(module)
    try:
        async with asyncio.timeout(seconds):
            out, err = await communicate(process, plan, on_line=say)
    except TimeoutError as error:
        raise MeasureError(
            "The driver did not finish in time: look at the web process's log, then try again."
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise MeasureError(f"The driver failed: {err.decode(errors='replace').strip()[-800:]}")
    return out


async def _start(module: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")])},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def _end(watcher: asyncio.subprocess.Process) -> Stalls:
    """Close the watcher's input and read what it saw."""
    out, err = await watcher.communicate(b"")
    if watcher.returncode != 0:
        raise MeasureError(f"The watcher beside the driver failed: {err.decode(errors='replace').strip()[-800:]}")
    return msgspec.json.decode(out, type=Stalls)
