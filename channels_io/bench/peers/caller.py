"""The caller on a peer's wire: raw PCM both ways, JSON for the rest (see deploy/bench_peers/pipecat_server.py).

The same microphone, player and first-sound rule as `simulators.browser_caller`: t0 is when the frame
with the last audible sample is written, t1 the arrival of the first frame that is audible for 20 ms.
A peer tells no turn numbers, so what sounds after an utterance began is the answer to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

import msgspec
import numpy as np
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from channels_io.live.waterfall import FirstSound
from channels_io.simulators.browser_caller import RATE_OUT, CallFailed
from channels_io.simulators.microphone import Frame, Microphone, Speech
from channels_io.simulators.player import Player
from inference.audio import AUDIBLE_DBFS, FRAME_MS, level_dbfs

WINDOW = RATE_OUT // 100
BREATH_SECONDS = 0.3
"""A peer that paused for less is still speaking: between words, or between frames that come just in time."""


class Told(Struct, frozen=True):
    """A text message of the peer; `clear` has no text."""

    type: Literal["heard", "said", "clear"]
    text: str = ""


class PeerUtterance:
    """One thing the caller said and what came of it. Times of the monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.began = 0.0
        """The frame with the first audible sample was written; 0 before."""
        self.ended: float | None = None
        """t0: the frame with the last audible sample was written."""
        self.sound = FirstSound(RATE_OUT)
        """What the peer made audible since the utterance began."""
        self.sounding = False
        """The peer was speaking, or taking a breath, when the caller began: a barge-in."""
        self.silent_at: float | None = None
        """The peer's `clear` arrived, where it was sounding."""
        self.taken_at: float | None = None
        """The peer took the turn for the first time."""
        self.heard: list[str] = []
        self.said: list[str] = []

    @property
    def cut_off(self) -> bool:
        """The peer took the turn, or became audible, before the caller had finished."""
        first = min((at for at in (self.taken_at, self.sound.at) if at is not None), default=None)
        return first is not None and (self.ended is None or first < self.ended)

    @property
    def v2v_ms(self) -> float | None:
        if self.ended is None or self.sound.at is None or self.cut_off:
            return None
        return (self.sound.at - self.ended) * 1000

    @property
    def silent_ms(self) -> float | None:
        return None if self.silent_at is None else (self.silent_at - self.began) * 1000


class PeerCaller:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.player = Player(RATE_OUT)
        self.utterances: list[PeerUtterance] = []
        self.lateness: list[float] = []
        """Seconds by which each frame left too late."""
        self.opened = time.monotonic()
        self.greeting = FirstSound(RATE_OUT)
        self.audible_until = 0.0
        """When the last audible sample that came will have been played."""
        self._turn = 0
        self._microphone = Microphone()
        self._written: asyncio.Future[None] | None = None
        self._changed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str) -> AsyncGenerator[PeerCaller]:
        """An open call, hung up on leaving. Raises CallFailed when it is refused."""
        try:
            socket = await connect(url, compression=None, proxy=None)
        except OSError as error:
            raise CallFailed("unreachable", f"Nobody answers at {url}.") from error
        except InvalidHandshake as error:
            raise CallFailed("refused", f"{url} does not take the call: {error}.") from error
        caller = cls(socket)
        async with socket:
            running = [asyncio.create_task(work) for work in (caller._read(), caller._speak_frames())]
            try:
                yield caller
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)

    # --- what the caller does and waits for -----------------------------------------------------

    async def speak(self, speech: Speech) -> PeerUtterance:
        """Say it; returns when the last frame was written. Raises CallFailed when the call ends meanwhile."""
        if self.closed:
            raise self._failure()
        utterance = PeerUtterance()
        self._written = asyncio.get_running_loop().create_future()
        self.utterances.append(utterance)
        self._microphone.say(speech)
        await self._written
        return utterance

    def enter_room(self, room: tuple[bytes, ...]) -> None:
        """What the microphone hears between utterances from now on."""
        self._microphone.enter(room)

    async def comes_true(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until `condition` holds, the call ends or the time is over; whether it holds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                while not (condition() or self.closed):
                    self._changed.clear()
                    await self._changed.wait()
        return condition()

    async def reaches(self, moment: float) -> None:
        """Sleep until `moment` of the monotonic clock, or the call's end."""
        await self.comes_true(lambda: False, moment - time.monotonic())

    async def wait_until_quiet(self, settled: float, seconds: float) -> bool:
        """Until nothing audible has played for `settled` seconds; False when `seconds` were not enough.

        Judged by level: a peer may pad with silence, and tells no end of its answers.
        """
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until and not self.closed:
            if now >= self.audible_until + settled:
                return True
            await self.reaches(min(self.audible_until + settled, until))
        return time.monotonic() >= self.audible_until + settled

    @property
    def closed(self) -> bool:
        return self._socket.close_code is not None

    # --- up -------------------------------------------------------------------------------------

    async def _speak_frames(self) -> None:
        due = time.monotonic()
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                frame = self._microphone.next()
                await self._socket.send(frame.pcm)
                self.lateness.append(time.monotonic() - due)
                if frame.speech is not None:
                    # Timed from when it was due, as on Parley's wire.
                    self._wrote(frame, frame.speech, due)
                due += FRAME_MS / 1000

    def _wrote(self, frame: Frame, speech: Speech, now: float) -> None:
        utterance = self.utterances[-1]
        if frame.index == speech.first:
            utterance.began = now
            utterance.sounding = now < self.audible_until + BREATH_SECONDS
        if frame.index == speech.last:
            utterance.ended = now
        if frame.index == len(speech.frames) - 1 and self._written is not None:
            self._written.set_result(None)
            self._written = None

    # --- down -----------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                now = time.monotonic()
                if isinstance(message, bytes):
                    self._on_audio(message, now)
                else:
                    self._on_told(msgspec.json.decode(message, type=Told), now)
        except ConnectionClosed:
            pass  # Who waits sees `closed`.
        finally:
            self._give_up()

    def _on_audio(self, pcm: bytes, now: float) -> None:
        begins = max(self.player.ends(), now)
        self.player.receive(self._turn, pcm, now)
        last = last_audible(pcm)
        if last:
            self.audible_until = begins + last / RATE_OUT
        sound = self._listening_to()
        if sound is not None and sound.feed(pcm, now):
            self._changed.set()

    def _listening_to(self) -> FirstSound | None:
        """None while the peer still says what the caller is falling into."""
        if not self.utterances:
            return self.greeting
        utterance = self.utterances[-1]
        if not utterance.began or (utterance.sounding and utterance.silent_at is None):
            return None
        return utterance.sound

    def _on_told(self, told: Told, now: float) -> None:
        utterance = self.utterances[-1] if self.utterances else None
        if told.type == "clear":
            self.player.clear(self._turn, now)
            self._turn += 1
            self.audible_until = min(self.audible_until, now)
            if utterance is not None and utterance.sounding and utterance.silent_at is None:
                utterance.silent_at = now
        elif utterance is not None and told.type == "heard":
            utterance.heard.append(told.text)
            utterance.taken_at = now if utterance.taken_at is None else utterance.taken_at
        elif utterance is not None:
            utterance.said.append(told.text)
        self._changed.set()

    def _give_up(self) -> None:
        if self._written is not None and not self._written.done():
            self._written.set_exception(self._failure())
        self._changed.set()

    def _failure(self) -> CallFailed:
        return CallFailed("closed", f"The peer closed the call with code {self._socket.close_code}.")


def last_audible(pcm: bytes) -> int:
    """Samples up to the end of the last 10 ms window above -45 dBFS; 0 when there is none."""
    samples = np.frombuffer(pcm, dtype="<i2")
    loud = [at for at in range(0, len(samples), WINDOW) if level_dbfs(samples[at : at + WINDOW]) > AUDIBLE_DBFS]
    return min(loud[-1] + WINDOW, len(samples)) if loud else 0
