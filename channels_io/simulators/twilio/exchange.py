"""The telephone exchange: every call, in and out, from its first ring to its last status callback."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from channels_io.simulators.twilio.conductor import API_VERSION, Conductor, Goto
from channels_io.simulators.twilio.faults import Chance
from channels_io.simulators.twilio.hooks import Hooks
from channels_io.simulators.twilio.machine import watch_for_machine
from channels_io.simulators.twilio.orders import Orders
from channels_io.simulators.twilio.people import EVERYBODY_ELSE, Person
from channels_io.simulators.twilio.phone import CallOver, Phone, now
from channels_io.simulators.twilio.recorder import Recorder
from channels_io.simulators.twilio.records import CallRecord, utc_now
from channels_io.simulators.twilio.rooms import Queue, Room
from channels_io.simulators.twilio.twiml import Document
from channels_io.simulators.twilio.verbs import VERBS

SETTLE_SECONDS = 5.0
EVENT_OF = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
"""Status → event of a status callback; every last status is the event "completed"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the simulated network takes, in seconds."""

    letter_seconds: float = 0.055
    """<Say>: of one letter."""
    detect_seconds: float = 0.3
    """Until machine detection knows."""
    status_seconds: float = 0.02
    """Between two statuses of a message."""
    connect_seconds: float = 0.02
    """From the order to dial to the first ring."""


class Exchange:
    def __init__(self, account_sid: str, auth_token: str, hooks: Hooks, chance: Chance, pace: Pace) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.hooks = hooks
        self.chance = chance
        self.pace = pace
        self.url = ""
        """Of the API, once it serves."""
        self.calls: dict[str, CallRecord] = {}
        self.phones: dict[str, Phone] = {}
        self.rooms: dict[str, Room] = {}
        self.queues: dict[str, Queue] = {}
        self.recorder = Recorder(self)
        self.crashes: list[BaseException] = []
        """What should not have happened in here; raised when the simulator is left."""
        self.everybody = EVERYBODY_ELSE
        self._people: dict[str, deque[Person]] = {}
        self._conductors: dict[str, Conductor] = {}
        self._orders: dict[str, Orders] = {}
        self._extra: dict[str, Mapping[str, str]] = {}
        self._sequences: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- who is there ---------------------------------------------------------------------------

    def add_person(self, number: str, *people: Person) -> None:
        """Who takes calls to `number`: one after another, the last one from then on."""
        self._people[number] = deque(people)

    def person(self, number: str) -> Person:
        waiting = self._people.get(number)
        if not waiting:
            return self.everybody
        return waiting.popleft() if len(waiting) > 1 else waiting[0]

    def queue(self, name: str) -> Queue:
        return self.queues.setdefault(name, Queue(self.sid("QU"), name))

    def conductor_of(self, phone: Phone) -> Conductor:
        return self._conductors[phone.record.sid]

    def sid(self, prefix: str) -> str:
        return f"{prefix}{uuid.uuid4().hex}"

    def timestamp(self) -> str:
        """RFC 2822, as status callbacks have it."""
        return format_datetime(datetime.now(UTC))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def settle(self) -> None:
        """Until every call that is over has closed what it held open."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                for phone in tuple(self.phones.values()):
                    if phone.over.is_set():
                        await self.conductor_of(phone).idle.wait()

    async def close(self) -> None:
        """Every call ends; nothing runs any more."""
        for phone in self.phones.values():
            phone.end("exchange", "completed" if phone.answered.is_set() else "canceled")
        await self.settle()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, *(phone.close() for phone in self.phones.values()), return_exceptions=True)

    # --- calls ----------------------------------------------------------------------------------

    def open(
        self,
        direction: str,
        sender: str,
        to: str,
        *,
        person: Person | None = None,
        parent: str = "",
        orders: Orders = Orders(),  # noqa: B008 - frozen
        extra: Mapping[str, str] | None = None,
    ) -> Phone:
        """A call that is not ringing yet. `extra`: what its webhooks carry besides."""
        record = CallRecord(self.sid("CA"), self.account_sid, direction, sender, to, parent, began=now())
        record.statuses.append((now(), record.status))
        phone = Phone(record, self.person(to) if person is None else person, self._ended)
        self.calls[record.sid] = record
        self.phones[record.sid] = phone
        self._orders[record.sid] = orders
        self._extra[record.sid] = extra or {}
        self._conductors[record.sid] = Conductor(phone, self, VERBS)
        return phone

    async def come_in(self, phone: Phone, first: Goto) -> None:
        """An incoming call, to its end."""
        self._set_status(phone, "ringing")
        await self._conductors[phone.record.sid].conduct(first)

    async def go_out(self, phone: Phone, first: Goto | Document) -> None:
        """A call that the API ordered, to its end."""
        orders = self._orders[phone.record.sid]
        await self.ring(phone)
        if phone.over.is_set():
            return
        conductor = self._conductors[phone.record.sid]
        if orders.record:
            self.recorder.begin(
                phone, channels=orders.record_channels, source="OutboundAPI", callback=orders.record_callback
            )
        if orders.machine and not orders.watch_aside:
            await watch_for_machine(self, phone, orders)
        await conductor.conduct(first)

    async def ring(self, phone: Phone) -> None:
        """Until the person has picked up or it is clear that nobody will. Status callbacks go their way."""
        orders, person = self._orders[phone.record.sid], phone.person
        self._set_status(phone, "initiated")
        with suppress(CallOver):
            await phone.wait(self.pace.connect_seconds)
            if person.takes == "fails":
                phone.end("problem", "failed")
                return
            self._set_status(phone, "ringing")
            await phone.wait(min(person.after, orders.ring_seconds))
            if person.takes == "busy":
                phone.end("person", "busy")
            elif person.takes == "no-answer" or person.after > orders.ring_seconds:
                await phone.wait(max(0.0, orders.ring_seconds - person.after))
                phone.end("person", "no-answer")
            else:
                self.answer(phone)
                if orders.machine and orders.watch_aside:
                    self.spawn(watch_for_machine(self, phone, orders))

    def answer(self, phone: Phone) -> None:
        if phone.answered.is_set() or phone.over.is_set():
            return
        phone.record.answered = now()
        phone.record.when_answered = utc_now()
        self._set_status(phone, "in-progress")
        phone.answer()
        limit = self._orders[phone.record.sid].limit_seconds
        if limit is not None:
            self.spawn(self._limit(phone, limit))

    def params(self, phone: Phone) -> dict[str, str]:
        """What every request about a call carries."""
        record = phone.record
        params = {
            "CallSid": record.sid,
            "AccountSid": record.account_sid,
            "From": record.sender,
            "To": record.to,
            "Caller": record.sender,
            "Called": record.to,
            "CallStatus": record.status,
            "ApiVersion": API_VERSION,
            "Direction": record.direction,
        }
        if record.parent_sid:
            params["ParentCallSid"] = record.parent_sid
        if record.answered_by:
            params["AnsweredBy"] = record.answered_by
        return {**params, **self._extra[record.sid]}

    # --- inside ---------------------------------------------------------------------------------

    async def _limit(self, phone: Phone, seconds: float) -> None:
        with suppress(CallOver):
            await phone.wait(seconds)
            phone.end("limit")

    def _set_status(self, phone: Phone, status: str) -> None:
        phone.record.status = status
        phone.record.statuses.append((now(), status))
        self._tell(phone, EVENT_OF[status])

    def _ended(self, phone: Phone) -> None:
        phone.record.when_ended = utc_now()
        phone.record.statuses.append((now(), phone.record.status))
        self.recorder.finish_all(phone)
        self._tell(phone, "completed")

    def _tell(self, phone: Phone, event: str) -> None:
        record, orders = phone.record, self._orders[phone.record.sid]
        number = self._sequences.get(record.sid, 0)
        self._sequences[record.sid] = number + 1
        if not orders.callback or event not in orders.events:
            return
        params = {
            **self.params(phone),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(number),
            "Timestamp": self.timestamp(),
        }
        if event == "completed":
            params |= {"CallDuration": str(record.seconds), "Duration": str(-(-record.seconds // 60))}
            for kept in record.recordings[-1:]:
                params |= {
                    "RecordingSid": kept.sid,
                    "RecordingUrl": self.recorder.url(kept),
                    "RecordingDuration": str(kept.seconds),
                }
        self.hooks.tell(
            "call-status", record.sid, orders.callback, params, method=orders.callback_method, keep=record.hooks
        )

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (crash := task.exception()) is not None:
            self.crashes.append(crash)
