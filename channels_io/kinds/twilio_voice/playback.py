"""How much of each reply has sounded at the caller's ear, told by the marks that Twilio sends back. Pure.

A mark comes back when the audio before it has played. After a `clear` Twilio sends back all that were outstanding, played
or not: those prove nothing, and where the reply stopped is reckoned from the last one that did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from channels_io.live.messages import Played

MARK_SECONDS: Final = 0.2
MAX_OUTSTANDING: Final = 1000
"""Marks that Twilio owes: more is a player that plays nothing."""


@dataclass(frozen=True, slots=True)
class _Promise:
    """What a mark proves when it comes back."""

    turn: int
    samples: int
    done: bool


@dataclass(slots=True)
class _Reply:
    """Samples of one reply: sent, covered by a mark that was sent, proved played, and when that was last known."""

    sent: int = 0
    marked: int = 0
    proved: int = 0
    proved_at: float = 0.0
    total: int | None = None
    ended: bool = False
    """The mark after its last sample was sent."""


class Playback:
    """`clock` in seconds. What `sent`, `complete` return is the name of a mark to be sent now; "" = none."""

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._replies: dict[int, _Reply] = {}
        self._outstanding: dict[str, _Promise] = {}
        self._names = 0

    def sent(self, turn: int, samples: int) -> str:
        """So many more samples of reply `turn` went out."""
        reply = self._reply(turn)
        if reply.proved >= reply.sent:  # Twilio had nothing left: these sound from now on.
            reply.proved_at = self._clock()
        reply.sent += samples
        if reply.total is not None and reply.sent >= reply.total:
            return self._end(turn, reply)
        return self._mark(turn, reply) if reply.sent - reply.marked >= MARK_SECONDS * self._rate else ""

    def complete(self, turn: int, total: int) -> str:
        """Reply `turn` has `total` samples and no more."""
        if turn not in self._replies and not total:
            return ""
        reply = self._reply(turn)
        reply.total = total
        return self._end(turn, reply) if reply.sent >= total else ""

    def came_back(self, name: str) -> Played | None:
        """None: a mark that proves nothing."""
        promise = self._outstanding.pop(name, None)
        if promise is None:
            return None
        reply = self._replies.get(promise.turn)
        if reply is None:
            return None
        reply.proved, reply.proved_at = max(reply.proved, promise.samples), self._clock()
        if promise.done:
            self._forget_before(promise.turn)
        return Played(promise.turn, reply.proved, done=promise.done)

    def cleared(self, turn: int) -> Played:
        """Twilio is told to drop all it holds; reply `turn` stops where this says."""
        heard = self._reckoned(turn)
        self._outstanding.clear()
        self._replies.clear()
        return Played(turn, heard, done=True)

    def held(self, turn: int, heard: int) -> None:
        """The same, and reply `turn` goes on after sample `heard`: its dropped rest is sent again."""
        reply = self._reply(turn)
        self._outstanding.clear()
        reply.sent = reply.marked = reply.proved = heard
        reply.ended = False

    def overdue(self) -> bool:
        return len(self._outstanding) > MAX_OUTSTANDING

    def _reckoned(self, turn: int) -> int:
        """What is proved, and what must have followed since; never past a mark that has not come back."""
        reply = self._replies.get(turn)
        if reply is None:
            return 0
        since = round((self._clock() - reply.proved_at) * self._rate)
        next_mark = min(
            (promise.samples for promise in self._outstanding.values() if promise.turn == turn), default=reply.sent
        )
        return max(reply.proved, min(reply.proved + since, next_mark, reply.sent))

    def _end(self, turn: int, reply: _Reply) -> str:
        if reply.ended:
            return ""
        reply.ended = True
        return self._mark(turn, reply, done=True)

    def _mark(self, turn: int, reply: _Reply, *, done: bool = False) -> str:
        self._names += 1
        name = f"m{self._names}"
        reply.marked = reply.sent
        self._outstanding[name] = _Promise(turn, reply.sent, done)
        return name

    def _reply(self, turn: int) -> _Reply:
        return self._replies.setdefault(turn, _Reply(proved_at=self._clock()))

    def _forget_before(self, turn: int) -> None:
        for old in [number for number in self._replies if number < turn]:
            del self._replies[old]
