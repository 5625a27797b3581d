"""A session's line to a worker, kept up: connect, read, and on loss connect again with the state.

What the caller typed is sent again until a worker has taken it as a turn. Caller audio is not: what
was said into a dead line is asked for again.

A worker that is about to stop says so between two turns: the conversation then goes on at another one, and
nobody hears of it. What the caller says meanwhile is kept for whoever has the conversation in the end.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Protocol

from channels_io.live.limits import Limits
from channels_io.live.waiting_line import Place, WaitingLine
from channels_io.live.worker import WorkerLink, Workers
from inference.errors import ProtocolError, WorkerError, WorkerFull, WorkerLost
from inference.events import LEAVING, Down, Failed, Open, Text, Up
from parley import metrics

logger = logging.getLogger(__name__)

FIRST_DELAY = 0.1
LONGEST_DELAY = 1.0
QUEUE_SECONDS = 1.0
"""Between two tries of whoever is next in line."""
MOVE_SECONDS = 2.0
"""Longest that another worker is waited for before the old one goes on."""
HELD = 200
"""Messages of the caller that are kept meanwhile: 4 s of sound."""


class Party(Protocol):
    """Who is on this line: the worker's side of a leg."""

    def opening(self, *, resumed: bool) -> Open:
        """Asking changes nothing: the conversation may not come about."""

    @property
    def by_hand(self) -> bool:
        """A person talks to the caller: the leg outlives its worker for as long as that is so."""

    async def may_wait(self) -> bool:
        """Whether the caller can be told that all lines are busy, and so may wait for one."""

    async def on_waiting(self, place: int) -> None:
        """Every second in line."""

    async def on_worker(self, *, resumed: bool) -> None: ...

    async def on_moved(self) -> None:
        """Another worker has taken the conversation over, between two turns."""

    async def on_worker_message(self, message: Down) -> None: ...

    async def on_worker_lost(self) -> None: ...


class WorkerLine:
    def __init__(self, workers: Workers, limits: Limits, clock: Callable[[], float], waiting: WaitingLine) -> None:
        self._workers = workers
        self._party: Party
        self._limits = limits
        self._clock = clock
        self._waiting = waiting
        self._place: Place | None = None
        self._link: WorkerLink | None = None
        self._held: deque[Up] | None = None
        """What comes while the conversation moves."""
        self._patience: asyncio.Timeout | None = None
        self._give_up_at = 0.0
        self._unheard: dict[str, Text] = {}
        self.closing = False
        """The session is about to end: a line that breaks now is not repaired."""

    @property
    def connected(self) -> bool:
        return self._link is not None

    async def send(self, message: Up) -> bool:
        """False when no worker took it. The reading side notices a lost worker."""
        if self._link is None:
            return False
        if self._held is not None:
            self._held.append(message)
            return True
        try:
            await self._link.send(message)
        except WorkerLost:
            return False
        return True

    async def send_text(self, text: Text) -> bool:
        """False when too many typed messages wait for a worker already."""
        if len(self._unheard) >= self._limits.pending_texts:
            return False
        self._unheard[text.id] = text
        await self.send(text)
        return True

    def heard(self, message_id: str) -> None:
        """A worker took this message as a turn."""
        self._unheard.pop(message_id, None)

    def give_up(self) -> None:
        """This worker hangs: treat it as lost."""
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())

    async def run(self, party: Party) -> None:
        """Until `closing`. Raises WorkerError (full, lost, refused) when no worker can be had in time."""
        self._party = party
        try:
            await self._run()
        finally:
            self._leave_line()

    async def _run(self) -> None:
        resumed = False
        deadline = self._clock() + self._limits.first_worker
        delay = FIRST_DELAY
        if self._queues and len(self._waiting) and await self._party.may_wait():
            deadline = await self._wait_in_line()  # Who came first goes first.
        while not self.closing:
            problem = await self._connect(resumed=resumed)
            if self.closing:
                return
            if problem is None:
                resumed, delay = True, FIRST_DELAY
                deadline = self._clock() + self._limits.worker_away
                await self._party.on_worker_lost()
            elif isinstance(problem, WorkerFull) and not resumed and self._queues:
                if self._clock() >= deadline and self._place is not None:
                    raise problem
                if self._place is None and not await self._party.may_wait():
                    raise problem
                deadline = await self._wait_in_line()
                continue
            elif (
                (self._clock() >= deadline and not (resumed and self._party.by_hand))
                or (type(problem) is WorkerError and not resumed)
                or (isinstance(problem, WorkerFull) and not (resumed or self._limits.queue_when_full))
            ):
                raise problem
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _wait_in_line(self) -> float:
        """Until it is this caller's turn to try again, or the longest wait is over; returns when that is."""
        if self._place is None:
            self._place = self._waiting.join()
            self._give_up_at = self._clock() + self._limits.queue
        while True:
            await self._party.on_waiting(self._place.number)
            await asyncio.sleep(QUEUE_SECONDS)
            if self._place.number == 1 or self._clock() >= self._give_up_at or self.closing:
                return self._give_up_at

    @property
    def _queues(self) -> bool:
        return self._limits.queue > 0 and not self._limits.queue_when_full

    def _leave_line(self) -> None:
        if self._place is not None:
            self._place.leave()

    async def _connect(self, *, resumed: bool) -> WorkerError | None:
        """Serve one connection, and those it moves to, to the end. None: it was up and broke; else why there was none."""
        was_up = False
        try:
            async with AsyncExitStack() as places, asyncio.timeout(None) as self._patience:
                link = await places.enter_async_context(self._workers.connect(self._party.opening(resumed=resumed)))
                self._link = link
                self._leave_line()
                was_up = True
                await self._party.on_worker(resumed=resumed)
                for text in list(self._unheard.values()):
                    await link.send(text)
                while await self._serve(link):
                    link = await self._move(link, places)
        except WorkerError as error:
            logger.info("The line to the worker ended: %s", error.code)
            return None if was_up else error
        except ProtocolError as error:
            logger.error("The worker sent what the wire does not allow: %s", error.message)
            return None if was_up else WorkerLost(error.message)
        except TimeoutError:
            logger.error("The worker gave no sign of an answer and was given up.")
            return None
        finally:
            self._link = None
            self._held = None
            self._patience = None
        return None

    async def _serve(self, link: WorkerLink) -> bool:
        """What the worker says, until the link ends; True: until it offers that the conversation leaves it."""
        async for message in link:
            if isinstance(message, Failed) and message.code == LEAVING:
                if not self.closing:
                    return True
            else:
                await self._party.on_worker_message(message)
        return False

    async def _move(self, link: WorkerLink, places: AsyncExitStack) -> WorkerLink:
        """Another worker's link, or `link` again when none takes the conversation now. Raises WorkerLost."""
        held: deque[Up] = deque(maxlen=HELD)
        self._held = held
        new = AsyncExitStack()
        try:
            async with asyncio.timeout(MOVE_SECONDS):
                opening = self._party.opening(resumed=True)
                moved = await new.enter_async_context(self._workers.connect(opening, leaving=link))
        except (WorkerError, ProtocolError, TimeoutError) as error:
            logger.info("Nowhere to move to for now (%s): the old worker goes on.", type(error).__name__)
            metrics.MOVED.labels("stayed").inc()
            moved = link
        else:
            metrics.MOVED.labels("moved").inc()
            self._link = moved
            await self._party.on_moved()
            self._held = held = deque(message for message in held if not isinstance(message, Text))
            held.extend(self._unheard.values())  # Also what the old one was told a moment ago.
        old = places.pop_all()
        places.push_async_exit(old)
        places.push_async_exit(new)
        while held:
            await moved.send(held.popleft())
        self._held = None
        if moved is not link:
            await old.aclose()
        return moved
