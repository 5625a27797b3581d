"""How a conversation's words are said: clause by clause, aloud or in writing, by the model's pace or word for word."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from inference.draft import Draft
from inference.engines.base import Speech, Synthesizer
from inference.events import Media
from inference.failover import standing_in
from inference.fixed_speech import FixedSpeech
from inference.live_state import LiveState
from inference.mouth import Mouth, Synthesis
from inference.phrases import phrase
from inference.reply import Clock, Reply
from inference.spec import VoiceSpec
from inference.text import Clause, clauses, readable


class Speaking:
    """Speaks the drafts of one conversation, in the language and voice that are its own at the moment."""

    def __init__(
        self, state: LiveState, media: Media, *, synthesizer: Synthesizer, fixed_speech: FixedSpeech, clock: Clock
    ) -> None:
        self._state = state
        self.aloud = media.kind == "voice"
        self._synthesizer = synthesizer
        self._fixed_speech = fixed_speech
        self._mouth = Mouth(synthesizer=synthesizer, voice=state.spec.voice, media=media, clock=clock)

    def use(self, synthesizer: Synthesizer) -> None:
        """Speak with this one from the next sentence on."""
        self._synthesizer = synthesizer

    def on_playback(self) -> None:
        self._mouth.on_playback()

    async def stream(self, draft: Draft, words: AsyncGenerator[str]) -> None:
        """Say what the model writes, as it writes it. Raises EngineError."""
        await self._speak(draft, words, lambda texts: self._synthesizer.speak(texts, self._own_voice))

    async def say(self, draft: Draft, text: str, *, keep: bool = True) -> None:
        """Say `text` word for word. Its audio is taken from the shared cache, and kept there if it may come again.

        Raises EngineError.
        """
        await self._speak(draft, _one(text), lambda texts: self._kept_speech(texts, keep=keep))

    def filler(self) -> bool:
        """Whether there is something to say while an answer is late."""
        return self.aloud and bool(self._filler())

    def fill(self, draft: Draft) -> None:
        self._mouth.fill(draft.reply, self._filler(), draft.gate)

    def _filler(self) -> list[Speech]:
        spec = self._state.spec
        return list(self._fixed_speech.kept(self._own_voice, phrase("filler", spec.language)))

    @property
    def _own_voice(self) -> VoiceSpec:
        return standing_in(self._state.spec.voice, self._synthesizer.info)

    def _kept_speech(self, texts: AsyncIterator[str], *, keep: bool) -> AsyncGenerator[Speech]:
        return self._fixed_speech.speak(self._synthesizer, self._own_voice, texts, keep=keep)

    async def _speak(self, draft: Draft, words: AsyncGenerator[str], synthesis: Synthesis) -> None:
        spec = self._state.spec
        pieces = (
            clauses(words, language=spec.language, pronunciations=spec.pronunciations)
            if self.aloud
            else readable(words)
        )
        async with aclosing(words), aclosing(pieces), aclosing(_parted(pieces, draft.reply)) as lines:
            await self._mouth.say(draft.reply, lines, draft.marks, draft.gate, synthesis)


async def _parted(pieces: AsyncGenerator[Clause], reply: Reply) -> AsyncGenerator[Clause]:
    """A blank before what follows on words of the same reply."""
    first = True
    async for clause in pieces:
        follows = first and bool(clause.written and reply.written)
        first = first and not clause.written
        yield replace(clause, written=f" {clause.written}") if follows else clause


async def _one(text: str) -> AsyncGenerator[str]:
    yield text
