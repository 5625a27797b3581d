"""Names of what is published about a running leg."""

from __future__ import annotations

from typing import Literal

Stream = Literal["events", "sound", "control", "microphone"]


def topic_of_leg(conversation: str, stream: Stream) -> str:
    """`conversation`: its public id."""
    return f"live:{conversation}:{stream}"
