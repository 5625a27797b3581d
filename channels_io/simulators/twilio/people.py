"""Simulated people: how they take a call, and what they do once they talk. Data only; `phone.py` acts it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.audio import Samples

LISTEN_SECONDS = 30.0
QUIET_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Say:
    """Speak int16 mono samples at 8 kHz. `text`: what <Gather input="speech"> understands of it."""

    audio: Samples
    text: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """Keys 0-9 * # A-D one after another; "w" waits half a second."""

    digits: str


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Until the other side has said something and then been quiet for `quiet` seconds; at most `seconds` in all."""

    seconds: float = LISTEN_SECONDS
    quiet: float = QUIET_SECONDS


@dataclass(frozen=True, slots=True)
class Into:
    """Until the other side has begun to say something new and sounded `after` seconds: what follows interrupts it."""

    after: float = 1.0
    seconds: float = LISTEN_SECONDS


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Step = Say | Press | Wait | Listen | Into | HangUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`takes`: "answers", "machine" (a greeting, then a beep), or the way in which nobody is reached.

    `after`: seconds of ringing before that. With `stays` they hold the line after their script until the other side ends.
    """

    takes: Literal["answers", "machine", "busy", "no-answer", "fails"] = "answers"
    after: float = 0.1
    script: tuple[Step, ...] = ()
    stays: bool = True
    greeting_seconds: float = 1.0
    """Of a machine: how long it talks before the beep."""
    beeps: bool = True


CALLER = Person()
EVERYBODY_ELSE = Person()
"""Whoever no `Person` was added for."""


def script_of(audio: tuple[Samples, ...], digits: str = "", *, quiet: float = QUIET_SECONDS) -> tuple[Step, ...]:
    """Listen to the greeting, say each clip and hear its answer, press the keys, hear that answer, hang up."""
    steps: list[Step] = [Listen(quiet=quiet)]
    for clip in audio:
        steps += [Say(clip), Listen(quiet=quiet)]
    if digits:
        steps += [Press(digits), Listen(quiet=quiet)]
    return (*steps, HangUp())
