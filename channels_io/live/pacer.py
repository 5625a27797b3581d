"""Agent audio leaves in real time: the first frame at once, then at most 80 ms ahead of the ear.

`Schedule` is the arithmetic, without clock or I/O. `Pacer` is the task around it.
What the caller hears is estimated here too: a player without hiccups, which starts at once.

While the schedule is held, time stands still for it. A player that can hold keeps what it was sent;
what one that cannot has dropped is taken back and sent again.
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
    dropped: int = 0
    """Of those sent: cleared out of the player before they sounded."""
    finished: bool = False
    ends_at: float = 0.0


class Schedule:
    """Cuts replies into frames and says when each is due. Times in seconds, of any one clock."""

    def __init__(self, rate: int, ahead: float = AHEAD_SECONDS) -> None:
        self._rate = rate
        self._ahead = ahead
        self._frame_bytes = rate * FRAME_MS // 1000 * BYTES_PER_SAMPLE
        self._waiting: deque[tuple[int, bytearray]] = deque()
        self._sent: deque[Paced] = deque()
        """The newest frames that left: at least all that the player still has to play."""
        self._replies: dict[int, _Reply] = {}
        self._play_ends = 0.0
        self._held_at: float | None = None

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

    def clear(self, now: float) -> None:
        """Forget what waits, and what the player had: it was told to fall silent too. Ends a hold."""
        at = self._standing(now)
        for reply in self._replies.values():
            reply.dropped += self._samples_after(at, reply.ends_at)
            reply.ends_at = min(reply.ends_at, at)
        self._held_at = None
        self._waiting.clear()
        self._sent.clear()
        self._play_ends = 0.0

    def hold(self, now: float, *, player_keeps: bool = True) -> None:
        """Nothing leaves until `release`. What a player cannot keep is taken back, to be sent again."""
        if self._held_at is not None:
            return
        self._held_at = now
        if not player_keeps:
            self._take_back(now)

    def release(self, now: float) -> tuple[Paced, ...]:
        """Go on where it was held; what the player kept and plays from `now` on, in order."""
        if self._held_at is None:
            return ()
        held_at, self._held_at = self._held_at, None
        kept = self._unplayed(held_at)
        for reply in self._replies.values():
            if reply.ends_at > held_at:
                reply.ends_at += now - held_at
        if self._play_ends > held_at:
            self._play_ends += now - held_at
        return kept

    def forget_before(self, turn: int) -> None:
        """Replies older than `turn` are settled."""
        for old in [number for number in self._replies if number < turn]:
            del self._replies[old]

    def waiting_seconds(self) -> float:
        return sum(len(pcm) for _, pcm in self._waiting) / (self._rate * BYTES_PER_SAMPLE)

    def due(self, now: float) -> Paced | None:
        """The next frame, if it may leave now. A last or late piece may be shorter than a frame."""
        if self.wait(now) > 0:
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
        paced = Paced(turn, frame)
        self._sent.append(paced)
        self._forget_played(now)
        return paced

    def wait(self, now: float) -> float:
        """Seconds until the next frame may leave; 0 = now, infinite = nothing waits or may leave."""
        if not self._waiting or self._held_at is not None:
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
        return max(0, reply.sent - reply.dropped - self._samples_after(self._standing(now), reply.ends_at))

    def sent(self, turn: int) -> int:
        reply = self._replies.get(turn)
        return 0 if reply is None else reply.sent

    def finished(self, turn: int) -> bool:
        """All of `turn` was given and sent (it may still be sounding)."""
        reply = self._replies.get(turn)
        return reply is not None and reply.finished and reply.sent >= reply.given

    def silent(self, now: float) -> bool:
        """Nothing waits and the player has played all it got."""
        return not self._waiting and self._play_ends <= self._standing(now)

    def play_ends(self) -> float:
        """When the player runs dry; while held, as if it went on at the moment of the hold."""
        return self._play_ends

    def _standing(self, now: float) -> float:
        return now if self._held_at is None else self._held_at

    def _samples_after(self, at: float, ends: float) -> int:
        return round(max(0.0, ends - at) * self._rate)

    def _unplayed(self, at: float) -> tuple[Paced, ...]:
        """What sounds after `at` of what was sent, in order."""
        left = self._samples_after(at, self._play_ends)
        found: deque[Paced] = deque()
        for paced in reversed(self._sent):
            if left <= 0:
                break
            pcm = paced.pcm[-left * BYTES_PER_SAMPLE :]
            found.appendleft(Paced(paced.turn, pcm))
            left -= len(pcm) // BYTES_PER_SAMPLE
        return tuple(found)

    def _take_back(self, at: float) -> None:
        for paced in reversed(self._unplayed(at)):
            reply = self._reply(paced.turn)
            reply.sent -= len(paced.pcm) // BYTES_PER_SAMPLE
            reply.ends_at = at
            if self._waiting and self._waiting[0][0] == paced.turn:
                self._waiting[0][1][:0] = paced.pcm
            else:
                self._waiting.appendleft((paced.turn, bytearray(paced.pcm)))
        self._sent.clear()
        self._play_ends = min(self._play_ends, at)

    def _forget_played(self, now: float) -> None:
        spare = sum(len(paced.pcm) for paced in self._sent) // BYTES_PER_SAMPLE
        spare -= self._samples_after(now, self._play_ends)
        while self._sent and (size := len(self._sent[0].pcm) // BYTES_PER_SAMPLE) <= spare:
            self._sent.popleft()
            spare -= size

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
        self.schedule.clear(self._clock())
        self._changed.set()

    def hold(self, *, player_keeps: bool) -> None:
        self.schedule.hold(self._clock(), player_keeps=player_keeps)
        self._changed.set()

    def release(self) -> tuple[Paced, ...]:
        """What the player kept and plays from now on."""
        kept = self.schedule.release(self._clock())
        self._changed.set()
        return kept

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
