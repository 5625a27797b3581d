"""Requests to a language model's loop, and how much of each its next batch computes. Pure but for what a request asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from inference.engines.base import always, never
from inference.engines.sampling import Scores
from inference.engines.token_caches import Holding
from inference.errors import EngineError
from inference.lanes import Ticket

URGENT_PIECE = 16
"""Prompt tokens of an answer somebody waits for, in one step. More is hardly faster a token, and the step
in hand is what a stop, a recognition pass and everybody else wait for."""
AHEAD_PIECE = 8
HELD_PIECE = 4
"""Of an answer to words that may still grow: as a rule they do, and the next try waits for the step in hand."""


@dataclass(frozen=True, slots=True)
class Finished:
    """`cached` of the prompt's tokens were there already; `written` tokens make the reply."""

    cached: int
    written: int


@dataclass(slots=True, eq=False)
class Request:
    """A prompt to read for `owner`, and up to `limit` tokens to write after it (0: none).

    `choose` (scores → token, -1 to end), `take` (token → whether to go on) and `done` run on the
    loop's thread and must be quick. `done` is called exactly once. Anyone may set `stopped`.
    """

    owner: str
    prompt: list[int]
    limit: int
    urgent: bool
    choose: Callable[[Scores], int]
    take: Callable[[int], bool]
    done: Callable[[Finished | EngineError], None]
    stopped: bool = False
    holding: Holding | None = None
    cached: int = 0
    written: int = 0
    pending: list[int] = field(default_factory=list)
    """Tokens to compute next: the rest of the prompt, then the token just written."""
    background: bool = False
    """Work that nobody waits for, not even by speaking: it gets what all others leave."""
    awaited: Callable[[], bool] = always
    """Whether somebody waits for the answer by now, or it is a guess at what may be asked."""
    held: Callable[[], bool] = never
    """While it says yes, nothing more is written than the first token."""
    begun: bool = False
    ticket: Ticket | None = None
    """Its wait, as the lane counts it."""
    crowded: bool = False
    """It gave up its cells to others, and waits until one of them has ended."""

    @property
    def reading(self) -> bool:
        return self.written == 0 or len(self.pending) > 1


def pieces(requests: Sequence[Request], room: int) -> list[tuple[Request, int]]:
    """How many tokens of each request the next batch of `room` takes.

    Replies in progress go on in any case. Background work takes part while nobody else has a prompt to read.
    """
    readers = [request for request in requests if request.reading]
    first = min(map(rank, readers), default=Rank.BACKGROUND)
    if first < Rank.BACKGROUND:
        requests = [request for request in requests if not request.background]
    plan = [(request, 1) for request in requests if not request.reading and not request.held()][:room]
    room = min(room - len(plan), _piece(first, readers))
    if plan and first > Rank.ANSWER:
        room //= 2  # What may be for nothing makes the replies in progress wait: less of it while there are any.
    return plan + shares([request for request in readers if rank(request) == first], room)


def _piece(first: Rank, readers: Sequence[Request]) -> int:
    if first > Rank.GUESS:
        return AHEAD_PIECE
    sure = any(rank(request) == first and not request.held() for request in readers)
    return URGENT_PIECE if sure else HELD_PIECE


def shares(readers: Sequence[Request], room: int) -> list[tuple[Request, int]]:
    """`room` tokens shared out: the shortest first, so that few wait, but a quarter to whoever came first."""
    counts = {id(request): 0 for request in readers}
    shortest_first = sorted(readers, key=lambda each: len(each.pending))
    for request, most in [*((first, max(1, room // 4)) for first in readers[:1]), *((r, room) for r in shortest_first)]:
        count = min(most, room, len(request.pending) - counts[id(request)])
        counts[id(request)] += count
        room -= count
    return [(request, counts[id(request)]) for request in readers if counts[id(request)]]


class Rank(IntEnum):
    """Who goes first, smallest first."""

    ANSWER = 0
    """Somebody waits for it."""
    GUESS = 1
    """An answer to what may be the caller's whole turn."""
    AHEAD = 2
    BACKGROUND = 3


def rank(request: Request) -> Rank:
    """Asked anew at each step: a guess that comes true is an answer."""
    if request.background:
        return Rank.BACKGROUND
    if not request.urgent:
        return Rank.AHEAD
    return Rank.ANSWER if request.awaited() else Rank.GUESS
