"""The ear with scripted engines: positions, partial words, the line that goes quiet."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from inference.audio import Samples
from inference.ear import Ear, EarEvent, Words
from inference.engines.base import Transcript
from inference.turns import EndOfTurn, SpeechBegan, TurnTaker
from tests.support.engines import ScriptedTranscriber, ScriptedTurns, ScriptedVoice


def tone(milliseconds: int, rate: int, level: int = 8000) -> Samples:
    count = rate * milliseconds // 1000
    return (np.sin(np.arange(count) * 440 * 2 * np.pi / rate) * level).astype(np.int16)


class Listener:
    def __init__(
        self,
        rate: int,
        tasks: asyncio.TaskGroup,
        script: list[str],
        transcriber: ScriptedTranscriber | None = None,
    ) -> None:
        self.events: list[EarEvent] = []
        self.now = 0.0
        self.transcriber = transcriber or ScriptedTranscriber(script=list(script))
        self.rate = rate
        self.ear = Ear(
            rate_in=rate,
            turns=TurnTaker(),
            voice=ScriptedVoice(),
            recogniser=self.transcriber,
            detector=ScriptedTurns(),
            tasks=tasks,
            report=self.report,
            clock=lambda: self.now,
            busy=lambda: 0.0,
        )

    async def report(self, event: EarEvent) -> None:
        self.events.append(event)

    async def hear(self, samples: Samples) -> None:
        """In frames of 20 ms on a virtual clock."""
        step = self.rate // 50
        for start in range(0, samples.size, step):
            self.now += 0.02
            await self.ear.feed(samples[start : start + step])
            for _ in range(4):
                await asyncio.sleep(0)

    def ended(self) -> EndOfTurn:
        return next(event for event in self.events if isinstance(event, EndOfTurn))


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_positions_are_given_at_the_callers_rate_and_end_at_the_last_audible_sample(rate: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(rate, tasks, ["Hello."])
        lead, body = rate // 2, tone(1000, rate)
        fade = tone(50, rate, level=400)  # audible, but the detector calls it quiet
        await listener.hear(np.concatenate([np.zeros(lead, np.int16), body, fade, np.zeros(rate, np.int16)]))
        end = listener.ended()
        last = lead + body.size + fade.size
        assert abs(end.speech_end - last) <= rate * 4 // 1000
        assert abs(end.speech_start - lead) <= rate * 40 // 1000
        began = next(event for event in listener.events if isinstance(event, SpeechBegan))
        assert began.sample == end.speech_start
        assert listener.ear.arrived(end.speech_end) == pytest.approx(1.56, abs=0.021)


async def test_the_recogniser_hears_the_whole_utterance_with_a_little_before_it() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(16000, tasks, ["Hello."])
        await listener.hear(np.concatenate([np.zeros(16000, np.int16), tone(1000, 16000), np.zeros(8000, np.int16)]))
        (fed,) = listener.transcriber.heard_samples
        assert 16000 + 320 * 16 <= fed <= 16000 + 550 * 16


async def test_a_line_that_stops_sending_in_mid_utterance_still_ends_the_turn() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(8000, tasks, ["Hello."])
        await listener.hear(tone(1000, 8000))
        for _ in range(4):
            await listener.ear.silence(200)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert listener.ended().text == "Hello."


async def test_what_is_forgotten_never_becomes_a_turn() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(16000, tasks, ["Hello."])
        await listener.hear(tone(1000, 16000))
        listener.ear.forget()
        await listener.hear(np.zeros(16000, np.int16))
        assert [event for event in listener.events if isinstance(event, EndOfTurn)] == []


async def test_frames_of_any_size_are_the_same_to_the_ear() -> None:
    sound = np.concatenate([tone(450, 16000), np.zeros(12_800, np.int16)])
    ends = []
    for size in (1, 7, 160, 333, 3200):
        async with asyncio.TaskGroup() as tasks:
            listener = Listener(16000, tasks, ["Hello."])
            for start in range(0, sound.size, size):
                await listener.ear.feed(sound[start : start + size])
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            end = listener.ended()
            ends.append((end.text, end.speech_start, end.speech_end))
    assert len(set(ends)) == 1


class Reader(ScriptedTranscriber):
    """Reads a partial text from `lines`; a pass takes `cost` seconds of the listener's clock."""

    def __init__(self, lines: list[str], cost: float = 0.0) -> None:
        super().__init__(script=["The whole."])
        self.lines = lines
        self.cost = cost
        self.listener: Listener | None = None
        self.passes: list[int] = []
        self.hold: asyncio.Event | None = None
        self.given_up = 0

    async def partial(self) -> Transcript:
        self.passes.append(self._fed)
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.given_up += 1
                raise
        assert self.listener is not None
        self.listener.now += self.cost
        return Transcript(self.lines.pop(0) if self.lines else "")


def reading(tasks: asyncio.TaskGroup, lines: list[str], cost: float = 0.0) -> tuple[Listener, Reader]:
    reader = Reader(lines, cost)
    listener = Listener(16000, tasks, [], reader)
    reader.listener = listener
    return listener, reader


def words(listener: Listener) -> list[tuple[str, str, bool]]:
    return [(event.text, event.stable, event.pause) for event in listener.events if isinstance(event, Words)]


async def test_what_two_partial_passes_agree_on_is_stable() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener, _ = reading(tasks, ["What", "What time?", "What time do you"])
        await listener.hear(np.concatenate([tone(1250, 16000), np.zeros(2000, np.int16)]))
        assert words(listener) == [
            ("What", "", False),
            ("What time?", "What", False),
            ("What time do you", "What time", False),
            ("The whole.", "The whole.", True),
        ]


async def test_each_utterance_finds_its_own_agreement() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener, reader = reading(tasks, ["Same words", "", "Same words here", ""])
        reader.script = ["Same words?", "Same words here?"]
        for _ in range(2):
            await listener.hear(np.concatenate([tone(450, 16000), np.zeros(9600, np.int16)]))
        assert [stable for _, stable, pause in words(listener) if not pause] == ["", ""]


@pytest.mark.parametrize(("cost", "every_ms"), [(0.0, 320), (0.1, 400), (0.2, 800), (0.3, 1200)])
async def test_partial_passes_take_a_quarter_of_a_core_at_most(cost: float, every_ms: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        listener, reader = reading(tasks, ["a"] * 20, cost)
        await listener.hear(tone(4000, 16000))
        gaps = np.diff(reader.passes) / 16
        assert len(gaps) >= 2
        assert np.all((gaps >= every_ms) & (gaps < every_ms + 64))
        listener.ear.forget()


async def test_one_partial_pass_begins_at_the_first_quiet_hop_and_none_later_in_a_pause() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener, reader = reading(tasks, ["a"] * 20)
        quiet = np.zeros(512, np.int16)
        await listener.hear(tone(290, 16000))
        assert reader.passes == []
        await listener.hear(np.concatenate([quiet] * 12))
        assert len(reader.passes) == 1
        listener.ear.forget()


async def test_a_pause_gives_up_the_partial_pass_and_asks_once_with_all_that_was_heard() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener, reader = reading(tasks, ["a"] * 20)
        reader.hold = asyncio.Event()
        voice, quiet = tone(960, 16000), np.zeros(4800, np.int16)
        await listener.hear(np.concatenate([voice, quiet]))
        assert (len(reader.passes), reader.given_up) == (1, 1)
        (fed,) = reader.heard_samples
        assert fed == voice.size + 2 * 512


async def test_speech_that_goes_on_gives_up_the_pass_of_the_pause() -> None:
    class Slow(Reader):
        async def final(self) -> Transcript:
            await asyncio.Event().wait()
            raise AssertionError

    async with asyncio.TaskGroup() as tasks:
        slow = Slow([])
        listener = Listener(16000, tasks, [], slow)
        slow.listener = listener
        await listener.hear(np.concatenate([tone(640, 16000), np.zeros(1536, np.int16)]))
        pending = listener.ear._pause_task
        assert pending is not None
        assert not pending.done()
        await listener.hear(tone(100, 16000))
        assert pending.cancelled()
        listener.ear.forget()


async def test_the_words_of_a_pause_are_a_pass_like_any_other() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener, _ = reading(tasks, ["", "The whole. And more"])
        quiet = np.zeros(1536, np.int16)
        await listener.hear(np.concatenate([tone(320, 16000), quiet, tone(480, 16000)]))
        assert words(listener) == [
            ("The whole.", "The whole.", True),
            ("The whole. And more", "The whole", False),
        ]
        listener.ear.forget()


async def test_words_say_which_language_they_were_read_in_and_how_long_the_voice_was() -> None:
    german = Transcript("Einen Termin bitte.", 0.9, language="de", language_probability=0.8)
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(16000, tasks, [], ScriptedTranscriber(script=[german]))
        await listener.hear(np.concatenate([tone(1600, 16000), np.zeros(16000, np.int16)]))
        spoken = listener.ear.spoken
        assert spoken is not None
        assert (spoken.text, spoken.language, spoken.probability) == ("Einen Termin bitte.", "de", 0.8)
        assert spoken.seconds == pytest.approx(1.6, abs=0.1)
        words = [event for event in listener.events if isinstance(event, Words)]
        assert [event.spoken for event in words if event.pause] == [spoken]


async def test_where_nobody_asks_for_the_language_nothing_is_said_of_it() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(16000, tasks, ["Hello."])
        await listener.hear(np.concatenate([tone(1000, 16000), np.zeros(16000, np.int16)]))
        assert listener.ear.spoken is None


async def test_another_recogniser_takes_over_between_two_utterances_never_within_one() -> None:
    other = ScriptedTranscriber(script=["Guten Tag."])
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(16000, tasks, ["Hello there."])
        await listener.hear(tone(500, 16000))
        listener.ear.listen_with(other)
        await listener.hear(np.concatenate([tone(500, 16000), np.zeros(16000, np.int16)]))
        assert listener.ended().text == "Hello there."
        await listener.hear(np.concatenate([tone(1000, 16000), np.zeros(16000, np.int16)]))
        ends = [event.text for event in listener.events if isinstance(event, EndOfTurn)]
        assert ends == ["Hello there.", "Guten Tag."]
