"""Whisper's log-mel spectrogram in numpy, for the recogniser and the turn model.

16 kHz, windows of 400 samples (periodic Hann) every 160, 80 mel bands on the Slaney scale up to
8 kHz, log10, the top 8 decades kept, scaled by (x + 4) / 4.

The work is done in pieces too small for the linear algebra library to spread over threads: its threads
wait for more by spinning, and one multiplication too large takes 60 ms of a core that a reply needs.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

RATE = 16_000
WINDOW = 400
STEP = 160
BANDS = 80
PIECE = 32
"""Frames at a time of 80 bands, fewer of more. Pieces of 48 are spread over threads."""

Floats = npt.NDArray[np.float32]


def _to_mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Slaney: linear below 1 kHz, logarithmic above."""
    logarithmic = 15.0 + np.log(np.maximum(hertz, 1.0) / 1000.0) * (27.0 / np.log(6.4))
    return np.where(hertz >= 1000.0, logarithmic, hertz * 3.0 / 200.0)


def _to_hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel >= 15.0, 1000.0 * np.exp((mel - 15.0) * (np.log(6.4) / 27.0)), mel * 200.0 / 3.0)


@functools.cache
def _filters(bands: int) -> Floats:
    """Triangles of equal area: [bands, WINDOW // 2 + 1]."""
    bins = np.linspace(0.0, RATE / 2, WINDOW // 2 + 1)
    low, high = _to_mel(np.array([0.0, RATE / 2]))
    edges = _to_hertz(np.linspace(low, high, bands + 2))
    widths = np.diff(edges)
    slopes = edges[:, None] - bins[None, :]
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


@functools.cache
def _hann() -> Floats:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(audio: Floats, bands: int = BANDS) -> Floats:
    """Audio in [-1, 1] at 16 kHz → [bands, audio.size // STEP]."""
    padded = np.pad(audio, WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP][: audio.size // STEP]
    filters, hann = _filters(bands), _hann()
    mel = np.empty((bands, len(windows)), np.float32)
    piece = max(1, PIECE * BANDS // bands)
    for at in range(0, len(windows), piece):
        power = np.abs(np.fft.rfft(windows[at : at + piece] * hann, axis=1)).astype(np.float32) ** 2
        mel[:, at : at + piece] = filters @ power.T
    mel = np.log10(np.maximum(mel, 1e-10))
    scaled: Floats = (np.maximum(mel, mel.max(initial=-10.0) - 8.0) + 4.0) / 4.0
    return scaled
