"""One run: a private stack, the carrier's simulator, people who write, and one fault after the other meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels_io.simulators.twilio import Attempt, Faults, HookRecord, MessageRecord, TwilioSimulator
from channels_io.stress.breaking import Breaking
from channels_io.stress.ledger import TOKEN, Figures, Got, Outages, Sent, judge
from channels_io.stress.plan import OURS, Planned, plan
from parley.stack.preflight import spare_port
from parley.stack.report import Report
from parley.stack.stack import Stack, StackOptions

OUTSIDE = ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE", "PARLEY_WORKERS", "PARLEY_PUBLIC_URL")
"""Of the environment: what would lead the private stack to somebody else's servers."""
GRACE_SECONDS = 5.0
"""After a fault, until acknowledgements count as undisturbed again."""
SLOW_MS = 500.0
QUIET_SECONDS = 1.0
LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    messages: int = 10_000
    people: int = 200
    rate: float = 10.0
    """Messages a second."""
    duplicate: float = 0.3
    swap: float = 0.1
    silent: float = 0.002
    """Share of replies that the carrier takes without ever answering the request."""
    freeze_seconds: float = 30.0
    drain_seconds: float = 900.0
    """How long everything may take after the last message."""
    seed: int = 1


@dataclass(slots=True)
class Outcome:
    figures: Figures
    seconds: float
    drained_in: float
    """Seconds from the last message to the last reply."""
    lag: float
    """By how many seconds the sender was late at worst: its own fault, not the service's."""
    faults: list[str] = field(default_factory=list)
    slow: list[tuple[float, float]] = field(default_factory=list)
    """(second of the run, milliseconds) of acknowledgements over the goal outside outages: where to look."""
    stored: dict[str, Any] = field(default_factory=dict)


async def run(var: Path, options: Options, report: Report) -> Outcome:
    """Raises StackError; RuntimeError when the stack cannot be asked."""
    for name in OUTSIDE:
        os.environ.pop(name, None)
    port = spare_port()
    carrier = Faults(
        seed=options.seed, duplicate=options.duplicate, swap=options.swap, accept_then_time_out=options.silent
    )
    env = {"PARLEY_SIMULATOR_URL": f"http://127.0.0.1:{port}", "PARLEY_SIMULATORS": "1"}
    async with (
        TwilioSimulator(port=port, faults=carrier) as twilio,
        Stack(StackOptions.private(var, background=True, env=env), report) as stack,
    ):
        return await _Run(twilio, stack, options, report).all()


class _Run:
    def __init__(self, twilio: TwilioSimulator, stack: Stack, options: Options, report: Report) -> None:
        self._twilio = twilio
        self._stack = stack
        self._options = options
        self._report = report
        self._outages = Outages()
        self._faults: list[str] = []
        self._lag = 0.0
        self._clock = asyncio.get_running_loop().time

    async def all(self) -> Outcome:
        options = self._options
        channel = json.loads(await self._inside("make", self._twilio.account_sid, self._twilio.auth_token))
        self._twilio.add_number(OURS, sms_url=f"{self._stack.web_url}/hooks/twilio_messaging/{channel}/message/")
        planned = plan(options.messages, options.people, options.rate, options.seed)
        self._report.say(f"{len(planned)} messages in {planned[-1].at:.0f} s")
        began = self._clock()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._break(began, planned[-1].at))
            for message in planned:
                tasks.create_task(self._write(began, message))
        written = self._clock()
        await self._drain({message.words for message in planned}, written)
        ended = self._clock()
        stored = json.loads(await self._inside("read"))
        figures = self._judge(stored)
        stored.pop("keys")
        slow = self._slow(began)
        return Outcome(figures, ended - began, ended - written, self._lag, self._faults, slow, stored)

    async def _write(self, began: float, message: Planned) -> None:
        await asyncio.sleep(began + message.at - self._clock())
        self._lag = max(self._lag, self._clock() - began - message.at)
        await self._twilio.sms(message.words, sender=message.sender, to=OURS)

    async def _break(self, began: float, seconds: float) -> None:
        """Each fault once, evenly over the time of writing, one after the other."""
        breakers = Breaking(self._stack, self._options.freeze_seconds).all()
        for number, (name, breaker) in enumerate(breakers, 1):
            await asyncio.sleep(max(0.0, began + seconds * number / (len(breakers) + 1) - self._clock()))
            since = self._clock()
            await breaker()
            until = self._clock()
            self._outages.spans.append((since, until + GRACE_SECONDS))
            self._faults.append(f"{name} at {since - began:.0f} s, over after {until - since:.1f} s")
            self._report.say(self._faults[-1], "warn")

    async def _drain(self, tokens: set[str], since: float) -> None:
        """Until every message is answered and nothing is left to do, or the time is over."""
        while self._clock() - since < self._options.drain_seconds:
            await asyncio.sleep(LOOK_SECONDS)
            if len(self._answered() & tokens) == len(tokens) and json.loads(await self._inside("unsettled")) == 0:
                break
        await asyncio.sleep(QUIET_SECONDS)  # A second reply would come now.
        await self._twilio.settle()

    def _answered(self) -> set[str]:
        return {token for got in self._got() for token in TOKEN.findall(got.text)}

    def _got(self) -> list[Got]:
        """In the order in which the carrier took them: the order in the person's phone."""
        return [Got(record.to, record.body, record.at) for record in self._twilio.messages.values() if record.outgoing]

    def _judge(self, stored: dict[str, Any]) -> Figures:
        hooks: dict[str, list[HookRecord]] = {}
        for hook in self._twilio.hooks:
            if hook.kind == "message":
                hooks.setdefault(hook.sid, []).append(hook)
        inbound = [record for record in self._twilio.messages.values() if not record.outgoing]
        sent = [_sent(record, hooks.get(record.sid, [])) for record in inbound]
        return judge(
            sent,
            self._got(),
            [attempt.ms for attempt in self._undisturbed()],
            copies=sum(hook.copy for each in hooks.values() for hook in each),
            stored=stored["keys"],
            conversations=stored["conversations"],
        )

    def _undisturbed(self) -> list[Attempt]:
        """Deliveries of messages outside outages."""
        attempts = [attempt for hook in self._twilio.hooks if hook.kind == "message" for attempt in hook.attempts]
        return [each for each in attempts if not self._outages.holds(each.at, each.at + each.ms / 1000)]

    def _slow(self, began: float) -> list[tuple[float, float]]:
        slow = [each for each in self._undisturbed() if each.ms > SLOW_MS]
        return sorted((round(each.at - began, 1), round(each.ms, 1)) for each in slow)

    async def _inside(self, *arguments: str) -> str:
        """What the command answers inside the stack. Raises RuntimeError."""
        code, out, err = await self._stack.manage("stressmessages", "--inside", *arguments, timeout=120)
        if code != 0:
            raise RuntimeError(f"stressmessages --inside {arguments[0]} failed:\n{err[-2000:]}")
        return out.strip().splitlines()[-1]


def _sent(record: MessageRecord, hooks: Sequence[HookRecord]) -> Sent:
    """`sent_at` is when the person wrote, not when the carrier first called: a webhook that was swapped with the next one
    comes late, and the order that counts is the person's.
    """
    attempts = [attempt for hook in hooks for attempt in hook.attempts]
    acked = [each.at + each.ms / 1000 for each in attempts if each.status is not None and 200 <= each.status < 300]
    return Sent(record.sid, record.sender, record.body, record.at, min(acked, default=None))
