"""The engines that one conversation uses, shared with all others of the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inference.engines.base import ChatModel, Synthesizer, Transcriber, TurnDetector, VoiceDetector
from inference.fixed_speech import FixedSpeech


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
