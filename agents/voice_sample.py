"""A recording of a person → the sample that a voice is cloned from: the first 12 s of speech, at an even level. Pure.

What a recording is refused for is told by levels alone: the voice detector is the worker's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from inference.audio import AUDIBLE_DBFS, AudioFrame, Samples
from inference.errors import ParleyError
from parley.lib.sound import wav_bytes

RATE: Final = 24_000
SHORTEST_SECONDS: Final = 3.0
LONGEST_SECONDS: Final = 30
LEAST_SPEECH_SECONDS: Final = 2.0
KEPT_SECONDS: Final = 12.0
"""What XTTS listens to."""
_WELL_SECONDS: Final = 8.0
"""From here on the sample may end at a pause."""

_WINDOW: Final = RATE // 50
_SECOND: Final = 50
"""Windows."""
_BRIDGED: Final = 15
"""Windows of quiet inside words and between them."""
_AROUND: Final = 10
"""Windows that are kept on both sides of speech."""
_CLICK: Final = 4
_LOUD: Final = 95.0
_SOFT: Final = 5.0
"""Percentiles of the windows' levels."""
_QUIET_DBFS: Final = -42.0
_STEADY_DB: Final = 9.0
"""Speech rises and falls by more than this; hum and hiss do not."""
_DEPTH_DB: Final = 25.0
"""What is softer than the loudest by more than this is no speech."""
_CLIPPED: Final = 32_500
_CLIPPED_SHARE: Final = 0.003
_LEVEL_DBFS: Final = -20.0
_PEAK: Final = 0.89
_GAIN: Final = (0.25, 12.0)
_FADE: Final = RATE // 200

Floats = npt.NDArray[np.float64]
Span = tuple[int, int]
"""(first window, the one after the last)"""


class SampleRefused(ParleyError):
    """code: too_short, too_long, too_quiet, clipped, not_speech, little_speech."""

    code = "sample_refused"
    permanent = True


@dataclass(frozen=True, slots=True)
class Sample:
    wav: bytes
    seconds: float

    @property
    def digest(self) -> str:
        """`inference.cloning.clone_name` begins with it."""
        return hashlib.sha256(self.wav).hexdigest()


def cut_sample(recording: Samples) -> Sample:
    """`recording` at RATE. Raises SampleRefused."""
    seconds = recording.size / RATE
    if seconds < SHORTEST_SECONDS:
        raise SampleRefused(f"{seconds:.1f} s", code="too_short")
    if seconds > LONGEST_SECONDS + 0.5:
        raise SampleRefused(f"{seconds:.1f} s", code="too_long")
    heard = recording.astype(np.float64)
    heard -= heard.mean()
    levels = _levels(heard)
    loud, soft = (float(np.percentile(levels, share)) for share in (_LOUD, _SOFT))
    if loud < _QUIET_DBFS:
        raise SampleRefused(f"{loud:.0f} dBFS", code="too_quiet")
    if loud - soft < _STEADY_DB:
        raise SampleRefused(f"{loud - soft:.0f} dB between loud and soft", code="not_speech")
    spans = _spans(levels > max(AUDIBLE_DBFS, loud - _DEPTH_DB))
    spoken = sum(end - begin for begin, end in spans) / _SECOND
    if spoken < LEAST_SPEECH_SECONDS:
        raise SampleRefused(f"{spoken:.1f} s of speech", code="little_speech")
    if _clipped_share(recording, spans) > _CLIPPED_SHARE:
        raise SampleRefused("", code="clipped")
    kept = _evened(heard, _kept(spans, levels.size))
    return Sample(wav_bytes(AudioFrame.from_float(kept, RATE)), kept.size / RATE)


def _levels(heard: Floats) -> Floats:
    """dBFS of each window; -120 where there is nothing."""
    windows = heard[: heard.size // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    power = np.mean(windows**2, axis=1) / 32768.0**2
    levels: Floats = 10.0 * np.log10(np.maximum(power, 1e-12))
    return levels


def _spans(loud: npt.NDArray[np.bool_]) -> list[Span]:
    """Stretches of speech, pauses between words included, clicks left out."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    spans: list[Span] = []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if spans and begin - spans[-1][1] <= _BRIDGED:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return [(begin, end) for begin, end in spans if end - begin >= _CLICK]


def _clipped_share(recording: Samples, spans: list[Span]) -> float:
    spoken = np.concatenate([recording[begin * _WINDOW : end * _WINDOW] for begin, end in spans])
    return float(np.mean(np.abs(spoken.astype(np.int32)) >= _CLIPPED))


def _kept(spans: list[Span], windows: int) -> list[Span]:
    """What of the recording is kept: speech with a little quiet around it, up to KEPT_SECONDS in all."""
    kept: list[Span] = []
    room = int(KEPT_SECONDS * _SECOND)
    for begin, end in spans:
        begin = max(begin - _AROUND, kept[-1][1] if kept else 0)
        end = min(end + _AROUND, windows)
        taken = sum(until - since for since, until in kept)
        if end - begin <= room - taken:
            kept.append((begin, end))
            continue
        if taken < _WELL_SECONDS * _SECOND:
            kept.append((begin, begin + room - taken))
        break
    return kept


def _evened(heard: Floats, kept: list[Span]) -> npt.NDArray[np.float32]:
    """At one level, softly begun and ended where it was cut. In [-1, 1]."""
    pieces = [heard[begin * _WINDOW : end * _WINDOW] / 32768.0 for begin, end in kept]
    fade = np.linspace(0.0, 1.0, _FADE)
    for piece in pieces:
        piece[:_FADE] *= fade
        piece[-_FADE:] *= fade[::-1]
    whole = np.concatenate(pieces)
    wanted = 10 ** (_LEVEL_DBFS / 20) / max(float(np.sqrt(np.mean(whole**2))), 1e-6)
    gain = min(max(wanted, _GAIN[0]), _GAIN[1], _PEAK / max(float(np.abs(whole).max()), 1e-6))
    evened: npt.NDArray[np.float32] = (whole * gain).astype(np.float32)
    return evened
