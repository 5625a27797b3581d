"""A model of the caller's loudspeaker: queues agent audio, plays it in real time, obeys `hold`, `release` and `clear`. Pure.

Times in seconds of any one clock. It starts at once and never stutters. While it is held, its own time stands still.
"""

from __future__ import annotations

import numpy as np

from channels_io.live.messages import Played
from inference.audio import Samples


class Player:
    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._pieces: list[tuple[float, Samples]] = []
        self._ends = 0.0
        self._turn_ends: dict[int, float] = {}
        self._received: dict[int, int] = {}
        self._cut: dict[int, int] = {}
        self._all_sent: dict[int, int] = {}
        self._reported: dict[int, Played] = {}
        self._held_at: float | None = None

    def receive(self, turn: int, pcm: bytes, now: float) -> None:
        samples = np.frombuffer(pcm, dtype="<i2")
        begins = max(self._ends, self._standing(now))
        self._ends = begins + len(samples) / self.rate
        self._pieces.append((begins, samples))
        self._turn_ends[turn] = self._ends
        self._received[turn] = self._received.get(turn, 0) + len(samples)

    def reply_done(self, turn: int, samples: int) -> None:
        """Reply `turn` has so many samples in all."""
        self._all_sent[turn] = samples

    @property
    def held(self) -> bool:
        return self._held_at is not None

    def hold(self, now: float) -> None:
        """Fall silent and keep what is left."""
        if self._held_at is None:
            self._held_at = now

    def release(self, now: float) -> None:
        """Go on where it was held."""
        if self._held_at is None:
            return
        held_at, self._held_at = self._held_at, None
        sounded, left = self._parted(held_at)
        self._pieces = sounded + [(begins + now - held_at, samples) for begins, samples in left]
        self._turn_ends = {
            turn: ends + now - held_at if ends > held_at else ends for turn, ends in self._turn_ends.items()
        }
        if self._ends > held_at:
            self._ends += now - held_at

    def clear(self, turn: int, now: float) -> Played:
        """Fall silent; the report that answers `clear`."""
        played = self.played(turn, now)
        self._cut[turn] = played
        at = self._standing(now)
        self._pieces, _ = self._parted(at)
        self._ends = min(self._ends, at)
        self._held_at = None
        report = Played(turn, played, done=True)
        self._reported[turn] = report
        return report

    def played(self, turn: int, now: float) -> int:
        """Samples of reply `turn` that have sounded."""
        if turn in self._cut:
            return self._cut[turn]
        left = max(0.0, self._turn_ends.get(turn, 0.0) - self._standing(now))
        return max(0, self._received.get(turn, 0) - round(left * self.rate))

    def complete(self, turn: int) -> bool:
        """All audio of reply `turn` has come, or no more of it will."""
        return turn in self._cut or self._received.get(turn, 0) >= self._all_sent.get(turn, 1 << 62)

    def silent(self, now: float) -> bool:
        return self.held or self._ends <= now

    def ends(self) -> float:
        """When it runs dry; while held, as if it went on at the moment of the hold."""
        return self._ends

    def turn_ends(self, turn: int) -> float:
        """When what has come of reply `turn` will have sounded, or 0.0 when nothing has."""
        return self._turn_ends.get(turn, 0.0)

    def reports(self, now: float) -> list[Played]:
        """What has changed since the last call: to be sent every 100 ms."""
        changed = []
        for turn in self._received:
            if turn in self._cut:
                continue
            played = self.played(turn, now)
            done = turn in self._all_sent and played >= self._all_sent[turn]
            report = Played(turn, played, done)
            if self._reported.get(turn) != report:
                self._reported[turn] = report
                changed.append(report)
        return changed

    def heard(self, started: float) -> Samples:
        """All that sounded or will, as one clip that begins at `started`; what is held will not."""
        pieces = self._pieces if self._held_at is None else self._parted(self._held_at)[0]
        if not pieces:
            return np.zeros(0, dtype=np.int16)
        ends = max(begins + len(samples) / self.rate for begins, samples in pieces)
        clip = np.zeros(max(0, round((ends - started) * self.rate)) + 1, dtype=np.int16)
        for begins, samples in pieces:
            at = max(0, round((begins - started) * self.rate))
            fits = samples[: len(clip) - at]
            clip[at : at + len(fits)] = fits
        return clip

    def _standing(self, now: float) -> float:
        return now if self._held_at is None else self._held_at

    def _parted(self, at: float) -> tuple[list[tuple[float, Samples]], list[tuple[float, Samples]]]:
        """The pieces before `at` and after it; one that lies across is cut in two."""
        before, after = [], []
        for begins, samples in self._pieces:
            count = min(len(samples), max(0, round((at - begins) * self.rate)))
            if count:
                before.append((begins, samples[:count]))
            if count < len(samples):
                after.append((max(begins, at), samples[count:]))
        return before, after
