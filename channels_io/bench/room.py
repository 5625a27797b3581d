"""The noise of a quiet room, for clips that were not spoken in a studio and for the time between them."""

from __future__ import annotations

import numpy as np

from inference.audio import Samples

RATE = 16_000
LOWEST_HZ = 80.0


def room_noise(count: int, dbfs: float, seed: int = 11) -> Samples:
    """`count` int16 samples at 16 kHz, more of it low than high, of the level `dbfs`; the same for the same seed."""
    if count == 0:
        return np.zeros(0, dtype=np.int16)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    frequencies = np.fft.rfftfreq(count, 1 / RATE)
    shape = np.where(frequencies < LOWEST_HZ, 0.0, 1 / np.sqrt(np.maximum(frequencies, LOWEST_HZ)))
    noise = np.fft.irfft(spectrum * shape, count)
    noise *= 32768 * 10 ** (dbfs / 20) / max(1e-12, float(np.sqrt(np.mean(noise**2))))
    return noise.round().astype(np.int16)
