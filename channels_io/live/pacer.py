"""Agent audio leaves in real time: the first frame at once, then at most 80 ms ahead of the ear.

`Schedule` is the arithmetic, without clock or I/O. `Pacer` is the task around it.
What the caller hears is estimated here too: a player without hiccups, which starts at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from inference.audio import FRAME_MS
from inference.errors import ProtocolError

AHEAD_SECONDS = 0.08
LIMIT_SECONDS = 120.0
"""A worker that sends further ahead than this ignores its playback credit: its audio is refused."""
BYTES_PER_SAMPLE = 2
SLACK = 1e-6
"""Sums of frame lengths are not exact in floating point."""


@dataclass(frozen=True, slots=True)
class Paced:
    turn: int
    pcm: bytes


@dataclass(slots=True)
class _Reply:
    """Samples of one reply: given by the worker, sent to the caller, and when the last one ends."""

    turn: int
    given: int = 0
    sent: int = 0
    finished: bool = False
    ends_at: float = 0.0


class Schedule:
    """Cuts replies into frames and says when each is due. Times in seconds, of any one clock."""

    def __init__(self, rate: int, ahead: float = AHEAD_SECONDS) -> None:
        self._rate = rate
        self._ahead = ahead
        self._frame_bytes = rate * FRAME_MS // 1000 * BYTES_PER_SAMPLE
        self._waiting: deque[tuple[int, bytearray]] = deque()
        self._replies: dict[int, _Reply] = {}
        self._play_ends = 0.0

    def push(self, turn: int, pcm: bytes) -> None:
        """Raises ProtocolError when more than LIMIT_SECONDS wait."""
        if self.waiting_seconds() > LIMIT_SECONDS:
            raise ProtocolError(f"More than {LIMIT_SECONDS:.0f} s of agent audio wait to be played.")
        if not self._waiting or self._waiting[-1][0] != turn:
            self._waiting.append((turn, bytearray()))
        self._waiting[-1][1].extend(pcm)
        self._reply(turn).given += len(pcm) // BYTES_PER_SAMPLE

    def finish(self, turn: int) -> None:
        """No more audio of `turn` comes."""
        self._reply(turn).finished = True

    def clear(self) -> None:
        """Forget what waits, and what the player held: it was told to fall silent too."""
        self._waiting.clear()
        self._play_ends = 0.0

    def forget_before(self, turn: int) -> None:
        """Replies older than `turn` are settled."""
        for old in [number for number in self._replies if number < turn]:
            del self._replies[old]

    def waiting_seconds(self) -> float:
        return sum(len(pcm) for _, pcm in self._waiting) / (self._rate * BYTES_PER_SAMPLE)

    def due(self, now: float) -> Paced | None:
        """The next frame, if it may leave now. A last or late piece may be shorter than a frame."""
        if not self._waiting or self.wait(now) > 0:
            return None
        turn, pcm = self._waiting[0]
        frame = bytes(pcm[: self._frame_bytes])
        del pcm[: len(frame)]
        if not pcm:
            self._waiting.popleft()
        samples = len(frame) // BYTES_PER_SAMPLE
        self._play_ends = max(self._play_ends, now) + samples / self._rate
        reply = self._reply(turn)
        reply.sent += samples
        reply.ends_at = self._play_ends
        return Paced(turn, frame)

    def wait(self, now: float) -> float:
        """Seconds until the next frame may leave; 0 = now, infinite = nothing waits."""
        if not self._waiting:
            return float("inf")
        ahead = self._play_ends - now
        size = len(self._waiting[0][1])
        if size >= self._frame_bytes:
            frame_seconds = FRAME_MS / 1000
        elif len(self._waiting) > 1 or self._reply(self._waiting[0][0]).finished:
            frame_seconds = size / (self._rate * BYTES_PER_SAMPLE)
        else:  # A rest waits for its frame to fill, until the player would run dry.
            return _not_negative(ahead - FRAME_MS / 1000)
        return 0.0 if ahead <= 0 else _not_negative(ahead + frame_seconds - self._ahead)

    def played(self, turn: int, now: float) -> int:
        """Samples of `turn` that a steady player has played by `now`."""
        reply = self._replies.get(turn)
        if reply is None:
            return 0
        left = max(0.0, reply.ends_at - now)
        return max(0, reply.sent - round(left * self._rate))

    def sent(self, turn: int) -> int:
        reply = self._replies.get(turn)
        return 0 if reply is None else reply.sent

    def finished(self, turn: int) -> bool:
        """All of `turn` was given and sent (it may still be sounding)."""
        reply = self._replies.get(turn)
        return reply is not None and reply.finished and reply.sent >= reply.given

    def silent(self, now: float) -> bool:
        """Nothing waits and the player has played all it got."""
        return not self._waiting and self._play_ends <= now

    def play_ends(self) -> float:
        return self._play_ends

    def _reply(self, turn: int) -> _Reply:
        return self._replies.setdefault(turn, _Reply(turn))


def _not_negative(seconds: float) -> float:
    return seconds if seconds > SLACK else 0.0


class Pacer:
    """The one task that writes agent audio."""

    def __init__(
        self, schedule: Schedule, write: Callable[[Paced], Awaitable[None]], clock: Callable[[], float]
    ) -> None:
        self.schedule = schedule
        self._write = write
        self._clock = clock
        self._changed = asyncio.Event()

    def push(self, turn: int, pcm: bytes) -> None:
        self.schedule.push(turn, pcm)
        self._changed.set()

    def finish(self, turn: int) -> None:
        self.schedule.finish(turn)
        self._changed.set()

    def clear(self) -> None:
        self.schedule.clear()
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            while (paced := self.schedule.due(self._clock())) is not None:
                await self._write(paced)
            wait = self.schedule.wait(self._clock())
            try:
                async with asyncio.timeout(None if wait == float("inf") else wait):
                    await self._changed.wait()
            except TimeoutError:
                continue
