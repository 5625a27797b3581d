"""`python -m inference` whose fake engines answer as the agent they were told to be.

The model says the word after "Your word is" in its instructions, the voice sings it at a pitch of its
own: what a caller hears tells whose answer it was. Run as a script by `processes.worker`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np

from inference.__main__ import main
from inference.audio import AudioFrame
from inference.engines import registry
from inference.engines.base import ChatDelta, ChatOptions, Speech, TextDelta, Usage
from inference.engines.fake import CHUNK, VOICE_RATE, FakeChat, FakeChatStream, FakeSynthesizer
from inference.events import Message
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec

PITCHES = {"Almond": 300, "Basil": 700}
"""Hz."""
OTHER_PITCH = 1500
SECONDS = 0.6


class WordChat(FakeChat):
    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[FakeChatStream]:
        yield WordStream(self, ())


class WordStream(FakeChatStream):
    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        found = re.search(r"Your word is (\w+)", messages[0].text)
        yield TextDelta(f"{found.group(1) if found else 'Nobody'}.")
        yield Usage(1, 0, 1)


class WordVoice(FakeSynthesizer):
    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        async for text in clauses:
            word = text.strip(" .")
            pitch = PITCHES.get(word, OTHER_PITCH)
            wave = np.sin(np.arange(round(VOICE_RATE * SECONDS)) * (2 * np.pi * pitch / VOICE_RATE)) * 6000
            tone = wave.astype(np.int16)
            for start in range(0, tone.size, CHUNK):
                frame = AudioFrame.from_samples(tone[start : start + CHUNK], VOICE_RATE)
                yield Speech(frame, text, ((word, 0),)) if start == 0 else Speech(frame)


if __name__ == "__main__":
    registry.ENGINES["chat", "fake"] = "__main__:WordChat"
    registry.ENGINES["synthesizer", "fake"] = "__main__:WordVoice"
    sys.exit(main())
