"""A voice that is given by a sample: the web keeps the sample and hands it over with `Open`, only when it is used.

Its name is made of what is in the sample, so nobody speaks in a voice whose sample they do not have.
"""

from __future__ import annotations

import hashlib

from msgspec import Struct

PREFIX = "clone:"
MOST_SAMPLE_BYTES = 600_000
"""12 s of 16-bit mono audio at 24 kHz: what XTTS listens to."""
MOST_SAMPLES = 4
"""Cloned voices that one agent may name: its own, those of its other languages and of its flow."""


class VoiceSample(Struct, frozen=True):
    """`wav`: 16-bit mono PCM in a WAV file, 2 to 12 s of one person talking."""

    wav: bytes

    @property
    def name(self) -> str:
        """`VoiceSpec.name` of the voice."""
        return clone_name(self.wav)

    def __repr__(self) -> str:
        return f"VoiceSample({self.name!r}, {len(self.wav)} bytes)"

    __str__ = __repr__


def clone_name(wav: bytes) -> str:
    return f"{PREFIX}{hashlib.sha256(wav).hexdigest()[:32]}"


def is_clone(voice: str) -> bool:
    return voice.startswith(PREFIX)
