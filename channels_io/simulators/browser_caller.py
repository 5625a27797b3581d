"""The caller, played from outside over the real browser_voice socket. All voice figures come from here.

20 ms frames on a wall clock, room tone after the words, a player that obeys `floor` and `clear` and
reports `played`. Voice-to-voice time runs from t0, the moment the frame with the last sample above -45 dBFS
is written, to t1, the arrival of the first agent frame that is above it for 20 ms. The clock is read
before a frame is written and after one has arrived: a slow driver can only make figures worse.

    async with BrowserCaller.connect("ws://127.0.0.1:8000", ticket) as caller:
        await caller.wait_until_quiet()
        await caller.speak(samples)
        turn = await caller.answer()
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from channels_io.live import messages
from channels_io.live.messages import ChannelEvent, Inbound
from channels_io.live.waterfall import FirstSound
from channels_io.simulators.microphone import RATE, Frame, Microphone, Speech, speech_of
from channels_io.simulators.player import Player
from inference.audio import FRAME_MS, AudioFrame, Samples
from inference.events import Span

RATE_IN = RATE
RATE_OUT = 24_000
REPORT_SECONDS = 0.1
READY_SECONDS = 30.0
ANSWER_SECONDS = 30.0
GREETING_SECONDS = 5.0


class CallFailed(Exception):
    """The call did not come about or broke: `code` as the server gave it, or "closed"."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


@dataclass(slots=True)
class Utterance:
    """One thing the caller said. Times of the monotonic clock, in seconds."""

    began: float = 0.0
    """The frame with the first audible sample was written; 0 before."""
    ended: float | None = None
    """t0: the frame with the last audible sample was written."""
    ducked_ms: float | None = None
    """From `began` to the server's word to play softer, if the agent was sounding."""
    silent_ms: float | None = None
    """From `began` to the player first falling silent by a `hold` or a `clear`, if the agent was sounding."""
    held_ms: float | None = None
    """How long the agent was held before it was released, all times together; None when it never was."""
    held_since: float | None = None
    """The agent is held, from then on."""
    said_by_then: int = 0
    """Samples of the reply `over` that had sounded when it first fell silent."""
    agent_sounding: bool = False
    """The agent was speaking when the caller began: a barge-in."""
    over: int = -1
    """The reply that it fell into."""
    turns: list[int] = field(default_factory=list)


@dataclass(slots=True)
class TurnResult:
    """One turn of the caller as the system took it, and its answer as it arrived here."""

    number: int
    heard: str
    source: str
    utterance: Utterance | None = None
    said: str = ""
    done: bool = False
    sound_at: float | None = None
    """t1, on the monotonic clock."""
    v2v_ms: float | None = None
    """Measured here: t1 - t0. None for a typed turn, and for an answer that came too early."""
    cut_off: bool = False
    """The answer began before the caller's utterance was over."""
    server_v2v_ms: float | None = None
    spans: tuple[Span, ...] = ()
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0


@dataclass(slots=True)
class CallResult:
    greeting: str
    greeting_ms: float | None
    """From the socket's opening to the first audible sample of the greeting."""
    turns: list[TurnResult]
    utterances: list[Utterance]
    failures: list[messages.Failed]
    agent_audio: Samples
    """All that the player played, at 24 kHz, from the opening on."""
    lateness_p99_ms: float
    """How late this driver wrote its frames; figures are void at 2 ms or more."""
    close_code: int | None


class BrowserCaller:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.opened = time.monotonic()
        self.player = Player(RATE_OUT)
        self.ready: messages.Ready | None = None
        self.ended: messages.Ended | None = None
        self.events: list[tuple[float, ChannelEvent]] = []
        self.turns: dict[int, TurnResult] = {}
        self.utterances: list[Utterance] = []
        self.failures: list[messages.Failed] = []
        self._said: dict[int, str] = {}
        self._finished: set[int] = set()
        self._asked = -1
        """The newest turn when the caller last began to say something."""
        self._sounds: dict[int, FirstSound] = {}
        self._sentences: deque[tuple[Utterance, Speech, asyncio.Future[None]]] = deque()
        self._microphone = Microphone()
        self._lateness: list[float] = []
        self._changed = asyncio.Event()
        self.muted = False
        """No frames at all: a page whose microphone is off."""

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, url: str, ticket: str, *, origin: str | None = None, kind: str = "browser_voice"
    ) -> AsyncGenerator[BrowserCaller]:
        """An open call, hung up on leaving. Raises CallFailed when it is refused."""
        address = f"{url.rstrip('/')}/ws/{kind}/?ticket={ticket}"
        try:
            socket = await connect(address, origin=origin, compression=None, proxy=None)  # type: ignore[arg-type]
        except OSError as error:
            raise CallFailed("unreachable", f"Nobody answers at {url}. Is Parley running?") from error
        except InvalidHandshake as error:
            raise CallFailed("refused", f"{url} does not take the call: {error}.") from error
        caller = cls(socket)
        async with socket:
            running = [asyncio.create_task(work) for work in (caller._read(), caller._speak_frames(), caller._report())]
            try:
                await caller.wait(lambda: caller.ready is not None or caller.closed, READY_SECONDS)
                if caller.ready is None:
                    raise caller._failure()
                yield caller
                await caller.hang_up()
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)

    # --- what the caller does -------------------------------------------------------------------

    async def speak(self, said: Samples | Speech) -> Utterance:
        """Say int16 16 kHz samples; returns when the last was written. Raises CallFailed when the call ends meanwhile."""
        speech = said if isinstance(said, Speech) else speech_of(said)
        if self.closed:
            raise self._failure()
        utterance = Utterance()
        self._asked = max(self.turns, default=-1)
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.utterances.append(utterance)
        self._sentences.append((utterance, speech, written))
        self._microphone.say(speech)
        await written
        return utterance

    def enter_room(self, room: tuple[bytes, ...]) -> None:
        """What the microphone hears between utterances from now on: these frames, again and again."""
        self._microphone.enter(room)

    async def type(self, text: str, message_id: str = "") -> None:
        self._asked = max(self.turns, default=-1)
        await self._send(messages.Text(text, message_id))

    async def hang_up(self) -> None:
        """Say goodbye and wait a moment for the server's."""
        if not self.closed:
            await self._send(messages.Hangup())
            with suppress(TimeoutError):
                await self.wait(lambda: self.ended is not None or self.closed, 2.0)

    # --- what the caller waits for --------------------------------------------------------------

    async def wait(self, condition: Callable[[], bool], seconds: float) -> None:
        """Until `condition` holds. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def wait_until_quiet(self, seconds: float = ANSWER_SECONDS) -> None:
        """Until what the agent is saying was said and played to its end. An agent may also begin with silence."""
        with suppress(TimeoutError):
            await self.wait(lambda: bool(self._said) or self.closed, GREETING_SECONDS)
        await self.wait(lambda: self._all_here() or self.closed, seconds)
        while not self.closed:
            if self.player.held:
                await self.wait(lambda: not self.player.held or self.closed, seconds)
            elif (left := self.player.ends() - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    await self.wait(lambda: self.player.held or self.closed, left)
            else:
                return

    async def answer(self, seconds: float = ANSWER_SECONDS) -> TurnResult:
        """The newest turn since `speak` or `type`, answered in full and played. Raises CallFailed, TimeoutError."""
        await self.wait(lambda: self._is_answered() or self.closed, seconds)
        if not self._is_answered():
            raise self._failure()
        await self.wait_until_quiet(seconds)
        return self.turns[max(self.turns)]

    def _all_here(self) -> bool:
        newest = max(self._said, default=-1)
        return newest < 0 or (newest in self._finished and self.player.complete(newest))

    def _is_answered(self) -> bool:
        newest = max(self.turns, default=-1)
        return newest > self._asked and self.turns[newest].done

    @property
    def answered(self) -> bool:
        """Whether the newest thing that was asked is answered in full."""
        return self._is_answered()

    def sounds(self) -> list[tuple[str, float]]:
        """What the agent said, turn by turn, and when its first audible sample came (monotonic clock)."""
        return [(self._said.get(turn, ""), sound.at) for turn, sound in self._sounds.items() if sound.at is not None]

    @property
    def closed(self) -> bool:
        return self._socket.close_code is not None

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code

    def result(self) -> CallResult:
        greeted = self._sounds.get(min(self._sounds, default=-1))
        first = min(self._said, default=-1)
        return CallResult(
            greeting=self._said[first] if first in self._said and first not in self.turns else "",
            greeting_ms=None if greeted is None or greeted.at is None else (greeted.at - self.opened) * 1000,
            turns=[self.turns[number] for number in sorted(self.turns)],
            utterances=self.utterances,
            failures=self.failures,
            agent_audio=self.player.heard(self.opened),
            lateness_p99_ms=float(np.percentile(self._lateness, 99) * 1000) if self._lateness else 0.0,
            close_code=self.close_code,
        )

    # --- up -------------------------------------------------------------------------------------

    async def _send(self, message: Inbound) -> None:
        with suppress(ConnectionClosed):
            await self._socket.send(msgspec.json.encode(message).decode())

    async def _speak_frames(self) -> None:
        due = time.monotonic()
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not self.muted:
                    frame = self._microphone.next()
                    await self._socket.send(frame.pcm)
                    self._lateness.append(time.monotonic() - due)
                    if frame.speech is not None:
                        # Timed from when it was due: lateness here is never a gain for the server.
                        self._wrote(frame, due)
                due += FRAME_MS / 1000

    def _wrote(self, frame: Frame, now: float) -> None:
        utterance, speech, written = self._sentences[0]
        if frame.index == speech.first:
            utterance.began = now
            utterance.agent_sounding = not self.player.silent(now)
            utterance.over = max(self._sounds, default=-1)
        if frame.index == speech.last:
            utterance.ended = now
        if frame.index == len(speech.frames) - 1:
            self._sentences.popleft()
            if not written.done():
                written.set_result(None)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            for played in self.player.reports(time.monotonic()):
                await self._send(played)

    # --- down -----------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                now = time.monotonic()
                if isinstance(message, bytes):
                    self._on_audio(int.from_bytes(message[:4], "little"), message[4:], now)
                else:
                    event = messages.decode_event(message)
                    self.events.append((now, event))
                    await self._on_event(event, now)
                    self._changed.set()
        except ConnectionClosed:
            pass  # How it ended is told by `close_code`.
        finally:
            for *_, written in self._sentences:
                if not written.done():
                    written.set_exception(self._failure())
            self._changed.set()

    def _on_audio(self, turn: int, pcm: bytes, now: float) -> None:
        self.player.receive(turn, pcm, now)
        if turn in self._finished:
            self._changed.set()
        sound = self._sounds.setdefault(turn, FirstSound(RATE_OUT))
        if sound.at is None and sound.feed(pcm, now) and sound.at is not None:
            self._first_sound(turn, sound.at)
            self._changed.set()

    def _first_sound(self, turn: int, at: float) -> None:
        result = self.turns.get(turn)
        if result is None or result.source != "voice":
            return
        result.sound_at = at
        spoken = result.utterance
        if spoken is None:
            return
        if spoken.ended is None or at < spoken.ended:
            result.cut_off = True
        else:
            result.v2v_ms = (at - spoken.ended) * 1000

    async def _on_event(self, event: ChannelEvent, now: float) -> None:
        match event:
            case messages.Ready():
                self.ready = event
            case messages.Floor(move=move):
                self._on_floor(move, now)
            case messages.Heard(turn=turn, text=text, source=source):
                spoken = self.utterances[-1] if self.utterances and source == "voice" else None
                self.turns[turn] = TurnResult(turn, text, source, spoken)
                if spoken is not None:
                    spoken.turns.append(turn)
                sound = self._sounds.get(turn)
                if sound is not None and sound.at is not None:
                    self._first_sound(turn, sound.at)
            case messages.ReplyText(turn=turn, text=text):
                self._said[turn] = self._said.get(turn, "") + text
                if turn in self.turns:
                    self.turns[turn].said = self._said[turn].strip()
            case messages.ReplyDone(turn=turn, text=text, samples=samples):
                self.player.reply_done(turn, samples)
                self._said[turn] = text or self._said.get(turn, "")
                self._finished.add(turn)
                if turn in self.turns:
                    self.turns[turn].said = self._said[turn].strip()
                    self.turns[turn].done = True
            case messages.Clear(turn=turn):
                self._fell_silent(now)
                self._let_go(None)
                await self._send(self.player.clear(turn, now))
                self._finished.add(turn)
                if turn in self.turns:
                    self.turns[turn].done = True
            case messages.Timing():
                self._on_timing(event)
            case messages.Failed():
                self.failures.append(event)
            case messages.Ended():
                self.ended = event
            case (
                messages.Waiting()
                | messages.SpeechStarted()
                | messages.Partial()
                | messages.Entered()
                | messages.OwnerState()
                | messages.Pong()
            ):
                pass

    def _on_floor(self, move: Literal["duck", "hold", "release"], now: float) -> None:
        spoken = self._speaking_over()
        if move == "duck" and spoken is not None and spoken.ducked_ms is None:
            spoken.ducked_ms = (now - spoken.began) * 1000
        elif move == "hold":
            self._fell_silent(now)
            if spoken is not None and not self.player.held:
                spoken.held_since = now
            self.player.hold(now)
        elif move == "release":
            self.player.release(now)
            self._let_go(now)

    def _speaking_over(self) -> Utterance | None:
        """What the caller said last, if the agent was sounding then."""
        spoken = self.utterances[-1] if self.utterances else None
        return spoken if spoken is not None and spoken.agent_sounding else None

    def _let_go(self, released: float | None) -> None:
        """What was held is held no more: released at that moment, or cleared."""
        for spoken in self.utterances:
            if spoken.held_since is not None and released is not None:
                spoken.held_ms = (spoken.held_ms or 0.0) + (released - spoken.held_since) * 1000
            spoken.held_since = None

    def _fell_silent(self, now: float) -> None:
        spoken = self._speaking_over()
        if spoken is not None and spoken.silent_ms is None:
            spoken.silent_ms = (now - spoken.began) * 1000
            spoken.said_by_then = self.player.played(spoken.over, now)

    def _on_timing(self, timing: messages.Timing) -> None:
        turn = self.turns.get(timing.turn)
        if turn is None:
            return
        turn.server_v2v_ms = timing.v2v_ms
        turn.spans = timing.spans
        turn.prompt_tokens = timing.prompt_tokens
        turn.cached_tokens = timing.cached_tokens
        turn.reply_tokens = timing.reply_tokens

    def _failure(self) -> CallFailed:
        if self.failures:
            return CallFailed(self.failures[-1].code, self.failures[-1].message)
        return CallFailed("closed", f"The server closed the call with code {self.close_code}.")


def agent_frame(result: CallResult) -> AudioFrame:
    return AudioFrame.from_samples(result.agent_audio, RATE_OUT)
