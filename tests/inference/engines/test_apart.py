"""Engines in a process of their own: real children over a real socket, with the fakes in them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from inference.audio import Samples
from inference.engines import apart, registry
from inference.engines.apart import ApartChat, ApartTranscriber, ApartVoice
from inference.engines.apart_wire import CREDIT, plain
from inference.engines.base import (
    AsrOptions,
    ChatModel,
    ChatOptions,
    CountsTokens,
    Synthesizer,
    TextDelta,
    ToolRequest,
    Transcriber,
    Usage,
)
from inference.engines.fake import FakeSynthesizer
from inference.errors import EngineError, EngineNotReady, UnknownEngine
from inference.events import Message
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec

PYTHON = Path(sys.executable)
PROBES = Path(__file__).parent / "apart_probe.py"


@pytest.fixture
def probes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Children find the kind "probe", and write what happens in them into the file that is returned."""
    package = tmp_path / "apart_probe-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: apart-probe\nVersion: 1\n")
    roles = "\n".join(
        f"{role}.probe = apart_probe:{name}"
        for role, name in (("chat", "Chat"), ("transcriber", "Ears"), ("synthesizer", "Voice"))
    )
    (package / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{roles}\n")
    (tmp_path / "apart_probe.py").write_text(PROBES.read_text())
    monkeypatch.setattr("inference.engines.apart_life.EXTRA_PATH", (str(tmp_path),))
    return tmp_path / "log"


async def _texts(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def _tone(seconds: float) -> Samples:
    return (np.sin(np.arange(int(seconds * 16000)) * 0.2) * 6000).astype(np.int16)


async def _until(log: Path, line: str) -> list[str]:
    async with asyncio.timeout(20):
        while True:
            lines = log.read_text().splitlines() if log.exists() else []
            if line in lines:
                return lines
            await asyncio.sleep(0.01)


async def test_a_chat_model_streams_calls_tools_and_counts_from_its_own_process() -> None:
    head = (Message("system", "Be kind."),)
    chat = ApartChat("fake", {"model": "m", "first_ms": 0, "token_ms": 0, "window": 900}, PYTHON)
    assert isinstance(chat, ChatModel)
    await chat.load()
    try:
        assert (chat.info.kind, chat.info.model) == ("fake", "m")
        await chat.warm(head)
        async with chat.stream(head) as stream:
            assert isinstance(stream, CountsTokens)
            assert stream.window == 900
            prompt = [*head, Message("user", "Two pizzas")]
            deltas = [delta async for delta in stream.reply(prompt, (), ChatOptions())]
            await stream.prefill(prompt)
            short = [delta async for delta in stream.reply(prompt, (), ChatOptions(max_tokens=2))]
            with pytest.raises(EngineError, match="has 90") as refused:
                [_ async for _ in stream.reply([Message("user", "a " * 900)], (), ChatOptions())]
        assert "".join(d.text for d in deltas if isinstance(d, TextDelta)) == "You said this to me: Two pizzas"
        assert deltas[-1] == Usage(prompt_tokens=6, cached_tokens=3, reply_tokens=7)
        assert short == [TextDelta("You"), TextDelta(" said"), Usage(6, 6, 2)]
        assert refused.value.code == "context_full"
    finally:
        await chat.close()


async def test_a_tool_is_asked_for_across_the_process() -> None:
    chat = ApartChat("fake", {"first_ms": 0, "token_ms": 0, "text": 'tool:get {"day":"Sunday"}'}, PYTHON)
    await chat.load()
    try:
        async with chat.stream() as stream:
            asked = [d async for d in stream.reply([Message("user", "x")], [ToolSpec("get", "")], ChatOptions())]
        assert asked[0] == ToolRequest("call-1", "get", '{"day":"Sunday"}')
    finally:
        await chat.close()


async def test_a_recogniser_understands_apart() -> None:
    recogniser = ApartTranscriber("fake", {"delay_ms": 0}, PYTHON)
    assert isinstance(recogniser, Transcriber)
    await recogniser.load()
    try:
        async with recogniser.stream(AsrOptions()) as stream:
            stream.feed(_tone(0.8))
            assert (await stream.partial()).confidence == 0.5
            assert (await stream.final()).text == "I spoke for 0.8 seconds."
            stream.reset()
            assert (await stream.final()).no_speech == 1.0
    finally:
        await recogniser.close()


async def test_a_pass_hears_what_was_fed_before_it_and_nothing_after(
    probes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "FIRST_REST_SECONDS", 0.0)
    recogniser = ApartTranscriber("probe", {"path": str(probes)}, PYTHON)
    await recogniser.load()
    try:
        async with recogniser.stream(AsrOptions()) as stream:
            stream.feed(_tone(0.5))
            final = asyncio.create_task(stream.final())
            await asyncio.sleep(0)
            stream.reset()
            stream.feed(_tone(0.25))
            second = asyncio.create_task(stream.final())
            assert ((await final).text, (await second).text) == ("8000", "4000")

            partial = asyncio.create_task(stream.partial())
            await _until(probes, "partial")
            partial.cancel()
            with pytest.raises(asyncio.CancelledError):
                await partial
            assert probes.read_text().splitlines()[-1] == "stopped"

            killed = recogniser.life()
            killed.kill()
            with pytest.raises(EngineNotReady):
                await stream.final()
            async with asyncio.timeout(20):
                while recogniser._life is killed:
                    await asyncio.sleep(0.01)
            # Half an utterance must not be taken for all of it.
            with pytest.raises(EngineNotReady, match="in the middle of"):
                await stream.final()
            stream.reset()
            stream.feed(_tone(0.1))
            assert (await stream.final()).text == "1600"
    finally:
        await recogniser.close()


async def test_a_voice_says_the_same_apart_and_takes_one_clause_at_a_time() -> None:
    voice, near = ApartVoice("fake", {"first_ms": 0}, PYTHON), FakeSynthesizer(first_ms=0)
    assert isinstance(voice, Synthesizer)
    pulled: list[str] = []

    async def clauses() -> AsyncGenerator[str]:
        for text in ("Good day.", "How may I help?", "I am here."):
            pulled.append(text)
            yield text

    await voice.load()
    try:
        assert [s async for s in voice.speak(_texts("One.", "Two!"), VoiceSpec())] == [
            s async for s in near.speak(_texts("One.", "Two!"), VoiceSpec())
        ]
        async with aclosing(voice.speak(clauses(), VoiceSpec())) as speech:
            first = await anext(speech)
            assert first.text == "Good day."
            assert len(pulled) < 3
    finally:
        await voice.close()


async def test_what_goes_wrong_with_the_clauses_reaches_the_listener() -> None:
    async def clauses() -> AsyncGenerator[str]:
        yield "One."
        raise EngineError("The model broke.", code="model_broke")

    voice = ApartVoice("fake", {"first_ms": 0}, PYTHON)
    await voice.load()
    try:
        with pytest.raises(EngineError, match="The model broke"):
            [_ async for _ in voice.speak(clauses(), VoiceSpec())]
    finally:
        await voice.close()


async def test_closing_a_reply_stops_it_over_there_before_aclose_returns(probes: Path) -> None:
    chat = ApartChat("probe", {"path": str(probes)}, PYTHON)
    await chat.load()
    try:
        async with chat.stream() as stream:
            async with aclosing(stream.reply([Message("user", "endless")], (), ChatOptions())) as deltas:
                await anext(deltas)
            assert probes.read_text().splitlines()[-1] == "stopped"

            waiting = asyncio.create_task(anext(stream.reply([Message("user", "mute")], (), ChatOptions())))
            await _until(probes, "mute")
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert probes.read_text().splitlines()[-1] == "stopped"
        assert probes.read_text().splitlines()[-1] == "stream closed"
    finally:
        await chat.close()
    assert probes.read_text().splitlines()[-1] == "engine closed"


async def test_an_engine_is_not_ahead_of_a_reader_that_stands_still(probes: Path) -> None:
    chat = ApartChat("probe", {"path": str(probes)}, PYTHON)
    await chat.load()
    try:
        async with (
            chat.stream() as stream,
            aclosing(stream.reply([Message("user", "endless")], (), ChatOptions())) as deltas,
        ):
            await anext(deltas)
            await _until(probes, f"made {CREDIT}")
            # The next one is made and waits for room; a question answered meanwhile shows that it stays so.
            await stream.prefill([Message("user", "x")])
            made = [line for line in probes.read_text().splitlines() if line.startswith("made")]
            assert len(made) <= CREDIT + 1
            got = [await anext(deltas) for _ in range(3 * CREDIT)]
            assert got[-1] == TextDelta(f" {3 * CREDIT}")
    finally:
        await chat.close()


async def test_who_waits_for_a_reply_is_told_while_it_runs(probes: Path) -> None:
    chat = ApartChat("probe", {"path": str(probes)}, PYTHON)
    somebody, stopped = False, True
    await chat.load()
    try:
        async with chat.stream() as stream:
            options = ChatOptions(awaited=lambda: somebody, held=lambda: stopped)
            reply = stream.reply([Message("user", "until awaited and let go")], (), options)
            asked = asyncio.create_task(anext(reply))
            await _until(probes, "awaited False held True")
            somebody = True
            await _until(probes, "awaited True held True")
            stopped = False
            assert await asked == TextDelta("now")
            await reply.aclose()
    finally:
        await chat.close()


async def test_a_killed_process_is_an_error_and_then_there_again(probes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "FIRST_REST_SECONDS", 0.0)
    head = (Message("system", "Be kind."),)
    chat = ApartChat("probe", {"path": str(probes)}, PYTHON)
    await chat.load()
    try:
        await chat.warm(head)
        async with chat.stream(head) as stream:
            deltas = stream.reply([Message("user", "endless")], (), ChatOptions())
            await anext(deltas)
            killed = chat.life()
            os.kill(killed.pid, signal.SIGKILL)
            with pytest.raises(EngineNotReady):
                [_ async for _ in deltas]
            with pytest.raises(EngineNotReady):
                await stream.prefill([Message("user", "x")])
            async with asyncio.timeout(20):
                while chat._life is killed:
                    await asyncio.sleep(0.01)
            # The prefix was warmed again before anybody could ask; the conversation goes on in a new stream.
            assert probes.read_text().splitlines().count("warm Be kind.") == 2
            async with aclosing(stream.reply([Message("user", "endless")], (), ChatOptions())) as again:
                assert await anext(again) == TextDelta(" 0")
    finally:
        await chat.close()


async def test_a_process_that_cannot_load_says_why() -> None:
    chat = ApartChat("fake", {"colour": "red"}, PYTHON)
    with pytest.raises(UnknownEngine, match="does not take these settings.*colour"):
        await chat.load()


async def test_a_process_that_dies_while_it_loads_is_an_error(probes: Path) -> None:
    voice = ApartVoice("probe", {"path": str(probes)}, PYTHON)
    with pytest.raises(EngineError, match="ended while it was loading"):
        await voice.load()


def test_an_environment_of_its_own_is_chosen_by_a_variable(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    engine = registry.create("chat", "fake", {"model": "m", "capacity": 3}, {"PARLEY_VENV_FAKE": str(tmp_path)})
    assert isinstance(engine, ApartChat)
    assert (engine.info.kind, engine.info.model, engine.info.capacity) == ("fake", "m", 3)
    with pytest.raises(UnknownEngine, match="PARLEY_VENV_FAKE names /nowhere"):
        registry.create("chat", "fake", {}, {"PARLEY_VENV_FAKE": "/nowhere"})
    with pytest.raises(UnknownEngine, match="cannot run in a process of its own"):
        registry.create("turn_detector", "fake", {}, {"PARLEY_VENV_FAKE": str(tmp_path)})


def test_no_secret_of_the_worker_reaches_the_process() -> None:
    from inference.engines.apart_life import _environment

    known = _environment({"PARLEY_WORKER_TOKEN": "x", "PARLEY_WORKER_TOKEN_FILE": "x", "REDIS_URL": "x", "HOME": "/h"})
    assert known["HOME"] == "/h"
    assert not {"PARLEY_WORKER_TOKEN", "PARLEY_WORKER_TOKEN_FILE", "REDIS_URL"} & set(known)


def test_options_cross_without_what_can_only_be_asked() -> None:
    assert set(plain(ChatOptions(awaited=lambda: True))) == set(ChatOptions.__dataclass_fields__) - {"awaited", "held"}
