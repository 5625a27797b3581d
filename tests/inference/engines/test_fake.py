"""The fakes keep their promises: text depends on the audio, replies on the messages, tones on the text."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs
from inference.engines.base import AsrOptions, ChatOptions, Speech, TextDelta, ToolRequest, Usage
from inference.engines.fake import (
    FakeChat,
    FakeSynthesizer,
    FakeTranscriber,
    FakeTurnDetector,
    FakeVoiceDetector,
)
from inference.events import Message
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec


def _tone(seconds: float) -> Samples:
    return (np.sin(np.arange(int(seconds * 16000)) * 0.2) * 6000).astype(np.int16)


async def _texts(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def test_the_delays_of_the_orchestration_benchmark_are_the_defaults() -> None:
    assert FakeTranscriber(mode="segment").delay_ms == 100.0
    assert FakeTranscriber(mode="stream").delay_ms == 30.0
    assert FakeTranscriber(mode="stream", delay_ms=0).delay_ms == 0
    assert (FakeChat().first_ms, FakeChat().token_ms) == (60.0, 10.0)


async def test_the_transcript_tells_how_long_the_caller_spoke() -> None:
    async with FakeTranscriber(delay_ms=0).stream(AsrOptions()) as stream:
        stream.feed(_tone(0.8))
        stream.feed(np.zeros(16000, np.int16))
        assert (await stream.final()).text == "I spoke for 0.8 seconds."
        stream.reset()
        assert (await stream.final()).text == ""


async def test_a_script_gives_one_line_an_utterance_and_begins_again() -> None:
    heard = []
    async with FakeTranscriber(delay_ms=0, script="good_day|bye").stream(AsrOptions()) as stream:
        for _ in range(3):
            stream.feed(_tone(0.2))
            partial = await stream.partial()
            final = await stream.final()
            assert partial.text == final.text
            heard.append(final.text)
            stream.reset()
    assert heard == ["good day", "bye", "good day"]


async def test_the_reply_repeats_the_caller_and_counts_what_was_cached() -> None:
    head = (Message("system", "Be kind."),)
    chat = FakeChat(first_ms=0, token_ms=0)
    await chat.warm(head)
    async with chat.stream(head) as stream:
        prompt = [*head, Message("user", "Two pizzas")]
        deltas = [delta async for delta in stream.reply(prompt, (), ChatOptions())]
        again = [delta async for delta in stream.reply(prompt, (), ChatOptions(max_tokens=2))]
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "You said this to me: Two pizzas"
    assert deltas[-1] == Usage(prompt_tokens=6, cached_tokens=3, reply_tokens=7)
    assert again == [TextDelta("You"), TextDelta(" said"), Usage(6, 6, 2)]


async def test_a_scripted_tool_call_only_when_the_tool_may_be_used() -> None:
    chat = FakeChat(first_ms=0, token_ms=0, text='tool:get {"day":"Sunday"}')
    async with chat.stream() as stream:
        asked = [d async for d in stream.reply([Message("user", "x")], [ToolSpec("get", "")], ChatOptions())]
        refused = [d async for d in stream.reply([Message("user", "x")], [], ChatOptions())]
    assert asked[0] == ToolRequest("call-1", "get", '{"day":"Sunday"}')
    assert refused[0] == TextDelta("tool:get")


async def test_the_tone_is_audible_and_as_long_as_its_text() -> None:
    voice = FakeSynthesizer(first_ms=0)
    pieces: list[Speech] = [piece async for piece in voice.speak(_texts("hello you", "bye"), VoiceSpec())]
    firsts = [piece for piece in pieces if piece.text]
    assert [(piece.text, piece.words) for piece in firsts] == [
        ("hello you", (("hello", 0), ("you", 7800))),
        ("bye", (("bye", 0),)),
    ]
    assert sum(piece.frame.sample_count for piece in pieces) == (8 + 3) * 1560
    assert all(level_dbfs(piece.frame.samples) > AUDIBLE_DBFS for piece in pieces)


def test_the_energy_gate_decides_each_whole_hop() -> None:
    stream = FakeVoiceDetector().stream()
    assert stream.feed(_tone(0.02)) == []
    assert stream.feed(_tone(0.02)) == [0.95]
    assert stream.feed(np.zeros(2048, np.int16))[1:] == [0.02, 0.02, 0.02]


@pytest.mark.parametrize("score", [0.0, 1.0])
async def test_the_turn_detector_says_what_it_is_set_to(score: float) -> None:
    assert await FakeTurnDetector(score=score).complete(_tone(1)) == score
