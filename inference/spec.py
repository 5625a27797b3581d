"""AgentSpec: a published version compiled to frozen data, all that a conversation needs.

`agents.compile` writes it; the worker only reads it. It carries no secret and no database id that
the worker would look up. Text in it is never evaluated: `{{name}}` is replaced by flat name only.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from inference.nodes import FlowSpec

SPEC_SCHEMA = 1


class VoiceSpec(Struct, frozen=True):
    engine: str = "hibari"
    name: str = "heart"
    speed: float = 1.0


class ModelSpec(Struct, frozen=True):
    """Which engines serve the agent, and how the language model is sampled."""

    chat: str = "default"
    """Model name in the worker's pool; `default` is the worker's own default."""
    transcriber: str = "default"
    temperature: float = 0.3
    max_tokens: int = 220


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
    schema: int = SPEC_SCHEMA


def encode_spec(spec: AgentSpec) -> bytes:
    """Canonical JSON: what a Version stores."""
    return msgspec.json.encode(spec, order="deterministic")


def decode_spec(data: bytes | str) -> AgentSpec:
    """Raises msgspec.ValidationError with the path of the offending field."""
    return msgspec.json.decode(data, type=AgentSpec)


def spec_digest(spec: AgentSpec) -> str:
    return hashlib.sha256(encode_spec(spec)).hexdigest()
