"""One thread that owns a language model's context and serves every conversation's requests from it.

Each step computes one batch: the next token of every reply being written, and a piece of the
prompts still to be read. Whoever waits for an answer comes first; reading ahead gets what is left.
A request is stopped between two steps, and what it has read stays for the next one of its owner.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from inference.engines.decode_places import Context, Places
from inference.engines.decode_plan import Finished, Rank, Request, pieces, rank
from inference.errors import EngineError, EngineNotReady
from inference.lanes import LANES, Lane

log = logging.getLogger(__name__)

REST_SECONDS = 0.004
ASIDE_BYTES = 1 << 30
"""Caches put aside for conversations that lost their place, in memory."""


class DecodeLoop:
    """`forget` and `submit` may be called from any thread; everything else happens on the loop's own."""

    def __init__(self, context: Context, *, aside_bytes: int = ASIDE_BYTES, lane: Lane | None = None) -> None:
        self._context = context
        self.places = Places(context, aside_bytes=aside_bytes)
        """To be touched by `call` only."""
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
            self.places.drop(owner)
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
        holding = self.places.seat(request.owner)
        if holding is None and self._displace(rank(request)):
            holding = self.places.seat(request.owner)
        if holding is None:
            return False  # Everybody is at work: some request ends first.
        holding.busy = True
        wanted = request.pending if request.begun else request.prompt
        cached = self.places.begin(holding, wanted)
        request.holding, request.pending = holding, wanted[cached:]
        if not request.begun:
            request.begun, request.cached = True, cached
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
            if not self.places.read(rows):
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
        self.places.empty(holding)

    def _finish(self, request: Request) -> None:
        self._release(request)
        request.done(Finished(request.cached, request.written))

    def _fail(self, request: Request, error: EngineError) -> None:
        """What the sequence holds is unknown now: it begins anew."""
        self._release(request)
        self.places.drop(request.owner)
        request.done(error)

    def _release(self, request: Request) -> None:
        self._active.remove(request)
        if request.ticket is not None:
            request.ticket.leave()
        for other in self._active:
            other.crowded = False
        if request.holding is not None:
            self.places.leave(request.holding)
