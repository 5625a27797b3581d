"""A conversation end to end with scripted engines: no model, no clock, no socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec
import numpy as np
import pytest

from inference.conversation import Conversation
from inference.engine_set import Engines
from inference.engines.base import ToolRequest, Transcript
from inference.errors import EngineError
from inference.events import (
    Audio,
    Close,
    Control,
    ConversationState,
    Down,
    Dtmf,
    Failed,
    Floor,
    Heard,
    Interrupted,
    Media,
    Message,
    Open,
    Partial,
    Playback,
    Ready,
    ReplyAudio,
    ReplyDone,
    ReplyText,
    SpeechStarted,
    State,
    Text,
    Timing,
    ToolCall,
    ToolResult,
)
from inference.nodes import EndNode, FlowSpec, GoalNode, ToolSpec
from inference.spec import AgentSpec, TurnSpec, VoiceSpec
from tests.support.engines import SAMPLES_PER_LETTER, Scripted, ScriptedTranscriber

SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    instructions="You are A.\n\nHelp.",
    flow=FlowSpec("talk", (GoalNode("talk", "", ("slots",)),), (), (ToolSpec("slots", "Free slots"),)),
)
LATE = msgspec.structs.replace(SPEC, turns=TurnSpec(filler_ms=1))
GREETING = "Hello there."
FRAME = 320
VOICE = (np.ones(FRAME, np.int16) * 5000).tobytes()
QUIET = np.zeros(FRAME, np.int16).tobytes()
Event = TypeVar("Event")


@dataclass
class Ticking:
    """A clock that only moves when it is moved."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Late(ScriptedTranscriber):
    """Knows the words when it is told to go on."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def final(self) -> Transcript:
        await self.go_on.wait()
        return await super().final()


@dataclass
class Unsure(ScriptedTranscriber):
    """Is not sure of anything it reads."""

    async def final(self) -> Transcript:
        return replace(await super().final(), confidence=0.3)


@dataclass
class Growing(ScriptedTranscriber):
    """Its partial passes read `lines`, one after another."""

    lines: list[str] = field(default_factory=list)

    async def partial(self) -> Transcript:
        return Transcript(self.lines.pop(0) if self.lines else "")


@dataclass
class Caller:
    """The web's end of a conversation, for tests: says things and keeps what came back."""

    conversation: Conversation
    events: list[Down] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        async with aclosing(self.conversation.events()) as events:
            async for event in events:
                self.events.append(event)
                self.changed.set()

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def speak(self, milliseconds: int, pause: int = 400, clock: Ticking | None = None) -> None:
        """Voice, then silence, as fast as the conversation takes it; 20 ms of `clock` a frame."""
        for pcm in [VOICE] * (milliseconds // 20) + [QUIET] * (pause // 20):
            if clock is not None:
                clock.now += 0.02
            self.conversation.hear(Audio(pcm))
            for _ in range(4):
                await asyncio.sleep(0)

    async def play_out(self, turn: int) -> None:
        """Let the player play reply `turn` to its end."""
        await self.until(lambda: [done for done in self.of(ReplyDone) if done.turn == turn])
        sent = sum(len(audio.pcm) // 2 for audio in self.of(ReplyAudio) if audio.turn == turn)
        self.conversation.hear(Playback(turn, sent, done=True))
        await self.until(lambda: [state for state in self.of(State) if state.reply_turn == turn and state.heard])

    def said(self, turn: int) -> str:
        return "".join(text.text for text in self.of(ReplyText) if text.turn == turn)

    @property
    def history(self) -> list[tuple[str, str]]:
        return [(line.role, line.text) for line in self.of(State)[-1].snapshot.history]


@asynccontextmanager
async def calling(
    scripted: Scripted,
    spec: AgentSpec = SPEC,
    *,
    media: Media | None = None,
    state: ConversationState | None = None,
    clock: Callable[[], float] = time.monotonic,
    engines: Engines | None = None,
) -> AsyncGenerator[Caller]:
    opening = Open(spec, "cv", media or Media(), state, caller="Now: noon")
    conversation = Conversation(opening, engines or scripted.engines(), clock=clock)
    caller = Caller(conversation)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(conversation.run())
        tasks.create_task(caller.listen())
        await caller.until(lambda: caller.of(Ready))
        yield caller
        conversation.hear(Close())
        await running


def greeting_spec(**changes: object) -> AgentSpec:
    return AgentSpec(
        agent="ag", version="vn", workspace="ws", name="A", flow=SPEC.flow, greeting=GREETING, instructions="You are A."
    )


async def test_a_spoken_question_is_answered_aloud() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["When do you open?"]
    scripted.chat.script = ["We open at nine. See you!"]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.play_out(1)
        assert caller.of(SpeechStarted) == [SpeechStarted(0)]
        assert caller.of(Heard) == [Heard(1, "When do you open?", 0, 10240, confidence=0.9)]
        assert caller.said(1) == "We open at nine. See you!"
        assert caller.of(ReplyDone) == [ReplyDone(1, "We open at nine. See you!", 20 * SAMPLES_PER_LETTER)]
        assert caller.history == [("user", "When do you open?"), ("assistant", "We open at nine. See you!")]
    assert [message.text for message in scripted.chat.prompts[0]] == [
        "You are A.\n\nHelp.",
        "Now: noon",
        "When do you open?",
    ]


async def test_the_answer_is_begun_while_the_pause_is_judged_and_taken_up_when_the_turn_is_over() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["When do you open?"]
    scripted.chat.script = ["At nine."]
    async with calling(scripted) as caller:
        await caller.speak(640, pause=140)
        await caller.until(lambda: scripted.chat.closed)
        assert [prompt[-1].text for prompt in scripted.chat.prompts] == ["When do you open?"]
        assert caller.of(Heard) == []
        assert caller.of(ReplyText) == []
        await caller.speak(0, pause=200)
        await caller.play_out(1)
        assert caller.said(1) == "At nine."
    assert len(scripted.chat.prompts) == 1


async def test_what_hardly_changes_is_read_ahead_once_while_the_caller_speaks() -> None:
    scripted = Scripted()
    scripted.transcriber = Growing(script=["When do you open?"], lines=["When", "When do", "When did", "When did you"])
    async with calling(scripted) as caller:
        await caller.speak(2240)
        await caller.play_out(1)
        assert [prompt[-1].text for prompt in scripted.chat.prefills] == ["When", "When did"]


async def test_an_answer_begun_too_early_leaves_no_trace() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["I would like?", "I would like to book."]
    scripted.transcriber.by_pass = True
    scripted.chat.script = [ToolRequest("c1", "slots", "{}"), "Gladly."]
    async with calling(scripted) as caller:
        await caller.speak(640, pause=140)
        await caller.until(lambda: scripted.chat.closed)
        await caller.speak(640, pause=600)
        await caller.play_out(1)
        assert caller.of(ToolCall) == []
        assert [heard.text for heard in caller.of(Heard)] == ["I would like to book."]
        assert caller.history == [("user", "I would like to book."), ("assistant", "Gladly.")]


async def test_the_timing_names_every_wait_in_order() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["When?"]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.play_out(1)
        timing = caller.of(Timing)[0]
        assert [span.name for span in timing.spans] == [
            "silence",
            "recognition",
            "decision",
            "first token",
            "first clause",
            "voice",
            "gate",
        ]
        assert all(span.ms >= 0 for span in timing.spans)
        assert (timing.speech_end, timing.prompt_tokens, timing.cached_tokens) == (10240, 100, 90)


async def test_words_that_come_late_are_a_span_of_their_own_and_the_spans_add_up() -> None:
    scripted = Scripted()
    clock = Ticking()
    late = Late(script=["When?"])
    scripted.transcriber = late
    async with calling(scripted, clock=clock) as caller:
        await caller.speak(640, pause=600, clock=clock)
        late.go_on.set()
        await caller.play_out(1)
        spans = {span.name: span.ms for span in caller.of(Timing)[0].spans}
    silence = 2 * 32  # the second quiet hop
    assert spans["silence"] == pytest.approx(silence, abs=20)
    assert spans["recognition"] == pytest.approx(600 - silence, abs=40)
    assert sum(spans.values()) == pytest.approx(600, abs=20)


async def test_an_answer_that_is_ready_first_waits_at_the_gate_and_then_goes_out_at_once() -> None:
    scripted = Scripted()
    clock = Ticking()
    scripted.transcriber.script = ["When do you open?"]
    scripted.chat.script = ["At nine."]
    async with calling(scripted, clock=clock) as caller:
        await caller.speak(640, pause=140, clock=clock)
        await caller.until(lambda: scripted.chat.closed)
        assert caller.of(ReplyAudio) == []
        await caller.speak(0, pause=200, clock=clock)
        await caller.play_out(1)
        spans = {span.name: span.ms for span in caller.of(Timing)[0].spans}
        assert all(audio.turn == 1 for audio in caller.of(ReplyAudio))
    assert spans["gate"] == pytest.approx(7 * 32 - 2 * 32, abs=40)
    assert spans["first token"] + spans["first clause"] + spans["voice"] <= 20


async def test_words_that_may_be_all_are_answered_before_the_caller_pauses() -> None:
    scripted = Scripted()
    scripted.transcriber = Growing(script=["When do you open today?"], lines=["When do you open today"])
    async with calling(scripted) as caller:
        await caller.speak(480, pause=0)
        assert scripted.chat.prompts == []
    scripted.transcriber = Growing(script=["When do you open today?"], lines=["When do you open, today?"])
    scripted.chat.script = ["At nine."]
    async with calling(scripted) as caller:
        await caller.speak(480, pause=0)
        await caller.until(lambda: scripted.chat.closed)
        assert [prompt[-1].text for prompt in scripted.chat.prompts] == ["When do you open, today?"]
        assert caller.of(ReplyText) == []
        await caller.speak(0, pause=400)
        await caller.play_out(1)
        assert caller.said(1) == "At nine."
        # What the model was asked stays in history, letter by letter: it is in the cache.
        assert caller.history[0] == ("user", "When do you open, today?")
        assert [heard.text for heard in caller.of(Heard)] == ["When do you open today?"]
    assert len(scripted.chat.prompts) == 1


async def test_wasted_answers_are_counted_with_the_turn_that_follows() -> None:
    scripted = Scripted()
    scripted.transcriber.by_pass = True
    scripted.transcriber.script = ["I would like", "I would like to book."]
    async with calling(scripted) as caller:
        await caller.speak(640, pause=140)
        await caller.until(lambda: scripted.chat.closed)
        await caller.speak(640, pause=600)
        await caller.play_out(1)
        assert [timing.guesses_wasted for timing in caller.of(Timing)] == [1]


async def test_a_guess_that_fails_is_asked_again_when_the_turn_is_over() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["One?"]
    scripted.chat.script = [EngineError("Busy.", code="engine_busy"), "Fine."]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.play_out(1)
        assert caller.of(Failed) == []
        assert caller.said(1) == "Fine."


async def test_an_answer_that_is_really_late_gets_a_filler_that_is_no_part_of_it() -> None:
    scripted = Scripted()
    engines = scripted.engines()
    await engines.fixed_speech.prepare(scripted.synthesizer, VoiceSpec(), "Let me see.")
    scripted.transcriber.script = ["When?"]
    scripted.chat.wait = asyncio.Event()
    async with calling(scripted, engines=engines, spec=LATE) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyAudio))
        filler = sum(len(audio.pcm) // 2 for audio in caller.of(ReplyAudio))
        assert filler == len("Letmesee.") * SAMPLES_PER_LETTER
        scripted.chat.wait.set()
        await caller.play_out(1)
        timing = caller.of(Timing)[0]
        assert timing.filler
        assert timing.spans[-1].name == "filler"
        assert caller.said(1) == "All right then."
        assert caller.history[-1] == ("assistant", "All right then.")


async def test_silence_and_noise_without_words_make_no_turn() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [""]
    async with calling(scripted) as caller:
        await caller.speak(0, pause=2000)
        await caller.speak(400)
        assert caller.of(Heard) == []
        assert caller.of(Partial) == [Partial("")]
    assert scripted.chat.prompts == []


async def test_greeting_is_said_once_and_is_in_history_when_heard() -> None:
    async with calling(Scripted(), greeting_spec()) as caller:
        await caller.play_out(0)
        assert caller.said(0) == GREETING
        state = caller.of(State)[-1].snapshot
        assert caller.history == [("assistant", GREETING)]
    async with calling(Scripted(), greeting_spec(), state=state) as caller:
        await caller.speak(0, pause=200)
        assert caller.of(ReplyText) == []


async def test_speech_over_the_agent_cuts_the_reply_and_history_holds_what_was_heard() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Tell me more?", "Stop, what about Sunday?"]
    scripted.chat.script = ["One two three four. Five six seven eight nine ten.", "Closed."]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.speak(200, pause=0)
        await caller.until(lambda: caller.of(Interrupted))
        assert caller.of(Interrupted) == [Interrupted(2)]
        heard = len("Onetwothree") * SAMPLES_PER_LETTER
        caller.conversation.hear(Playback(1, heard, done=True))
        await caller.speak(400)
        await caller.play_out(3)
        assert [(h.turn, h.text) for h in caller.of(Heard)][-1] == (3, "Stop, what about Sunday?")
        cut = next(state for state in caller.of(State) if state.cut)
        assert (cut.reply_turn, cut.heard) == (1, "One two three")
        assert caller.history[1:] == [
            ("assistant", "One two three"),
            ("user", "Stop, what about Sunday?"),
            ("assistant", "Closed."),
        ]
    assert scripted.chat.closed == 2


async def test_a_barge_in_stops_the_model_while_it_still_writes() -> None:
    scripted = Scripted()
    scripted.chat.hold = asyncio.Event()
    scripted.transcriber.script = ["Tell me?", "No?"]
    scripted.chat.script = ["One two three, four five six."]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: scripted.chat.prompts)
        await caller.speak(200, pause=0)
        await caller.until(lambda: caller.of(Interrupted))
        assert scripted.chat.closed == 1
        assert [done for done in caller.of(ReplyDone) if done.turn == 1] == []


async def test_a_listening_sound_does_not_stop_the_agent() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Tell me?", "Mm-hm."]
    scripted.chat.script = ["One two three four five six seven."]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.speak(100, pause=400)
        assert caller.of(Interrupted) == []
        assert len(caller.of(Heard)) == 1
        await caller.play_out(1)


async def test_a_voice_over_the_agent_ducks_it_then_holds_it_and_a_listening_sound_lets_it_go_on() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Tell me?", "Mm-hm."]
    scripted.chat.script = ["One two three four. Five six seven."]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.speak(40, pause=0)
        assert [floor.move for floor in caller.of(Floor)] == ["duck"]
        await caller.speak(200, pause=400)
        assert [floor.move for floor in caller.of(Floor)] == ["duck", "hold", "release"]
        assert caller.of(Interrupted) == []
        await caller.play_out(1)
        assert caller.history[-1] == ("assistant", "One two three four. Five six seven.")


async def test_a_hum_that_is_misread_as_words_lets_the_agent_go_on() -> None:
    scripted = Scripted()
    scripted.transcriber = Unsure(script=["Tell me?", "in a minute"])
    scripted.chat.script = [
        "We could do it on Monday at nine, or a little later on Tuesday. Shall I book that for you?"
    ]
    async with calling(scripted) as caller:
        await caller.speak(640, pause=800)
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.speak(500, pause=800)
        assert [floor.move for floor in caller.of(Floor)] == ["duck", "hold", "release"]
        assert caller.of(Interrupted) == []
        assert [heard.text for heard in caller.of(Heard)] == ["Tell me?"]


async def test_yes_in_the_midst_of_what_the_agent_says_lets_it_go_on_and_after_its_question_is_an_answer() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Tell me?", "Yes.", "Yes."]
    scripted.chat.script = [
        "We could do it on Monday at nine, or a little later on Tuesday. Shall I book that for you?",
        "Booked.",
    ]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.speak(300, pause=600)
        assert [floor.move for floor in caller.of(Floor)] == ["duck", "hold", "release"]
        caller.conversation.hear(Playback(1, caller.of(ReplyDone)[0].samples - 2400))
        await caller.speak(300, pause=600)
        await caller.until(lambda: caller.of(Interrupted))
        caller.conversation.hear(Playback(1, caller.of(ReplyDone)[0].samples, done=True))
        await caller.play_out(3)
        assert caller.said(3) == "Booked."


async def test_words_that_want_the_floor_get_it_before_the_caller_has_finished() -> None:
    scripted = Scripted()
    scripted.transcriber = Growing(script=["Tell me?", "No wait, stop."], lines=["", "No wait"])
    scripted.chat.script = ["One two three four. Five six seven."]
    async with calling(scripted) as caller:
        await caller.speak(400)
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.speak(400, pause=0)
        await caller.until(lambda: caller.of(Interrupted))


async def test_after_a_false_interruption_the_agent_goes_on_where_it_stopped() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Tell me?", ""]
    scripted.chat.script = ["One two three four. Five six seven."]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.speak(1060, pause=0)
        await caller.until(lambda: caller.of(Interrupted))
        caller.conversation.hear(Playback(1, len("Onetwo") * SAMPLES_PER_LETTER, done=True))
        await caller.speak(0, pause=400)
        await caller.play_out(2)
        assert caller.said(2) == "three four. Five six seven."
        assert caller.history == [
            ("user", "Tell me?"),
            ("assistant", "One two"),
            ("assistant", "three four. Five six seven."),
        ]


async def test_typed_text_is_answered_aloud_and_stops_what_was_said() -> None:
    scripted = Scripted()
    scripted.chat.script = ["First answer, long enough.", "Second."]
    async with calling(scripted) as caller:
        caller.conversation.hear(Text("One?", "m1"))
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Text("Two?", "m2"))
        await caller.play_out(3)
        assert [(h.turn, h.text, h.source, h.id) for h in caller.of(Heard)] == [
            (1, "One?", "text", "m1"),
            (3, "Two?", "text", "m2"),
        ]
        assert caller.of(Interrupted) == [Interrupted(2)]
        assert caller.history == [("user", "One?"), ("user", "Two?"), ("assistant", "Second.")]


async def test_a_text_leg_writes_and_speaks_nothing() -> None:
    scripted = Scripted()
    scripted.chat.script = ["Fine."]
    async with calling(scripted, media=Media("text")) as caller:
        caller.conversation.hear(Text("How are you?", "m1"))
        await caller.until(lambda: len(caller.of(State)) == 2)
        assert caller.said(1) == "Fine."
        assert caller.of(ReplyAudio) == []
        assert caller.history == [("user", "How are you?"), ("assistant", "Fine.")]


async def test_a_text_leg_keeps_the_addresses_of_links_and_its_numbers() -> None:
    scripted = Scripted()
    scripted.chat.script = ["It is $5: [book here](https://x.com/a_b)."]
    async with calling(scripted, media=Media("text")) as caller:
        caller.conversation.hear(Text("How much?", "m1"))
        await caller.until(lambda: len(caller.of(State)) == 2)
        assert caller.said(1) == "It is $5: book here (https://x.com/a_b)."
        assert caller.history[-1] == ("assistant", "It is $5: book here (https://x.com/a_b).")


async def test_a_text_leg_resumed_with_an_open_question_answers_it() -> None:
    state = ConversationState(history=(Message("user", "Still there?"),), turn=4, greeted=True)
    scripted = Scripted()
    scripted.chat.script = ["Yes."]
    async with calling(scripted, media=Media("text"), state=state) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ReplyDone) == [ReplyDone(4, "Yes.")]
        assert caller.history == [("user", "Still there?"), ("assistant", "Yes.")]


async def test_a_failing_model_ends_in_an_apology_and_the_next_turn_works() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["One?", "Two?"]
    broken = EngineError("The model broke.", code="chat_failed")
    scripted.chat.script = [broken, broken, "Fine now."]  # the answer begun early, and the one asked for
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.play_out(1)
        assert caller.of(Failed) == [Failed("chat_failed", "The model broke.", turn=1)]
        assert "went wrong" in caller.said(1)
        await caller.speak(640)
        await caller.play_out(2)
        assert caller.said(2) == "Fine now."


async def test_a_broken_voice_is_told_to_the_web() -> None:
    scripted = Scripted()
    scripted.synthesizer.failing = True
    scripted.transcriber.script = ["One?"]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyDone))
        assert [failed.code for failed in caller.of(Failed)] == ["engine_failed", "voice_failed"]


async def test_a_failing_recogniser_asks_again_and_the_next_turn_works() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [EngineError("No.", code="asr_failed"), "Hello?"]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.play_out(0)
        assert "couldn't hear" in caller.said(0)
        await caller.speak(640)
        await caller.play_out(1)
        assert [heard.text for heard in caller.of(Heard)] == ["Hello?"]


async def test_an_empty_reply_asks_to_say_it_again() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["One?"]
    scripted.chat.script = [""]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.play_out(1)
        assert "say that again" in caller.said(1)


async def test_a_tool_is_called_by_the_web_and_its_result_reaches_the_model() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Any slots?"]
    scripted.chat.script = [ToolRequest("c1", "slots", '{"day":"Monday"}'), "At ten."]
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ToolCall))
        assert caller.of(ToolCall) == [ToolCall("c1", "slots", '{"day":"Monday"}', 1)]
        caller.conversation.hear(ToolResult("c1", '["10:00"]'))
        await caller.play_out(1)
        assert caller.said(1) == "At ten."
        assert [line[0] for line in caller.history] == ["user", "assistant", "tool", "assistant"]
    assert scripted.chat.prompts[1][-1] == Message("tool", '["10:00"]', "slots", "c1")


async def test_digits_are_one_turn() -> None:
    async with calling(Scripted(), media=Media("text")) as caller:
        for digit in "42#":
            caller.conversation.hear(Dtmf(digit))
        await caller.until(lambda: caller.of(Heard))
        assert caller.of(Heard) == [Heard(1, "42#", source="dtmf")]


async def test_a_human_owner_silences_the_agent_but_not_the_record() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Hello?"]
    async with calling(scripted) as caller:
        caller.conversation.hear(Control("owner", "human"))
        await caller.speak(640)
        await caller.until(lambda: caller.of(State) and ("user", "Hello?") in caller.history)
        assert caller.of(State)[-1].snapshot.owner == "human"
        assert [line for line in caller.history if line[0] != "system"] == [("user", "Hello?")]
        caller.conversation.hear(Control("say", "One moment."))
        await caller.play_out(1)
        assert caller.said(1) == "One moment."
    assert scripted.chat.prompts == []


async def test_an_end_node_says_goodbye_and_ends_the_conversation() -> None:
    spec = AgentSpec(
        agent="ag", version="vn", workspace="ws", name="A", flow=FlowSpec("bye", (EndNode("bye", "Goodbye.", "done"),))
    )
    scripted = Scripted()
    async with calling(scripted, spec, media=Media("text")) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ReplyDone) == [ReplyDone(0, "Goodbye.", 0, "done")]


async def test_a_flood_of_audio_drops_the_oldest_and_keeps_the_words() -> None:
    scripted = Scripted()
    async with calling(scripted) as caller:
        for _ in range(1000):
            caller.conversation.hear(Audio(QUIET))
        caller.conversation.hear(Text("Still there?", "m1"))
        await caller.until(lambda: caller.of(Heard))
        assert [heard.id for heard in caller.of(Heard)] == ["m1"]


async def test_synthesis_stays_a_few_seconds_ahead_of_the_player() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Tell me all?"]
    scripted.chat.script = [" ".join(["abcdefghij"] * 100) + "."]  # 20 s of audio
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyAudio))
        await caller.speak(0, pause=400)

        def sent() -> int:
            return sum(len(audio.pcm) // 2 for audio in caller.of(ReplyAudio))

        before = sent()
        assert 4 * 24000 < before < 5 * 24000
        caller.conversation.hear(Playback(1, 24000))
        await caller.speak(0, pause=400)
        assert before < sent() <= before + 24000 + 4800


async def test_while_the_caller_speaks_nothing_is_noted_down_and_afterwards_it_goes_on() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [""]
    async with calling(scripted) as caller:
        memory = caller.conversation._memory
        work = memory._work = asyncio.create_task(asyncio.sleep(60))
        gaps: list[bool] = []
        memory.after_turn = lambda: gaps.append(work.cancelled())  # type: ignore[method-assign]
        await caller.speak(400, pause=0)
        assert work.cancelling()
        await caller.speak(0, pause=800)
        assert gaps == [True]


async def test_the_gap_behind_words_to_a_human_owner_is_used_too() -> None:
    async with calling(Scripted(), media=Media("text")) as caller:
        gaps: list[int] = []
        caller.conversation._memory.after_turn = lambda: gaps.append(1)  # type: ignore[method-assign]
        caller.conversation.hear(Control("owner", "human"))
        caller.conversation.hear(Text("Hello?"))
        await caller.until(lambda: caller.of(State))
        assert gaps == [1]


async def test_a_sentence_of_an_operator_after_a_reply_is_a_turn_of_its_own() -> None:
    async with calling(Scripted(), greeting_spec()) as caller:
        await caller.play_out(0)
        caller.conversation.hear(Control("say", "One moment."))
        await caller.play_out(1)
        assert [done.turn for done in caller.of(ReplyDone)] == [0, 1]
        assert caller.history == [("assistant", GREETING), ("assistant", "One moment.")]
