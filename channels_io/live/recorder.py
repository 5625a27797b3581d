"""Writes a leg's record off the audio path: entries in batches, sound once a second.

Entries are never dropped, except events beyond a bound: while PostgreSQL is away they wait and are
written in order when it is back. Sound beyond a bound (a disk that hangs) is dropped and counted.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError, OperationalError

from channels_io.actions.close_leg import close_leg
from channels_io.actions.record_entries import record_entries
from channels_io.actions.start_recording import start_recording
from channels_io.entries import Entry, EventEntry, StateSnapshot, TurnUse
from channels_io.models import Leg
from channels_io.recordings import StereoWriter
from inference.events import Media

logger = logging.getLogger(__name__)

BATCH_SECONDS = 0.25
SOUND_SECONDS = 1.0
EVENTS_LIMIT = 2000
SOUND_LIMIT = 4000
"""Pieces of sound that may wait: 40 s of both sides."""
FIRST_RETRY = 0.25
LONGEST_RETRY = 5.0
FINAL_SECONDS = 60.0
"""How long a finished leg tries to write its last entries."""
RESYNC_SECONDS = 0.25
"""Caller audio that is further from its place than this is put where the clock says."""

_finishing: set[asyncio.Task[None]] = set()
"""Flushes that outlive their session. The event loop itself keeps only weak references."""


class Recorder(Protocol):
    """What a session records. None of these waits."""

    def put(self, entry: Entry) -> None: ...

    def caller(self, pcm: bytes, at_seconds: float) -> None: ...

    def agent(self, pcm: bytes, at_seconds: float) -> None: ...

    def cut(self, at_seconds: float) -> None: ...


class NullRecorder:
    """For conversations that nobody keeps."""

    def put(self, entry: Entry) -> None:
        pass

    def caller(self, pcm: bytes, at_seconds: float) -> None:
        pass

    def agent(self, pcm: bytes, at_seconds: float) -> None:
        pass

    def cut(self, at_seconds: float) -> None:
        pass


class LegRecorder:
    """Run `run()` as a task beside the session; `finish` afterwards, also when cancelled."""

    def __init__(
        self,
        leg: Leg,
        *,
        record_sound: bool,
        every_state: bool = False,
        media: Media | None = None,
        sensitive: Collection[str] = (),
        node: str = "",
    ) -> None:
        """`every_state`: keep the state after each turn, not only the newest. `media` has the rates of both sides.

        While the flow stands at one of the `sensitive` nodes (it begins at `node`), the recording holds silence.
        """
        self._leg = leg
        self._sensitive = sensitive
        self._hushed = node in sensitive
        self._media = media or Media()
        self._record_sound = record_sound
        self._every_state = every_state
        self._entries: list[Entry] = []
        self._events = 0
        self.dropped_events = 0
        self._sound: list[Callable[[StereoWriter], None]] = []
        self.dropped_sound = 0
        self._writer: StereoWriter | None = None
        self._caller_end = 0
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()
        self._disk = threading.Lock()

    # --- the session's side ---------------------------------------------------------------------

    def put(self, entry: Entry) -> None:
        if isinstance(entry, EventEntry):
            if entry.kind == "node" and entry.data.get("nodes"):
                self._hushed = entry.data["nodes"][-1] in self._sensitive
            if self._events >= EVENTS_LIMIT:
                self.dropped_events += 1
                return
            self._events += 1
        elif isinstance(entry, StateSnapshot):  # Only the newest counts.
            self._entries = [known for known in self._entries if not self._replaces(entry, known)]
        elif isinstance(entry, TurnUse):  # Each says all of its turn.
            self._entries = [known for known in self._entries if not _same_use(entry, known)]
        self._entries.append(entry)
        self._arrived.set()

    def _replaces(self, state: StateSnapshot, known: Entry) -> bool:
        if not isinstance(known, StateSnapshot):
            return False
        return not self._every_state or known.state.turn == state.state.turn

    def caller(self, pcm: bytes, at_seconds: float) -> None:
        rate = self._media.rate_in
        at = round(at_seconds * rate) - len(pcm) // 2
        if abs(at - self._caller_end) > RESYNC_SECONDS * rate:
            self._caller_end = max(0, at)
        start, self._caller_end = self._caller_end, self._caller_end + len(pcm) // 2
        self._add_sound(lambda writer: writer.caller(pcm, start))

    def agent(self, pcm: bytes, at_seconds: float) -> None:
        self._add_sound(lambda writer: writer.agent(pcm, round(at_seconds * self._media.rate_out)))

    def cut(self, at_seconds: float) -> None:
        self._add_sound(lambda writer: writer.cut(round(at_seconds * self._media.rate_out)))

    def _add_sound(self, write: Callable[[StereoWriter], None]) -> None:
        if not self._record_sound or self._hushed:
            return
        if len(self._sound) >= SOUND_LIMIT:
            self.dropped_sound += 1
            return
        self._sound.append(write)

    # --- the writing side -----------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled: what is then unwritten waits for `finish`."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_entries())
            if self._record_sound:
                tasks.create_task(self._write_sound())

    async def finish(self, reason: str) -> None:
        """Write the rest and close the leg. Goes on to its end even if the caller is cancelled."""
        task = asyncio.create_task(self._finish(reason))
        _finishing.add(task)
        task.add_done_callback(_finishing.discard)
        await asyncio.shield(task)

    async def _write_entries(self) -> None:
        while True:
            await self._arrived.wait()
            await asyncio.sleep(BATCH_SECONDS)
            self._arrived.clear()
            await self._flush_entries()

    async def _flush_entries(self) -> None:
        async with self._writing:
            batch, self._entries, self._events = self._entries, [], 0
            if not batch:
                return
            written = False
            try:
                await self._write_batch(batch)
                written = True
            finally:
                if not written:  # Cancelled in between: `finish` writes them again, once.
                    self._entries = [*batch, *self._entries]

    async def _write_batch(self, batch: list[Entry]) -> None:
        """An entry that the database will never take is dropped, and the others are not held up by it."""
        try:
            await self._retried(lambda: record_entries(self._leg, batch))
        except DatabaseError as error:
            if len(batch) > 1:
                for entry in batch:
                    await self._write_batch([entry])
                return
            logger.error("Leg %s: an entry was refused by the database: %s", self._leg.public_id, error)

    async def _retried(self, write: Callable[[], object]) -> None:
        delay = FIRST_RETRY
        while True:
            try:
                await database_sync_to_async(write)()
            except (OperationalError, InterfaceError) as error:
                logger.warning("The record of leg %s waits for the database: %s", self._leg.public_id, error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_RETRY)
            else:
                return

    async def _write_sound(self) -> None:
        if not await self._begin_sound():
            return
        while True:
            await asyncio.sleep(SOUND_SECONDS)
            await self._flush_sound()

    async def _begin_sound(self) -> bool:
        try:
            self._writer = await database_sync_to_async(start_recording)(self._leg, self._media)
        except (OSError, DatabaseError, InterfaceError) as error:
            self._stop_sound(error)
        return self._writer is not None

    async def _flush_sound(self) -> None:
        writer = self._writer
        pieces, self._sound = self._sound, []
        if writer is None or not pieces:
            return
        try:
            # Shielded: cancelling must not take the pieces out of the executor's queue unwritten.
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, self._write_all, writer, pieces))
        except OSError as error:
            self._stop_sound(error)

    def _stop_sound(self, error: Exception) -> None:
        logger.error("Leg %s goes on without a recording: %s", self._leg.public_id, error)
        self._record_sound = False
        self._sound = []

    async def _finish(self, reason: str) -> None:
        try:
            async with asyncio.timeout(FINAL_SECONDS):
                await self._flush_sound()
                if self._writer is not None:
                    await asyncio.get_running_loop().run_in_executor(None, self._writer.close)
                await self._flush_entries()
                await self._retried(lambda: close_leg(self._leg, reason))
        except TimeoutError:
            logger.error(
                "The end of leg %s could not be recorded: %d entries are lost.",
                self._leg.public_id,
                len(self._entries),
            )
        except OSError as error:
            logger.error("The recording of leg %s could not be closed: %s", self._leg.public_id, error)

    def _write_all(self, writer: StereoWriter, pieces: Sequence[Callable[[StereoWriter], None]]) -> None:
        with self._disk:  # A cancelled flush may still be at work when `finish` comes with the rest.
            for write in pieces:
                write(writer)


def _same_use(use: TurnUse, known: Entry) -> bool:
    return isinstance(known, TurnUse) and (known.number, known.role) == (use.number, use.role)
