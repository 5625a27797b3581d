"""What was done in a conversation, and by whom: by services as they were metered, the rest by engines of our own. Pure.

Of our own engines the worker tells no more than their names, so their share is taken from the record: how long was
spoken, how many tokens and characters there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from inference.used import Stage, Use, together


@dataclass(frozen=True, slots=True)
class TurnWork:
    """One turn of the record. `spoken`: of a voice leg. `seconds`: from its first sound to its last."""

    role: str
    source: str = "voice"
    spoken: bool = True
    seconds: float = 0.0
    characters: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    used: tuple[Use, ...] = ()

    def by(self, stage: Stage) -> tuple[list[Use], list[Use]]:
        """What services did of a stage, and what our own engines did in their stead."""
        served = [use for use in self.used if use.stage == stage and use.service]
        return served, [use for use in self.used if use.stage == stage and not use.service]


@dataclass(slots=True)
class OwnWork:
    """Of our own engines. `heard` and `said` in seconds."""

    heard: float = 0.0
    said: float = 0.0
    characters: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0

    def add(self, turn: TurnWork) -> None:
        served, own = turn.by("transcriber")
        if turn.role == "caller" and turn.source == "voice" and turn.spoken and (own or not served):
            self.heard += turn.seconds
        served, own = turn.by("chat")
        parts: Sequence[Use | TurnWork] = own if served else [turn]
        for each in parts:
            self.prompt_tokens += each.prompt_tokens
            self.cached_tokens += each.cached_tokens
            self.reply_tokens += each.reply_tokens
        if turn.role == "agent" and turn.spoken:
            served, own = turn.by("synthesizer")
            share = _share(served, own)
            self.characters += round(turn.characters * share)
            self.said += turn.seconds * share


@dataclass(frozen=True, slots=True)
class Work:
    own: OwnWork = field(default_factory=OwnWork)
    services: tuple[Use, ...] = ()
    """Together, one for each stage, service and model."""


def work_of(turns: Iterable[TurnWork]) -> Work:
    own = OwnWork()
    services: list[Use] = []
    for turn in turns:
        own.add(turn)
        services += [use for use in turn.used if use.service]
    return Work(own, together(services))


def _share(served: list[Use], own: list[Use]) -> float:
    """How much of what was said was said by a voice of our own. What was at hand already cost its service nothing."""
    if not served:
        return 1.0
    ours, theirs = sum(use.characters for use in own), sum(use.characters for use in served)
    return ours / (ours + theirs) if ours else 0.0
