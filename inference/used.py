"""What engines did for a conversation, by who did it: what a service will be paid for.

Services are metered where they are asked (`engines/openai_*.py`): a sentence that was at hand costs nothing, an answer
that was begun and dropped does. Who failed is not charged; who stood in is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

Stage = Literal["transcriber", "chat", "synthesizer"]


class Use(Struct, frozen=True, omit_defaults=True):
    """One engine's work for one turn. All counts 0: it is the one that serves this stage, and was not asked anew."""

    stage: Stage
    service: str = ""
    """Public id of a lent service; empty: the worker's own engine."""
    model: str = ""
    name: str = ""
    """What people call the service."""
    prompt_tokens: int = 0
    """The cached ones included."""
    cached_tokens: int = 0
    reply_tokens: int = 0
    audio_ms: int = 0
    """Of the caller's voice, as often as it was sent."""
    characters: int = 0

    @property
    def who(self) -> tuple[Stage, str, str]:
        return self.stage, self.service, self.model

    def plus(self, other: Use) -> Use:
        """Both together; `other` is the same engine's."""
        return Use(
            *self.who,
            self.name or other.name,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            reply_tokens=self.reply_tokens + other.reply_tokens,
            audio_ms=self.audio_ms + other.audio_ms,
            characters=self.characters + other.characters,
        )


def together(uses: Iterable[Use]) -> tuple[Use, ...]:
    """One for each engine, in the order in which they were first used."""
    found: dict[tuple[Stage, str, str], Use] = {}
    for use in uses:
        known = found.get(use.who)
        found[use.who] = use if known is None else known.plus(use)
    return tuple(found.values())


class Meter:
    """What was used in one conversation since it was last told."""

    def __init__(self, serves: Mapping[Stage, Use] | None = None) -> None:
        """`serves`: who is asked first in each stage."""
        self.serves = dict(serves or {})
        self._uses: list[Use] = []

    def add(self, use: Use) -> None:
        self._uses = list(together([*self._uses, use]))

    def answered(self, stage: Stage) -> None:
        """Something came of this stage: by whoever serves it, if nothing else is known."""
        if stage in self.serves and all(use.stage != stage for use in self._uses):
            self.add(self.serves[stage])

    def take(self, *stages: Stage) -> tuple[Use, ...]:
        """What was used since the last time; of these stages, or of all."""
        taken = tuple(use for use in self._uses if not stages or use.stage in stages)
        self._uses = [use for use in self._uses if use not in taken]
        return taken


def uses_from(stored: Iterable[object]) -> tuple[Use, ...]:
    """From JSON that was written here; what cannot be read is left out."""
    found = []
    for each in stored:
        try:
            found.append(msgspec.convert(each, Use))
        except msgspec.ValidationError:
            continue
    return tuple(found)
