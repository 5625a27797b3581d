"""What was found in words: for the outside, and between the files of this package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value in the form that `nodes.Slot` says, and the words it was found in."""

    value: str
    words: str
    sure: bool = True
    """False: a guess ("in the morning" → "09:00", one of two days that were named). Worth asking whether it is right,
    even where the slot asks for no confirmation."""


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate: `value` was said in `text[start:end]`."""

    value: str
    start: int
    end: int
    sure: bool = True
    plain: bool = False
    """It means this value only as the answer to its own question: "three", "the third"."""
