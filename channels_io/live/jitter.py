"""Evens out a microphone that is somewhere on the network. Pure: 20 ms frames in as they come, out when they are due.

What it adds to the way of a sample is bounded by arithmetic: TARGET_MS to begin with, MOST_MS at the very most, the LEAD_MS
that a frame leaves before the player needs it included. Times in seconds, of any one clock.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from inference.audio import FRAME_MS

TARGET_MS: Final = 40
"""The first frame waits so long for those behind it."""
MOST_MS: Final = 60
"""What waits beyond this is let go, the oldest first: to be late for ever is worse than a click."""
LEAD_MS: Final = 15
ADDED_MS: Final = FRAME_MS + MOST_MS
"""The most that a sample is late by our doing: its frame is filled, and waits here and in the player."""
SLACK: Final = 1e-6


class JitterBuffer:
    def __init__(self, rate: int) -> None:
        self._frame_bytes = rate * FRAME_MS // 1000 * 2
        self._frames: deque[bytes] = deque()
        self._rest = bytearray()
        self._begins: float | None = None
        """When the first of the frames may leave; None: they leave one after the other."""
        self._play_ends = 0.0
        self.dropped = 0

    def push(self, pcm: bytes, now: float) -> None:
        """PCM s16le mono of any length."""
        self._rest.extend(pcm)
        while len(self._rest) >= self._frame_bytes:
            self._add(bytes(self._rest[: self._frame_bytes]), now)
            del self._rest[: self._frame_bytes]

    def _add(self, frame: bytes, now: float) -> None:
        if not self._frames and self._play_ends <= now:
            self._begins = now + TARGET_MS / 1000
        self._frames.append(frame)
        if self._late_ms(now) > MOST_MS + SLACK:
            while len(self._frames) > 1 and self._late_ms(now) > TARGET_MS + SLACK:
                self._frames.popleft()
                self.dropped += 1

    def _late_ms(self, now: float) -> float:
        """From now until the newest frame begins to sound."""
        begins = self._begins if self._begins is not None else max(self._play_ends, now)
        return (begins - now) * 1000 + (len(self._frames) - 1) * FRAME_MS

    def wait(self, now: float) -> float:
        """Seconds until the next frame may leave; 0 = now, infinite = there is none."""
        if not self._frames:
            return float("inf")
        due = self._begins if self._begins is not None else self._play_ends - LEAD_MS / 1000
        left = due - now
        return left if left > SLACK else 0.0

    def due(self, now: float) -> tuple[bytes, float] | None:
        """(the next frame, when it begins to sound), if it may leave now."""
        if self.wait(now) > 0:
            return None
        self._begins = None
        sounds = max(self._play_ends, now)
        self._play_ends = sounds + FRAME_MS / 1000
        return self._frames.popleft(), sounds

    def clear(self) -> None:
        """Forget what waits; what left sounds to its end."""
        self._frames.clear()
        self._rest.clear()
        self._begins = None

    @property
    def waiting_ms(self) -> int:
        return len(self._frames) * FRAME_MS
