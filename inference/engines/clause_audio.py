"""The audio of one clause, as it comes in pieces: near-silence cut at both ends, words placed in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from inference.audio import AUDIBLE_DBFS, AudioFrame

Floats = npt.NDArray[np.float32]

LEAD_MS = 10
"""Kept before the first audible window, so that no consonant is clipped."""
FRAME_MS = 50
PAUSES = {
    ".": 200,
    "!": 200,
    "?": 200,
    "…": 260,
    "。": 200,
    "！": 200,
    "？": 200,
    ":": 150,
    ";": 150,
    ",": 110,
    "-": 90,
}
"""Milliseconds of near-silence behind a clause that ends so."""
RUNNING_ON = 30
"""The same behind a clause cut inside a phrase: the next one follows at once."""
INNER_MS = 400
"""A silence in the middle of a clause is cut to this."""
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")


def pause_ms(text: str) -> int:
    return PAUSES.get(text.rstrip("\"')]}”’ ")[-1:], RUNNING_ON)


class Trim:
    """Near-silence at the beginning is dropped; at the end a pause of `pause_ms` stays. Feed pieces, then `end`."""

    def __init__(self, rate: int, pause_ms: int) -> None:
        self._window = rate // 100
        self._lead = rate * LEAD_MS // 1000
        self._pause = rate * pause_ms // 1000
        self._inner = rate * INNER_MS // 1000
        self._level = 10 ** (AUDIBLE_DBFS / 20)
        self._begun = False
        self._rest: Floats = np.zeros(0, np.float32)
        self._quiet: Floats = np.zeros(0, np.float32)
        """Near-silence that is either inside the clause or its end."""

    def feed(self, piece: Floats) -> Floats:
        audio = np.concatenate([self._rest, piece])
        whole = audio.size // self._window * self._window
        self._rest = audio[whole:]
        windows = audio[:whole].reshape(-1, self._window)
        loud = np.flatnonzero(np.sqrt(np.mean(np.square(windows), axis=1)) >= self._level)
        if loud.size == 0:
            self._quiet = np.concatenate([self._quiet, audio[:whole]])
            if not self._begun:
                self._quiet = self._quiet[-self._lead :]
            return audio[:0]
        first, last = int(loud[0]) * self._window, (int(loud[-1]) + 1) * self._window
        before = np.concatenate([self._quiet, audio[:first]])
        before = before[: self._inner] if self._begun else before[max(0, before.size - self._lead) :]
        self._begun = True
        self._quiet = audio[last:whole]
        kept = np.ones(len(windows), bool)
        longest = self._inner // self._window
        for gap in np.flatnonzero(np.diff(loud) - 1 > longest):
            kept[loud[gap] + 1 + longest : loud[gap + 1]] = False
        spoken = windows[kept]
        cut = len(windows) - len(spoken)
        inner = spoken.reshape(-1)[first : last - cut * self._window]
        return np.concatenate([before, inner])

    def end(self) -> Floats:
        """What is left, and the pause; nothing where nothing was ever heard."""
        if not self._begun:
            return np.zeros(0, np.float32)
        tail = np.concatenate([self._quiet, self._rest])[: self._pause]
        return np.pad(tail, (0, self._pause - tail.size))


class Frames:
    """Pieces of any length in, frames of 50 ms out; the last one may be shorter."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._size = rate * FRAME_MS // 1000
        self._rest: Floats = np.zeros(0, np.float32)

    def feed(self, piece: Floats, *, last: bool = False) -> Iterator[AudioFrame]:
        audio = np.concatenate([self._rest, piece])
        whole = audio.size if last else audio.size // self._size * self._size
        self._rest = audio[whole:]
        for start in range(0, whole, self._size):
            yield AudioFrame.from_float(audio[start : min(whole, start + self._size)], self._rate)


def place_words(text: str, samples: int, before: int = 0) -> tuple[tuple[str, int], ...]:
    """(word, first sample): each word takes its share of `samples` by its letters, punctuation counting double."""
    words = text.split()
    weights = [sum(1 if letter.isalnum() else 2 for letter in word) for word in words]
    total, passed, placed = sum(weights) or 1, 0, []
    for word, weight in zip(words, weights, strict=True):
        placed.append((word, before + samples * passed // total))
        passed += weight
    return tuple(placed)


def sentences(text: str, limit: int) -> list[str]:
    """The sentences of a clause; one longer than `limit` characters is cut at a comma, at a blank, or else anywhere."""
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(text.strip()):
        rest = sentence.strip()
        while len(rest) > limit:
            cut = max(rest.rfind(mark, limit // 2, limit) for mark in (",", ";", "，", "、"))
            cut = cut + 1 if cut > 0 else rest.rfind(" ", 1, limit)
            cut = cut if cut > 0 else limit
            pieces.append(rest[:cut].strip())
            rest = rest[cut:].strip()
        if any(letter.isalnum() for letter in rest):
            pieces.append(rest)
    return pieces
