"""Which engine kinds there are: one dict, imported on first use. Others join by an entry point.

A package adds an engine with an entry point in the group `parley.engines`, named `role.kind`
(`synthesizer.my_voice = my_package.voice:MyVoice`). The target is called with the settings as
keyword arguments and returns an engine that is not loaded yet. A kind for which PARLEY_VENV_<KIND>
names an environment runs there, in a process of its own (`inference.engines.apart`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from inference.engines import apart
from inference.engines.base import Engine, EngineRole
from inference.errors import UnknownEngine

Settings = Mapping[str, str | int | float]

ENGINES: dict[tuple[EngineRole, str], str] = {
    ("transcriber", "faster_whisper"): "inference.engines.faster_whisper:FasterWhisper",
    ("chat", "gguf"): "inference.engines.gguf:language_model",
    ("chat", "ik_llama"): "inference.engines.ik_llama:IkLlama",
    ("chat", "llama_cpp"): "inference.engines.llama_cpp:LlamaCpp",
    ("chat", "vllm"): "inference.engines.vllm:VLLM",
    ("synthesizer", "coqui"): "inference.engines.coqui:CoquiVoice",
    ("synthesizer", "hibari"): "inference.engines.hibari:HibariVoice",
    ("voice_detector", "silero"): "inference.engines.silero:Silero",
    ("turn_detector", "smart_turn"): "inference.engines.smart_turn:SmartTurn",
    ("transcriber", "fake"): "inference.engines.fake:FakeTranscriber",
    ("chat", "fake"): "inference.engines.fake:FakeChat",
    ("synthesizer", "fake"): "inference.engines.fake:FakeSynthesizer",
    ("voice_detector", "fake"): "inference.engines.fake:FakeVoiceDetector",
    ("turn_detector", "fake"): "inference.engines.fake:FakeTurnDetector",
}
GROUP = "parley.engines"


def create(role: EngineRole, kind: str, settings: Settings, environ: Mapping[str, str] = os.environ) -> Engine:
    """An engine of this kind, not loaded. Raises UnknownEngine for a kind or a setting that is not known."""
    if venv := environ.get(f"PARLEY_VENV_{kind.upper()}", "").strip():
        return apart.create(role, kind, settings, venv)
    return maker(role, kind)(settings)


def maker(role: EngineRole, kind: str) -> Callable[[Settings], Engine]:
    """What makes engines of this kind in this very process."""
    make = _target(role, kind)

    def made(settings: Settings) -> Engine:
        try:
            return make(**settings)
        except TypeError as error:
            raise UnknownEngine(f"The {role} {kind!r} does not take these settings: {error}") from error

    return made


def _target(role: EngineRole, kind: str) -> Callable[..., Engine]:
    path = ENGINES.get((role, kind))
    if path is not None:
        module, _, name = path.partition(":")
        return cast(Callable[..., Engine], getattr(import_module(module), name))
    for entry in entry_points(group=GROUP, name=f"{role}.{kind}"):
        return cast(Callable[..., Engine], entry.load())
    known = ", ".join(sorted(each for of, each in ENGINES if of == role))
    raise UnknownEngine(f"There is no {role} engine {kind!r}. Known: {known}.")
