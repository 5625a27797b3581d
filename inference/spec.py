"""AgentSpec: a published version compiled to frozen data, all that a conversation needs.

`agents.compile` writes it; the worker only reads it. It carries no secret and no database id that
the worker would look up. Text in it is never evaluated: `{{name}}` is replaced by flat name only.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from inference.cloning import is_clone
from inference.lending import is_lent, lent_id
from inference.nodes import FlowSpec, LanguageNode

SPEC_SCHEMA = 1


class VoiceSpec(Struct, frozen=True):
    engine: str = "hibari"
    name: str = "heart"
    speed: float = 1.0
    language: str = ""
    """What is spoken, for voices that know several languages; empty: the engine's own."""
    then: tuple[str, ...] = ()
    """Engines that stand in, in this order, while `engine` fails; the worker's own comes last."""


class ModelSpec(Struct, frozen=True):
    """Which engines serve the agent, and how the language model is sampled.

    Likewise `VoiceSpec.engine`: a model's name in the worker's pool, `default` for the worker's own, or
    "provider:<public id>" for a service that is lent to the conversation (`inference.lending`).
    """

    chat: str = "default"
    transcriber: str = "default"
    temperature: float = 0.3
    max_tokens: int = 220
    chat_then: tuple[str, ...] = ()
    """Models that stand in, in this order, while `chat` fails; the worker's own comes last. Likewise the next."""
    transcriber_then: tuple[str, ...] = ()


class Pronunciation(Struct, frozen=True):
    written: str
    spoken: str


class TurnSpec(Struct, frozen=True):
    """How patient the agent is. Milliseconds of silence."""

    min_silence_ms: int = 200
    max_silence_ms: int = 1000
    interruptible: bool = True
    filler_ms: int = 600
    """Say a filler when no answer is heard this long after the caller's last sound; 0 = never."""
    silence_prompt_ms: int = 0
    """A caller who says nothing for this long after the agent's last word is spoken to; 0: 8 s in a flow of several
    nodes, never where the agent is one goal."""


class LanguageSpec(Struct, frozen=True):
    """Another language that the agent speaks, and the voice that speaks it."""

    language: str
    voice: VoiceSpec


class AgentSpec(Struct, frozen=True):
    agent: str
    """Public id of the agent."""
    version: str
    """Public id of the version; "draft" for a throw-away spec."""
    workspace: str
    name: str
    flow: FlowSpec
    instructions: str = ""
    """The byte-stable head of every prompt: persona, instructions, facts."""
    greeting: str = ""
    language: str = "en"
    voice: VoiceSpec = VoiceSpec()
    models: ModelSpec = ModelSpec()
    turns: TurnSpec = TurnSpec()
    hints: tuple[str, ...] = ()
    """Names and words the recogniser should expect."""
    pronunciations: tuple[Pronunciation, ...] = ()
    zone: str = "UTC"
    """Time zone of the workspace: what "tomorrow at nine" means."""
    recording: bool = False
    """The web side keeps the audio; the greeting then begins with the consent sentence."""
    languages: tuple[LanguageSpec, ...] = ()
    """What it can speak beside `language`: chosen by the flow, or by the caller."""
    notices_language: bool = False
    """Goes on in the caller's language by itself, where that is one of these."""
    schema: int = SPEC_SCHEMA


def voices_of(spec: AgentSpec) -> tuple[VoiceSpec, ...]:
    """Everybody who may speak for the agent, its own voice first, without repeats."""
    return tuple(dict.fromkeys((spec.voice, *(row.voice for row in spec.languages))))


def cloned_voices(spec: AgentSpec) -> tuple[str, ...]:
    """Names of the cloned voices that may speak for the agent, its own first, each once."""
    nodes = [*spec.flow.nodes, *(node for flow in spec.flow.flows for node in flow.nodes)]
    changed_to = [node.voice for node in nodes if isinstance(node, LanguageNode)]
    named = [*(voice.name for voice in voices_of(spec)), *changed_to]
    return tuple(dict.fromkeys(name for name in named if is_clone(name)))


def lent_services(spec: AgentSpec) -> tuple[str, ...]:
    """Public ids of the services that the agent's conversations are lent, each once."""
    models = spec.models
    voices = [name for voice in voices_of(spec) for name in (voice.engine, *voice.then)]
    names = (models.chat, *models.chat_then, models.transcriber, *models.transcriber_then, *voices)
    return tuple(dict.fromkeys(lent_id(name) for name in names if is_lent(name)))


def encode_spec(spec: AgentSpec) -> bytes:
    """Canonical JSON: what a Version stores."""
    return msgspec.json.encode(spec, order="deterministic")


def decode_spec(data: bytes | str) -> AgentSpec:
    """Raises msgspec.ValidationError with the path of the offending field."""
    return msgspec.json.decode(data, type=AgentSpec)


def prefix_digest(spec: AgentSpec) -> str:
    """The same for two agents whose prompts begin alike in the same language model: what a worker holds ready."""
    return hashlib.sha256(f"{spec.models.chat}\0{spec.instructions.strip()}".encode()).hexdigest()[:16]


def spec_digest(spec: AgentSpec) -> str:
    return hashlib.sha256(encode_spec(spec)).hexdigest()
