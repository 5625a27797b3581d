"""Audio of fixed sentences (greeting, apologies), made once per voice and shared by all calls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from inference.engines.base import Speech, Synthesizer
from inference.spec import VoiceSpec

LIMIT_BYTES = 64 << 20


class FixedSpeech:
    """A bounded cache of speech by (voice, text); the least used goes first."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._kept: OrderedDict[tuple[VoiceSpec, str], list[Speech]] = OrderedDict()

    async def speak(
        self, synthesizer: Synthesizer, voice: VoiceSpec, texts: AsyncIterator[str], *, keep: bool = True
    ) -> AsyncGenerator[Speech]:
        """Like `synthesizer.speak`, from the cache where it can; a miss is kept when it ran to its end.

        Not to `keep`: sentences with what this caller said in them.
        """
        async for text in texts:
            kept = self._kept.get((voice, text))
            if kept is not None:
                self._kept.move_to_end((voice, text))
                for piece in kept:
                    yield piece
                continue
            made: list[Speech] = []
            async with aclosing(synthesizer.speak(_one(text), voice)) as speech:
                async for piece in speech:
                    made.append(piece)
                    yield piece
            if keep and not getattr(synthesizer, "stands_in", False):  # another voice: not what the key says
                self._keep((voice, text), made)

    @property
    def has_room(self) -> bool:
        """Whether it is less than half full: more may be put in without throwing anything out."""
        return 2 * self._size < self._limit

    def kept(self, voice: VoiceSpec, text: str) -> Sequence[Speech]:
        """The audio of a sentence that is at hand; empty when it is not."""
        return self._kept.get((voice, text), ())

    async def prepare(self, synthesizer: Synthesizer, voice: VoiceSpec, text: str) -> None:
        """Have the audio of one speakable clause at hand."""
        async with aclosing(self.speak(synthesizer, voice, _one(text))) as speech:
            async for _ in speech:
                pass

    def _keep(self, key: tuple[VoiceSpec, str], pieces: list[Speech]) -> None:
        self._kept[key] = pieces
        self._size += _bytes(pieces)
        while self._size > self._limit and self._kept:
            _, dropped = self._kept.popitem(last=False)
            self._size -= _bytes(dropped)


def _bytes(pieces: list[Speech]) -> int:
    return sum(len(piece.frame.pcm) for piece in pieces)


async def _one(text: str) -> AsyncGenerator[str]:
    yield text
