"""Audio as a type: 16-bit mono PCM with its rate. µ-law and streaming resampling live here too.

Time is counted in samples. Levels are dBFS of the 16-bit full scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.int16]

FRAME_MS = 20
AUDIBLE_DBFS = -45.0
"""A 10 ms window above this level counts as sound, for callers, agents and the benchmark alike."""


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Mono PCM: `pcm` is int16 little-endian bytes at `rate` Hz."""

    pcm: bytes
    rate: int

    @property
    def samples(self) -> Samples:
        return np.frombuffer(self.pcm, dtype="<i2")

    @property
    def sample_count(self) -> int:
        return len(self.pcm) // 2

    @property
    def duration_ms(self) -> float:
        return self.sample_count * 1000 / self.rate

    @classmethod
    def from_samples(cls, samples: Samples, rate: int) -> AudioFrame:
        return cls(samples.astype("<i2", copy=False).tobytes(), rate)

    @classmethod
    def from_float(cls, samples: npt.NDArray[np.floating], rate: int) -> AudioFrame:
        """Float samples in [-1, 1]; louder ones are clipped."""
        clipped = np.clip(samples, -1.0, 1.0)
        return cls((clipped * 32767.0).astype("<i2").tobytes(), rate)


def to_float(samples: Samples) -> npt.NDArray[np.float32]:
    """int16 → float32 in [-1, 1], what the recognisers take."""
    return samples.astype(np.float32) / np.float32(32768.0)


def level_dbfs(samples: Samples) -> float:
    """RMS level; -inf dBFS is given as -120."""
    if samples.size == 0:
        return -120.0
    exact = samples.astype(np.float64)
    mean_square = float(np.dot(exact, exact)) / samples.size
    if mean_square <= 0.0:
        return -120.0
    return max(-120.0, float(10.0 * np.log10(mean_square / (32768.0**2))))


class Resampler:
    """Streaming resampler of one direction of one call: keeps the filter's state between frames.

    A linear-phase low-pass over small rate ratios: every input sample fed is answered at once, up to
    its group delay of 12 samples of the lower rate (1.5 ms at 8 kHz). soxr's streaming mode holds
    back up to 117 ms between 8 and 16 kHz, which the caller would wait for on every turn; it serves
    the odd ratios (22.05 kHz voices), where a filter of our own would be long.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        self.source_rate = source_rate
        self.target_rate = target_rate
        divisor = math.gcd(source_rate, target_rate)
        up, down = target_rate // divisor, source_rate // divisor
        self._stream: _Fir | soxr.ResampleStream | None = None
        if max(up, down) > _LARGEST_RATIO:
            self._stream = soxr.ResampleStream(source_rate, target_rate, 1, dtype="int16", quality="LQ")
        elif source_rate != target_rate:
            self._stream = _Fir(up, down)

    def feed(self, samples: Samples, *, last: bool = False) -> Samples:
        """Resample the next piece; `last` flushes the filter's tail."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), dtype=np.int16)


_LARGEST_RATIO = 12
_CROSSINGS = 12
"""Zero crossings of the low-pass on each side of its middle."""


class _Fir:
    """Rational resampling by `up`/`down` with one windowed-sinc filter; exact across pieces."""

    def __init__(self, up: int, down: int) -> None:
        self._up = up
        self._down = down
        reach = _CROSSINGS * max(up, down)
        times = np.arange(-reach, reach + 1) / max(up, down)
        self._taps = (np.sinc(times * 0.92) * np.kaiser(times.size, 7.0)).astype(np.float32)
        self._taps *= np.float32(up / self._taps.sum())
        self._tail = np.zeros(2 * reach // up, np.float32)
        self._skip = reach
        """Upsampled samples before the next output; at first the group delay, so that time is kept."""

    def resample_chunk(self, samples: Samples, *, last: bool = False) -> Samples:
        fresh = samples.astype(np.float32)
        if last:
            fresh = np.concatenate([fresh, np.zeros(self._tail.size // 2, np.float32)])
        if fresh.size == 0:
            return np.zeros(0, np.int16)
        signal = np.concatenate([self._tail, fresh])
        stuffed = np.zeros(signal.size * self._up, np.float32)
        stuffed[:: self._up] = signal
        dense = np.convolve(stuffed, self._taps, "valid")[: fresh.size * self._up]
        picked = dense[self._skip :: self._down]
        self._skip = max(self._skip - dense.size, (self._skip - dense.size) % self._down)
        self._tail = signal[signal.size - self._tail.size :]
        return np.clip(np.rint(picked), -32768, 32767).astype(np.int16)


def resample(samples: Samples, source_rate: int, target_rate: int) -> Samples:
    """Resample a whole clip at once."""
    if source_rate == target_rate:
        return samples
    return np.asarray(soxr.resample(samples, source_rate, target_rate, quality="HQ"), dtype=np.int16)


def _ulaw_decode_table() -> Samples:
    code = np.invert(np.arange(256, dtype=np.uint8))
    exponent = (code >> 4) & 0x07
    mantissa = (code & 0x0F).astype(np.int32)
    magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _ulaw_encode_table() -> npt.NDArray[np.uint8]:
    value = np.arange(-32768, 32768, dtype=np.int32)
    sign = np.where(value < 0, 0x80, 0).astype(np.int32)
    magnitude = np.minimum(np.abs(value), 32635) + 0x84
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    code: npt.NDArray[np.int32] = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return code.astype(np.uint8)


_ULAW_DECODE = _ulaw_decode_table()
_ULAW_ENCODE = _ulaw_encode_table()


def ulaw_decode(data: bytes) -> Samples:
    """G.711 µ-law bytes → int16 samples."""
    return np.take(_ULAW_DECODE, np.frombuffer(data, dtype=np.uint8))


def ulaw_encode(samples: Samples) -> bytes:
    """int16 samples → G.711 µ-law bytes."""
    return bytes(_ULAW_ENCODE[samples.astype(np.int32) + 32768].tobytes())
