"""A spoken call whose agent thinks on vLLM; recognition and voice are the fakes'."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pytest

from inference.conversation import Conversation
from inference.engine_set import Engines
from inference.engines.fake import FakeSynthesizer, FakeTranscriber, FakeTurnDetector, FakeVoiceDetector
from inference.engines.in_workspace import in_workspace
from inference.engines.vllm import VLLM
from inference.engines.vllm_core import Piece, Request
from inference.events import (
    Audio,
    Close,
    Down,
    Interrupted,
    Media,
    Open,
    Playback,
    Ready,
    ReplyAudio,
    ReplyDone,
    Timing,
)
from inference.fixed_speech import FixedSpeech
from inference.nodes import FlowSpec, GoalNode
from inference.prompt import prefix
from inference.spec import AgentSpec, ModelSpec, TurnSpec
from tests.engines_vllm.support import HEAD, tell, until

RATE = 16_000
FRAME = RATE // 50
VOICE = (np.sin(np.arange(FRAME) * (2 * np.pi * 200 / RATE)) * 8000).astype(np.int16).tobytes()
QUIET = bytes(2 * FRAME)
SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="the workshop",
    name="Ada",
    instructions=HEAD[0].text,
    flow=FlowSpec("talk", (GoalNode("talk", ""),)),
    models=ModelSpec(temperature=0.0, max_tokens=200),
    turns=TurnSpec(filler_ms=0),
)
Event = TypeVar("Event")


class Caller:
    """Speaks in frames of 20 ms, hears what comes back as it would be played."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self.events: list[Down] = []
        self.at: list[float] = []

    async def listen(self) -> None:
        async with aclosing(self._conversation.events()) as events:
            async for event in events:
                self.events.append(event)
                self.at.append(time.monotonic())

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    async def speak(self, *, voiced: float, quiet: float) -> None:
        """Seconds, in real time."""
        for pcm in [VOICE] * int(voiced * 50) + [QUIET] * int(quiet * 50):
            self._conversation.hear(Audio(pcm))
            self._played()
            await asyncio.sleep(0.02)

    def _played(self) -> None:
        """The player is at most 100 ms behind."""
        for turn in {audio.turn for audio in self.of(ReplyAudio)}:
            samples = sum(len(audio.pcm) // 2 for audio in self.of(ReplyAudio) if audio.turn == turn)
            self._conversation.hear(Playback(turn, max(0, samples - RATE // 10)))


@asynccontextmanager
async def calling(model: VLLM, *lines: str) -> AsyncIterator[Caller]:
    engines = Engines(
        transcriber=FakeTranscriber(script="|".join(lines), delay_ms=20),
        chat=in_workspace(model, SPEC.workspace),
        synthesizer=FakeSynthesizer(first_ms=20),
        voice_detector=FakeVoiceDetector(),
        turn_detector=FakeTurnDetector(),
        fixed_speech=FixedSpeech(),
    )
    media = Media(rate_in=RATE, rate_out=24_000)
    conversation = Conversation(Open(SPEC, "cv", media, None, caller="Now: noon"), engines)
    caller = Caller(conversation)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(conversation.run())
        tasks.create_task(caller.listen())
        await until(lambda: caller.of(Ready))
        yield caller
        conversation.hear(Close())
        await running


@dataclass
class Watched:
    """One request as vLLM sees it."""

    request: Request
    pieces: list[float] = field(default_factory=list)
    finished: bool = False
    closed: float = 0.0


@pytest.fixture
def requests(model: VLLM, monkeypatch: pytest.MonkeyPatch) -> list[Watched]:
    """Every request from now on."""
    generate, seen = model.core.generate, list[Watched]()

    async def watched(request: Request) -> AsyncGenerator[Piece]:
        one = Watched(request)
        seen.append(one)
        try:
            async with aclosing(generate(request)) as pieces:
                async for piece in pieces:
                    one.pieces.append(time.monotonic())
                    one.finished = piece.finished
                    yield piece
        finally:
            one.closed = time.monotonic()

    monkeypatch.setattr(model.core, "generate", watched)
    return seen


async def test_a_spoken_call_and_a_barge_in(
    model: VLLM, requests: list[Watched], caplog: pytest.LogCaptureFixture
) -> None:
    await in_workspace(model, SPEC.workspace).warm(prefix(SPEC))
    requests.clear()
    caplog.clear()
    async with calling(model, "When do you open on Monday?", "And what does a new tyre cost?") as caller:
        await caller.speak(voiced=0.9, quiet=1.4)
        await until(lambda: caller.of(ReplyAudio))
        reply = next(one for one in requests if one.request.max_tokens > 1)
        # The caller speaks into the answer: what is left of it is not thought of any more.
        await caller.speak(voiced=1.0, quiet=0.0)
        await until(lambda: caller.of(Interrupted) and reply.closed)
        cut = caller.at[caller.events.index(caller.of(Interrupted)[0])]
        await caller.speak(voiced=0.0, quiet=1.5)
        await until(lambda: len(caller.of(Timing)) >= 2)
        await until(lambda: [done for done in caller.of(ReplyDone) if done.turn >= 2])
    told = [record.args for record in caplog.records if record.name == "inference.engines.vllm"]
    for prompt, cached, first_token, _ in told:
        tell(f"{cached} of {prompt} prompt tokens cached, first token after {first_token:.0f} ms")
    after = sum(at > cut for at in reply.pieces)
    tell(
        f"barge-in: {len(reply.pieces)} of 200 tokens written, {after} of them after the cut; "
        f"stopped {(reply.closed - cut) * 1000:.0f} ms after it"
    )
    assert min(cached for prompt, cached, _, _ in told) >= 64, (
        "the agent's head, at the first turn of the first call too"
    )
    assert not reply.finished
    assert after <= 1
