"""The agent's side of a live leg: paced audio out, reports of what was played back in.

It owns the answer to "what has the caller heard of this reply": the player's own word where it
gives one, the pacer's estimate where it does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from channels_io.base import Channel, CloseCode
from channels_io.end_reasons import EndReason
from channels_io.live import messages as out
from channels_io.live.limits import Limits
from channels_io.live.messages import Played
from channels_io.live.pacer import Paced, Pacer, Schedule
from channels_io.live.recorder import Recorder
from channels_io.live.transcript import Transcript
from channels_io.live.waterfall import Measured, Waterfall

KEEP_TURNS = 2
"""Older turns than this are settled."""


class SessionEnded(Exception):
    """Ends the session's task group: `reason` goes into the record, `close_code` onto the socket."""

    def __init__(self, reason: EndReason, close_code: int = CloseCode.NORMAL) -> None:
        super().__init__(reason)
        self.reason = reason
        self.close_code = close_code


class TellPlayback(Protocol):
    """Tells the worker how far reply `turn` was played, in samples."""

    def __call__(self, turn: int, samples: int, *, done: bool) -> Awaitable[None]: ...


class Speaker:
    def __init__(
        self,
        channel: Channel,
        recorder: Recorder,
        transcript: Transcript,
        tell: TellPlayback,
        *,
        limits: Limits,
        clock: Callable[[], float],
        observe: Callable[[Measured], None] = lambda measured: None,
    ) -> None:
        self._channel = channel
        self._observe = observe
        self._recorder = recorder
        self._transcript = transcript
        self._tell = tell
        self._limits = limits
        self._clock = clock
        self._started = clock()
        self._rate = channel.media.rate_out
        self._schedule = Schedule(self._rate)
        self._pacer = Pacer(self._schedule, self._write, clock)
        self.waterfall = Waterfall(self._rate)
        self._turn = self._oldest = 0
        self.newest = 0
        """The newest turn that anything was given of."""
        self._player: dict[int, int] = {}
        self._player_reports = False
        self._told_at = self._started
        self._told: tuple[int, int] = (-1, 0)
        self._cut_waits: tuple[int, int, float] | None = None
        self._ducked: int | None = None
        self._held: tuple[int, float] | None = None
        """The reply that is held, and since when."""

    async def run(self) -> None:
        await self._pacer.run()

    def begin_turn(self, turn: int, *, follows: bool = False) -> None:
        """Audio of older turns is stale from now on; or, if this turn `follows`, is still to be played."""
        self._turn = turn
        if not follows:
            self._oldest = turn
        self._schedule.forget_before(turn - KEEP_TURNS)
        self.waterfall.forget_before(turn - KEEP_TURNS)
        for old in [number for number in self._player if number < turn - KEEP_TURNS]:
            del self._player[old]

    def push(self, turn: int, pcm: bytes) -> None:
        """Raises ProtocolError when far too much waits."""
        self._transcript.reply_given(turn, len(pcm) // 2)
        self.waterfall.arrived(turn, pcm, self._clock())
        self.newest = max(self.newest, turn)
        self._pacer.push(turn, pcm)

    def finish(self, turn: int) -> None:
        self._pacer.finish(turn)

    def silent(self) -> bool:
        return self._schedule.silent(self._clock())

    def played(self, turn: int) -> int:
        """Samples of reply `turn` that the caller has heard."""
        if self._player_reports:
            return self._player.get(turn, 0)
        return self._schedule.played(turn, self._clock())

    async def duck(self, turn: int) -> None:
        """Softer until `release`, `hold` or `cut`."""
        self._ducked = turn
        await self._channel.duck(turn)

    async def hold(self, turn: int) -> None:
        """Silence now; what is left of reply `turn` is kept until `release` or `cut`."""
        if self._held is not None:
            return
        now = self._clock()
        self._held = (turn, now)
        self._pacer.hold(player_keeps=self._channel.can_hold)
        self._recorder.cut(now - self._started)
        self._transcript.reply_held(turn, int((now - self._started) * 1000))
        await self._channel.hold(turn, self._schedule.sent(turn))

    async def release(self) -> None:
        """Go on where it was held, at full volume; nothing when it is neither held nor softer."""
        turn = self._held[0] if self._held is not None else self._ducked
        if turn is None:
            return
        self._held = self._ducked = None
        begins = self._clock() - self._started
        for kept in self._pacer.release():
            ends = begins + len(kept.pcm) // 2 / self._rate
            self._record(kept, begins, ends)
            begins = ends
        await self._channel.release(turn)

    async def cut(self, turn: int) -> None:
        """Silence now: drop what waits, tell the player, and settle where it stopped."""
        now = self._clock()
        estimate = self._schedule.played(turn, now)
        self._held = self._ducked = None
        self._pacer.clear()
        self._recorder.cut(now - self._started)
        await self._channel.clear(turn)
        if self._player_reports:
            self._cut_waits = (turn, estimate, now + self._limits.clear_report)
        else:
            await self._tell(turn, estimate, done=True)

    async def on_played(self, played: Played) -> None:
        """The player's word, never beyond what was sent to it."""
        self._player_reports = True
        samples = max(min(played.samples, self._schedule.sent(played.turn)), self._player.get(played.turn, 0))
        self._player[played.turn] = samples
        if self._cut_waits is not None and self._cut_waits[0] == played.turn:
            if not played.done:
                return
            self._cut_waits = None
        await self._tell(played.turn, samples, done=played.done)

    async def watch(self) -> None:
        """Called every few hundredths of a second."""
        now = self._clock()
        if self._held is not None and now > self._held[1] + self._limits.hold:
            self._transcript.event("hold_forgotten", {"turn": self._held[0]})
            await self.release()
        if self._cut_waits is not None and now > self._cut_waits[2]:
            turn, estimate, _ = self._cut_waits
            self._cut_waits = None
            await self._tell(turn, estimate, done=True)
        if self._player_reports:
            unplayed = self._schedule.sent(self._turn) - self._player.get(self._turn, 0)
            if unplayed > self._limits.unplayed * self._rate:
                raise SessionEnded(EndReason.SLOW_READER, CloseCode.SLOW_READER)
        elif now - self._told_at >= self._limits.playback_every:
            await self._tell_estimate(now)

    async def _tell_estimate(self, now: float) -> None:
        turn = self._turn
        played = self._schedule.played(turn, now)
        if not played or self._told == (turn, played):
            return
        self._told, self._told_at = (turn, played), now
        done = self._schedule.finished(turn) and played >= self._schedule.sent(turn)
        await self._tell(turn, played, done=done)

    async def _write(self, paced: Paced) -> None:
        if paced.turn < self._oldest:
            return
        ends = self._schedule.play_ends() - self._started
        try:
            async with asyncio.timeout(self._limits.send):
                await self._channel.send_audio(paced.turn, paced.pcm)
        except TimeoutError:
            raise SessionEnded(EndReason.SLOW_READER, CloseCode.SLOW_READER) from None
        if self._held is None:  # Held while it was being written: it will sound later.
            self._record(paced, ends - len(paced.pcm) // 2 / self._rate, ends)
        await self.measured(self.waterfall.wrote(paced.turn, paced.pcm, self._clock()))

    def _record(self, paced: Paced, begins: float, ends: float) -> None:
        """Seconds since the start of the leg."""
        self._recorder.agent(paced.pcm, begins)
        self._transcript.reply_played(paced.turn, int(begins * 1000), int(ends * 1000))

    async def measured(self, measured: Measured | None) -> None:
        """A waterfall is complete: keep it and show it."""
        if measured is None:
            return
        self._transcript.timing(measured)
        await self._channel.send(
            out.Timing(
                measured.turn,
                measured.v2v_ms,
                measured.spans,
                measured.prompt_tokens,
                measured.cached_tokens,
                measured.reply_tokens,
                measured.guesses_wasted,
                measured.filler,
            )
        )
        self._observe(measured)
