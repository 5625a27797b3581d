"""A conversation: `hear()` takes what the web sends, `events()` gives what the web must know.

One task group holds the listen loop and at most one reply task. Caller audio goes through the `Ear`
to decisions; a decision starts or cuts a reply of the `Replier`. Typed text enters at the same
place. History records what was heard, not what was generated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Literal

from inference import metrics
from inference.agreement import all_but_last
from inference.audio import AudioFrame
from inference.ear import Ear, EarEvent, HearingFailed, Words
from inference.engines.base import AsrOptions, ChatModel, Synthesizer, Transcriber, TurnDetector, VoiceDetector
from inference.events import (
    Audio,
    Close,
    Control,
    Down,
    Dtmf,
    Failed,
    Floor,
    Heard,
    Message,
    Open,
    Partial,
    Playback,
    Ready,
    SpeechStarted,
    State,
    Text,
    ToolResult,
    Up,
)
from inference.fixed_speech import FixedSpeech
from inference.live_state import LiveState
from inference.memory import Memory
from inference.outbox import Outbox
from inference.phrases import is_backchannel, may_be_listening, mumbled
from inference.replier import Replier
from inference.reply import Clock, Marks
from inference.thinker import Thinker
from inference.turns import (
    EndOfTurn,
    Interrupt,
    NoTurn,
    Pause,
    PauseOver,
    Settle,
    SpeechBegan,
    Stir,
    TurnPolicy,
    TurnTaker,
)
from inference.whole import may_be_whole

INBOX_LIMIT = 256
"""Messages. Caller audio beyond it drops the oldest audio (about 5 s) and counts it."""
IDLE_SECONDS = 0.2
"""Without a frame for this long, in mid-utterance, the line counts as silent."""
DIGIT_PAUSE_SECONDS = 1.5


BUSY_FOR_EARLY_ANSWERS = 0.5
BUSY_FOR_GUESSES = 0.85
"""From these shares of the worker on, answers are begun at the pause, and then only when the turn is over."""


def idle() -> float:
    """Nothing else is going on."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Engines:
    """The shared engines a conversation uses."""

    transcriber: Transcriber
    chat: ChatModel
    synthesizer: Synthesizer
    voice_detector: VoiceDetector
    turn_detector: TurnDetector
    fixed_speech: FixedSpeech
    busy: Callable[[], float] = idle
    """How much of what the worker can do is in use, 0..1."""


class Conversation:
    """One conversation on one leg. Run `run()` as a task, feed `hear`, read `events`."""

    _tasks: asyncio.TaskGroup
    _thinker: Thinker
    _replier: Replier
    _ear: Ear | None = None

    def __init__(self, opening: Open, engines: Engines, *, worker: str = "", clock: Clock = time.monotonic) -> None:
        self._opening = opening
        self._spec = opening.spec
        self._media = opening.media
        self._engines = engines
        self._worker = worker
        self._clock = clock
        self._state = LiveState.resume(opening.state, opening.spec.flow.start)
        self._paused = False
        self._inbox: asyncio.Queue[Up] = asyncio.Queue(INBOX_LIMIT)
        self._outbox = Outbox()
        self._read = ""
        """The words of this utterance that were last read ahead."""
        self._floor: Literal["duck", "hold", "release"] = "release"
        """What the web was last told about the caller's voice over the agent's."""
        self._digits = ""
        self._digits_task: asyncio.Task[None] | None = None

    # --- the two ends -------------------------------------------------------------------------

    def hear(self, message: Up) -> None:
        """Take a message from the web. Never waits: a full inbox drops its oldest audio."""
        if isinstance(message, ToolResult):
            self._thinker.answer(message)
            return
        if isinstance(message, Playback):
            self._replier.on_playback(message)
        if self._inbox.full():
            self._drop_oldest_audio()
        if not self._inbox.full():
            self._inbox.put_nowait(message)

    def events(self) -> AsyncGenerator[Down]:
        """What the web must know, in order; ends when the conversation has ended."""
        return self._outbox.messages()

    async def run(self) -> None:
        """The conversation, until Close, its own end, or cancellation."""
        async with AsyncExitStack() as stack:
            stack.callback(self._outbox.close)
            memory = await stack.enter_async_context(Memory.open(self._opening, self._state, self._engines.chat))
            self._thinker = Thinker(memory, self._outbox, self._clock)
            async with asyncio.TaskGroup() as self._tasks:
                self._replier = Replier(
                    self._opening,
                    self._state,
                    thinker=self._thinker,
                    memory=memory,
                    synthesizer=self._engines.synthesizer,
                    fixed_speech=self._engines.fixed_speech,
                    outbox=self._outbox,
                    tasks=self._tasks,
                    clock=self._clock,
                )
                if self._media.kind == "voice":
                    self._ear = await self._open_ear(stack)
                await self._outbox.put(Ready(self._worker, self._state.turn))
                self._begin()
                await self._listen()
                self._stop()

    async def _open_ear(self, stack: AsyncExitStack) -> Ear:
        options = AsrOptions(self._spec.language, self._spec.hints)
        wanted = self._spec.turns
        policy = TurnPolicy(min_silence_ms=wanted.min_silence_ms, max_silence_ms=wanted.max_silence_ms)
        return Ear(
            rate_in=self._media.rate_in,
            turns=TurnTaker(policy, interruptible=wanted.interruptible),
            voice=self._engines.voice_detector.stream(),
            recogniser=await stack.enter_async_context(self._engines.transcriber.stream(options)),
            detector=self._engines.turn_detector,
            tasks=self._tasks,
            report=self._on_ear,
            clock=self._clock,
            busy=self._engines.busy,
        )

    # --- listening ----------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            match await self._next_message():
                case Audio(pcm=pcm):
                    await self._hear_audio(pcm)
                case Text(text=text, id=message_id):
                    if text.strip():
                        await self._take_written_turn(Heard(0, text.strip(), source="text", id=message_id))
                case Dtmf(digit=digit):
                    self._hear_digit(digit)
                case Control() as control:
                    await self._control(control)
                case Playback():
                    if self._replier.settle_played():
                        return
                case Close():
                    return

    async def _next_message(self) -> Up | None:
        if self._ear is None or not self._ear.turns.speaking:
            return await self._inbox.get()
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                return await self._inbox.get()
        except TimeoutError:
            await self._ear.silence(int(IDLE_SECONDS * 1000))
            return None

    async def _hear_audio(self, pcm: bytes) -> None:
        if self._ear is not None:
            self._ear.turns.agent_speaking = self._replier.busy
            await self._ear.feed(AudioFrame(pcm, self._media.rate_in).samples)

    async def _on_ear(self, event: EarEvent) -> None:
        match event:
            case Stir():
                await self._yield("duck")
            case Settle():
                await self._yield("release")
            case SpeechBegan(sample=sample):
                self._read = ""
                await self._outbox.put(SpeechStarted(sample, self._state.turn))
                await self._hold()
            case Words():
                await self._outbox.put(Partial(event.text, self._state.turn))
                if event.pause and self._is_listening(event.text, event.confidence):
                    # Not only when the turn is decided: the agent would be mute till then.
                    await self._yield("release")
                elif self._answers and not self._replier.busy:
                    self._prepare(event)
            case Interrupt():
                await self._interrupt()
            case EndOfTurn():
                await self._end_of_turn(event)
            case NoTurn(interrupted=interrupted):
                await self._no_turn(interrupted)
            case HearingFailed(code=code):
                await self._outbox.put(Failed(code, "The words could not be recognised.", turn=self._state.turn))
                await self._interrupt()
                self._replier.say_phrase("not_heard")
            case PauseOver():
                self._replier.drop_guess()
                await self._hold()
            case Pause():
                pass

    def _prepare(self, words: Words) -> None:
        """Think ahead: begin to answer what may be the whole turn, or read what was said so far."""
        busy = self._engines.busy()
        begin = busy < BUSY_FOR_GUESSES if words.pause else busy < BUSY_FOR_EARLY_ANSWERS and may_be_whole(words.text)
        if begin and self._replier.guess(words.text, sure=words.pause):
            return
        self._replier.drop_guess()
        # The last word of a pass over speech is often half a word; the others are right four times in five.
        ahead = all_but_last(words.text) if busy < BUSY_FOR_EARLY_ANSWERS else words.stable
        if ahead and ahead != self._read:
            self._read = ahead
            self._replier.read_ahead(Message("user", ahead))

    async def _hold(self) -> None:
        if self._replier.busy and self._spec.turns.interruptible:
            await self._yield("hold")

    async def _yield(self, move: Literal["duck", "hold", "release"]) -> None:
        """Let the caller have the floor for now, or take it back."""
        if move == self._floor:
            return
        self._floor = move
        await self._outbox.put(Floor(move, self._state.turn))

    async def _end_of_turn(self, end: EndOfTurn) -> None:
        now = self._clock()
        if self._is_listening(end.text, end.confidence):
            await self._no_turn(interrupted=self._replier.cut_short)
            return
        await self._interrupt()
        self._state.turn += 1
        marks = Marks(self._ear.arrived(end.speech_end) if self._ear else now, end.speech_end)
        if self._ear is not None:
            marks.mark("paused", self._ear.paused_at)
            marks.mark("words", self._ear.words_at)
        marks.mark("decided", now)
        heard = Heard(self._state.turn, end.text, end.speech_start, end.speech_end, confidence=end.confidence)
        await self._take_turn(heard, marks)

    def _is_listening(self, text: str, confidence: float) -> bool:
        """Whether these words over the agent's only say "I am listening", or agree in the midst of what it says."""
        if self._replier.cut_short:
            return is_backchannel(text)
        if not self._replier.busy:
            return False
        in_the_midst = self._replier.in_the_midst and (may_be_listening(text) or mumbled(text, confidence))
        return in_the_midst or is_backchannel(text)

    async def _interrupt(self) -> None:
        self._floor = "release"
        await self._replier.interrupt()

    async def _no_turn(self, interrupted: bool) -> None:
        """What was heard is no turn: an agent that was held or stopped for it goes on."""
        self._replier.drop_guess()
        await self._yield("release")
        await self._outbox.put(Partial("", self._state.turn))
        if interrupted:
            self._replier.resume_cut_reply()

    async def _take_written_turn(self, heard: Heard) -> None:
        """A turn that did not come by voice; what was being said at that moment is void."""
        await self._interrupt()
        if self._ear is not None:
            self._ear.forget()
        self._state.turn += 1
        await self._take_turn(
            Heard(self._state.turn, heard.text, source=heard.source, id=heard.id), Marks(self._clock())
        )

    async def _take_turn(self, heard: Heard, marks: Marks) -> None:
        metrics.turn_taken(heard.source)
        await self._outbox.put(heard)
        if self._answers:
            self._replier.answer(heard.text, marks)
        else:
            self._state.history.append(Message("user", heard.text))
            await self._outbox.put(State(self._state.snapshot(), self._state.turn))

    @property
    def _answers(self) -> bool:
        return not self._paused and self._state.owner == "ai"

    def _begin(self) -> None:
        history = self._state.history
        greet = bool(self._spec.greeting) and not self._state.greeted
        self._state.greeted = True
        if greet:
            self._replier.say(self._spec.greeting)
            self._replier.read_ahead(Message("assistant", self._spec.greeting))
        elif history and history[-1].role == "user" and self._media.kind == "text" and self._answers:
            # The worker that should have answered is gone. On a call the web asks the caller to repeat.
            self._replier.answer(history.pop().text, Marks(self._clock()))

    def _stop(self) -> None:
        self._replier.stop()
        if self._digits_task is not None:
            self._digits_task.cancel()
        if self._ear is not None:
            self._ear.forget()

    def _hear_digit(self, digit: str) -> None:
        if self._digits_task is not None:
            self._digits_task.cancel()
        self._digits += digit[:1]
        pause = 0.0 if digit == "#" else DIGIT_PAUSE_SECONDS
        self._digits_task = self._tasks.create_task(self._finish_digits(pause))

    async def _finish_digits(self, pause: float) -> None:
        await asyncio.sleep(pause)
        digits, self._digits, self._digits_task = self._digits, "", None
        await self._take_written_turn(Heard(0, digits, source="dtmf"))

    async def _control(self, control: Control) -> None:
        match control.action:
            case "pause":
                self._paused = True
                await self._interrupt()
            case "resume":
                self._paused = False
            case "owner":
                self._state.owner = "human" if control.text == "human" else "ai"
                if self._state.owner == "human":
                    await self._interrupt()
            case "say":
                await self._interrupt()
                self._replier.say(control.text)
            case "instruct":
                self._state.history.append(Message("system", control.text))

    def _drop_oldest_audio(self) -> None:
        kept = []
        dropped = False
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if not dropped and isinstance(message, Audio):
                dropped = True
                continue
            kept.append(message)
        for message in kept:
            self._inbox.put_nowait(message)
        metrics.frames_dropped(1)
