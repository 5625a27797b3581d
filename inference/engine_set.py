"""The engines that one conversation uses, shared with all others of the worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from inference.cloning import VoiceSample
from inference.engines.base import ChatModel, Synthesizer, Transcriber, TurnDetector, VoiceDetector
from inference.fixed_speech import FixedSpeech
from inference.lending import LentService
from inference.spec import AgentSpec
from inference.used import Meter

Choose = Callable[[AgentSpec, Sequence[LentService]], tuple[Transcriber, ChatModel, Synthesizer]]
"""What serves an agent, with these services beside those that were lent before. Raises EngineError."""
Learn = Callable[[AgentSpec, Sequence[VoiceSample]], Awaitable[None]]
"""Know the voices of an agent by their samples. Raises nothing: where that fails, another voice speaks."""


def idle() -> float:
    """Nothing else is going on."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Engines:
    """The shared engines a conversation uses."""

    transcriber: Transcriber
    chat: ChatModel
    synthesizer: Synthesizer
    voice_detector: VoiceDetector
    turn_detector: TurnDetector
    fixed_speech: FixedSpeech
    busy: Callable[[], float] = idle
    """How much of what the worker can do is in use, 0..1."""
    resident: bool = False
    """Whether the head of the agent's prompt was read before the conversation began."""
    meter: Meter = field(default_factory=Meter)
    """Who serves, and what was used of it."""
    choose: Choose | None = None
    """For another agent in the midst of the conversation; None: there are no others."""
    learn: Learn | None = None
    """Likewise for its voices; None: nobody is spoken to here."""
