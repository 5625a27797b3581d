"""One thread that owns a language model's context and serves every conversation's requests from it.

Each step computes one batch: the next token of every reply being written, and a piece of the
prompts still to be read. Whoever waits for an answer comes first; reading ahead gets what is left.
A request is stopped between two steps, and what it has read stays for the next one of its owner.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from inference.engines.base import always, never
from inference.engines.sampling import Scores
from inference.engines.token_caches import Holding, TokenCaches, common
from inference.errors import EngineError, EngineNotReady
from inference.lanes import LANES, Lane, Ticket

log = logging.getLogger(__name__)

URGENT_PIECE = 16
"""Prompt tokens of an answer somebody waits for, in one step. More is hardly faster a token, and the step
in hand is what a stop, a recognition pass and everybody else wait for."""
AHEAD_PIECE = 8
HELD_PIECE = 4
"""Of an answer to words that may still grow: as a rule they do, and the next try waits for the step in hand."""
REST_SECONDS = 0.004
ASIDE_BYTES = 1 << 30
"""Caches put aside for conversations that lost their place, in memory."""


class Context(Protocol):
    """The part of `ik_library.Context` that the loop drives."""

    cells: int
    sequences: int
    batch: int

    @property
    def used(self) -> int: ...
    def read(self, rows: Sequence[tuple[int, int, int, bool]]) -> bool: ...
    def logits(self, row: int) -> Scores: ...
    def share(self, source: int, target: int, length: int) -> None: ...
    def cut(self, sequence: int, length: int) -> None: ...
    def compact(self) -> None: ...
    def state(self, sequence: int) -> bytes: ...
    def restore(self, sequence: int, state: bytes) -> bool: ...


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


class DecodeLoop:
    """`forget` and `submit` may be called from any thread; everything else happens on the loop's own."""

    def __init__(self, context: Context, *, aside_bytes: int = ASIDE_BYTES, lane: Lane | None = None) -> None:
        self._context = context
        self._caches = TokenCaches(context.sequences)
        self._aside: OrderedDict[str, tuple[list[int], bytes]] = OrderedDict()
        self._aside_bytes = aside_bytes
        self._lane = lane or LANES["chat"]
        self._changed = threading.Condition()
        self._arrived: list[Request] = []
        self._gone: list[str] = []
        self._calls: list[Callable[[], None]] = []
        self._closed = False
        self._active: list[Request] = []
        self._thread = threading.Thread(target=self._work, name="language model", daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> None:
        """Queue `request`. Of one owner's requests the later waits for the earlier, unless that is stopped.

        Raises EngineNotReady after `close`, ValueError for a prompt without tokens.
        """
        if not request.prompt:
            raise ValueError("A prompt has at least one token.")
        with self._changed:
            if self._closed:
                raise EngineNotReady("The language model is closed.")
            request.ticket = self._lane.enter("urgent" if rank(request) is Rank.ANSWER else "optional")
            self._arrived.append(request)
            self._changed.notify()

    def forget(self, owner: str) -> None:
        """The owner is gone: its place is free."""
        with self._changed:
            self._gone.append(owner)
            self._changed.notify()

    def call(self, work: Callable[[], None]) -> None:
        """Run `work`, which must not raise, on the loop's thread between two steps."""
        with self._changed:
            if self._closed:
                raise EngineNotReady("The language model is closed.")
            self._calls.append(work)
            self._changed.notify()

    def close(self) -> None:
        """End after the step in hand, fail what is left, join the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    # --- states, on the loop's thread -------------------------------------------------------------

    def state(self, owner: str) -> bytes:
        """The owner's cache as bytes; empty when it has none."""
        holding = self._caches.get(owner)
        return self._context.state(holding.sequence) if holding is not None else b""

    def holds(self, owner: str) -> bool:
        """Whether the owner's tokens are in the cache or aside."""
        return owner in self._caches or owner in self._aside

    def put_aside(self, owner: str) -> None:
        """Out of the cache and into memory: tokens that nobody works with make every computation slower."""
        holding = self._caches.get(owner)
        if holding is not None and not holding.busy:
            self._put_aside(holding)

    def restore(self, owner: str, tokens: list[int], state: bytes) -> bool:
        """Give a new owner a cache that was kept. False when it does not fit this context.

        An owner who is there already keeps what it has: False when those are other tokens.
        """
        present = self._caches.get(owner)
        if present is not None:
            return present.tokens == tokens
        holding = self._seat(owner)
        if holding is None:
            return False
        holding.busy = True
        restored = self._fill(holding, tokens, state)
        holding.busy = False
        if not restored:
            self._drop(owner)
        return restored

    # --- the loop -----------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while self._admit():
                self._end_stopped()
                self._drop_outdated()
                seated = {id(request) for request in sorted(self._active, key=rank) if self._begin(request)}
                plan = pieces([request for request in self._active if id(request) in seated], self._context.batch)
                if plan:
                    began = time.monotonic()
                    self._step(plan)
                    if any(request.urgent for request, _ in plan):
                        self._lane.worked(time.monotonic() - began)
                elif self._active:
                    self._rest()
        finally:
            self._end()

    def _rest(self) -> None:
        """Everybody there is held, or has no place: look again in a moment, or when something comes."""
        with self._changed:
            if not (self._arrived or self._gone or self._calls or self._closed):
                self._changed.wait(REST_SECONDS)

    def _end(self) -> None:
        """Closed, or broken by a fault of ours: nobody may wait for a thread that is gone."""
        with self._changed:
            self._closed = True
        for request in (*self._active, *self._arrived):
            if request.ticket is not None:
                request.ticket.leave()
            request.done(EngineNotReady("The language model is closed."))
        for call in self._calls:
            call()

    def _admit(self) -> bool:
        """Wait for work, take in what has come. False when the loop is closed."""
        with self._changed:
            while not (self._active or self._arrived or self._gone or self._calls or self._closed):
                self._changed.wait()
            if self._closed:
                return False
            arrived, self._arrived = self._arrived, []
            gone, self._gone = self._gone, []
            calls, self._calls = self._calls, []
        self._active += arrived
        for owner in gone:
            for request in self._active:
                request.stopped = request.stopped or request.owner == owner
            self._end_stopped()
            self._drop(owner)
        for call in calls:
            call()
        return True

    def _end_stopped(self) -> None:
        for request in [request for request in self._active if request.stopped]:
            self._finish(request)

    def _begin(self, request: Request) -> bool:
        """Give a request its place, with all of its prompt that is there already. False: not yet."""
        if request.holding is not None:
            return True
        if request.crowded:
            return False
        if any(other.begun and other.owner == request.owner and other is not request for other in self._active):
            return False
        holding = self._seat(request.owner)
        if holding is None and self._displace(rank(request)):
            holding = self._seat(request.owner)
        if holding is None:
            return False  # Everybody is at work: some request ends first.
        holding.busy = True
        wanted = request.pending if request.begun else request.prompt
        self._take_from_aside(holding, wanted)
        start = self._caches.start(holding, wanted)
        if start.source is not None:
            self._context.cut(holding.sequence, 0)
            self._context.share(start.source.sequence, holding.sequence, start.length)
        else:
            self._context.cut(holding.sequence, start.length)
        holding.tokens = wanted[: start.length]
        request.holding, request.pending = holding, wanted[start.length :]
        if not request.begun:
            request.begun, request.cached = True, start.length
        return True

    def _displace(self, wanted: Rank) -> bool:
        """Whoever only reads ahead leaves its place to an answer; it goes on where it was when there is one again."""
        ahead = [each for each in self._active if each.holding is not None and each.reading and rank(each) > wanted]
        if not ahead:
            return False
        request = max(ahead, key=rank)
        holding = request.holding
        assert holding is not None
        request.pending = [*holding.tokens, *request.pending]
        request.holding, holding.busy = None, False
        return True

    def _drop_outdated(self) -> None:
        """What an owner reads ahead is of no use to anybody once its answer is asked for: that one reads it too."""
        asked: set[str] = set()
        for request in reversed(list(self._active)):
            if request.urgent:
                asked.add(request.owner)
            elif request.limit == 0 and not request.background and request.owner in asked:
                self._finish(request)

    def _step(self, plan: Sequence[tuple[Request, int]]) -> None:
        """Compute the plan. A failure of the model ends all of its requests; a full cache only delays the last one."""
        rows: list[tuple[int, int, int, bool]] = []
        last: list[tuple[Request, int]] = []
        for request, count in plan:
            assert request.holding is not None
            place = len(request.holding.tokens)
            complete = count == len(request.pending)
            wanted = complete and request.limit > 0
            for index, token in enumerate(request.pending[:count]):
                rows.append((token, place + index, request.holding.sequence, wanted and index == count - 1))
            if complete:
                last.append((request, len(rows) - 1))
        try:
            if not self._read(rows):
                self._crowd_out()
                return
        except EngineError as error:
            for request, _ in plan:
                self._fail(request, error)
            return
        for request, count in plan:
            assert request.holding is not None
            if request.ticket is not None:
                request.ticket.begin()
            request.holding.tokens += request.pending[:count]
            del request.pending[:count]
        for request, row in last:
            self._write(request, row)

    def _write(self, request: Request, row: int) -> None:
        if request.limit == 0:
            self._finish(request)
            return
        try:
            goes_on = self._choose(request, row)
        except Exception as error:  # one reply's grammar or text: the others go on
            log.exception("A reply of the language model failed")
            self._fail(request, error if isinstance(error, EngineError) else EngineError("The reply failed."))
            return
        if not goes_on:
            self._finish(request)

    def _choose(self, request: Request, row: int) -> bool:
        """The reply's next token. False when it ends here."""
        token = request.choose(self._context.logits(row))
        if token < 0 or request.stopped:
            return False
        request.written += 1
        request.pending = [token]
        return request.take(token) and request.written < request.limit

    def _read(self, rows: Sequence[tuple[int, int, int, bool]]) -> bool:
        """Compute; when the cache is full, make room: gaps first, then whoever has been idle longest.

        False: it is full of tokens that are being worked with.
        """
        compacted = False
        while self._context.used + len(rows) > self._context.cells or not self._context.read(rows):
            if not compacted and self._context.used + len(rows) <= self._context.cells:
                self._context.compact()
                compacted = True
            elif (idle := self._caches.idle_longest()) is not None:
                self._put_aside(idle)
                compacted = False
            else:
                return False
        return True

    def _crowd_out(self) -> None:
        """Everybody is at work and the cache is full: who matters least, and came last, gives up its cells for now.

        It goes on with the same words when another one has ended. Alone it never fits, and fails.
        """
        begun = [request for request in self._active if request.holding is not None]
        # Of equals `max` takes the first, which is here the one that came last.
        request = max(reversed(begun), key=rank)
        holding = request.holding
        assert holding is not None
        if len(begun) == 1:
            self._fail(request, EngineError("The language model's cache is full.", code="engine_busy"))
            return
        request.pending = [*holding.tokens, *request.pending]
        request.holding, request.crowded, holding.busy = None, True, False
        self._put_aside(holding)

    def _finish(self, request: Request) -> None:
        self._release(request)
        request.done(Finished(request.cached, request.written))

    def _fail(self, request: Request, error: EngineError) -> None:
        """What the sequence holds is unknown now: it begins anew."""
        self._release(request)
        self._drop(request.owner)
        request.done(error)

    def _release(self, request: Request) -> None:
        self._active.remove(request)
        if request.ticket is not None:
            request.ticket.leave()
        for other in self._active:
            other.crowded = False
        if request.holding is not None:
            request.holding.busy = False
            self._caches.touch(request.holding)

    # --- places -------------------------------------------------------------------------------------

    def _seat(self, owner: str) -> Holding | None:
        """The owner's sequence, or a free one; None when every one is at work."""
        holding = self._caches.get(owner) or self._caches.add(owner)
        if holding is None and (idle := self._caches.idle_longest()) is not None:
            self._put_aside(idle)
            holding = self._caches.add(owner)
        return holding

    def _drop(self, owner: str) -> None:
        self._aside.pop(owner, None)
        holding = self._caches.remove(owner)
        if holding is not None:
            self._context.cut(holding.sequence, 0)

    def _put_aside(self, holding: Holding) -> None:
        """Empty a sequence; its owner finds the tokens again as long as there is memory for them."""
        if holding.tokens:
            state = self._context.state(holding.sequence)
            self._drop(holding.owner)
            self._aside[holding.owner] = (holding.tokens, state)
            while self._aside and sum(len(kept) for _, kept in self._aside.values()) > self._aside_bytes:
                self._aside.popitem(last=False)
        else:
            self._drop(holding.owner)

    def _take_from_aside(self, holding: Holding, prompt: Sequence[int]) -> None:
        """Bring back what the owner has aside, or begin with another's tokens, which stay there for the next one."""
        own = self._aside.pop(holding.owner, None)
        if own is not None and not holding.tokens and common(own[0], prompt):
            self._fill(holding, *own)
        owner = max(self._aside, key=lambda each: common(self._aside[each][0], prompt), default="")
        if not owner:
            return
        kept = self._aside[owner][0]
        shared = common(kept, prompt)
        # A state comes back whole: for the few words that every prompt begins with it is not worth the room.
        if 2 * shared < len(kept) or shared <= self._caches.start(holding, prompt).length:
            return
        self._aside.move_to_end(owner)
        self._context.cut(holding.sequence, 0)
        holding.tokens = []
        if not self._fill(holding, *self._aside[owner]):
            self._aside.pop(owner, None)

    def _fill(self, holding: Holding, tokens: Sequence[int], state: bytes) -> bool:
        """Put a cache into an empty sequence at work, which may take idle ones' room. False: it stays empty."""
        while self._context.used + len(tokens) > self._context.cells:
            idle = self._caches.idle_longest()
            if idle is None:
                return False
            self._put_aside(idle)
        if not self._context.restore(holding.sequence, state):
            self._context.cut(holding.sequence, 0)
            self._context.compact()  # it needs its cells side by side
            if not self._context.restore(holding.sequence, state):
                self._context.cut(holding.sequence, 0)
                return False
        holding.tokens = list(tokens)
        return True
