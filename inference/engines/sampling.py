"""From a row of scores to the next token. Pure, numpy only."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
"""One score per word of the vocabulary."""

TOP_K = 40
TOP_P = 0.95
MIN_P = 0.05
"""llama.cpp's defaults: at most 40 words, of those the likeliest that make up 95 %, none below 5 % of the first."""
_LEAST = math.log(MIN_P)
COLD = 1e-3
"""A temperature below this is none: dividing by it gives no numbers, and nothing but the best has a chance."""


def choose(
    scores: Scores,
    temperature: float,
    random: np.random.Generator,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> int:
    """The next token: the best at temperature 0, else drawn. -1 when `allowed` leaves none."""
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf).astype(np.float32, copy=False)
    if temperature < COLD:
        best = int(np.argmax(scores))
        return best if np.isfinite(scores[best]) else -1
    candidates = _top(scores, TOP_K)
    if candidates.size == 0:
        return -1
    return int(random.choice(candidates, p=_weights(scores[candidates], temperature)))


def _top(scores: Scores, count: int) -> npt.NDArray[np.intp]:
    """The `count` best tokens that have a chance, best first. Most of the vocabulary has none and is not sorted."""
    highest = scores.max(initial=-np.inf)
    best = np.flatnonzero(scores >= highest + _LEAST) if np.isfinite(highest) else np.arange(0)
    return best[np.argsort(-scores[best], kind="stable")][:count]


def _weights(scores: Scores, temperature: float) -> npt.NDArray[np.float64]:
    """Probabilities of tokens given best first, the unlikely ones at zero."""
    distance = scores.astype(np.float64) - float(scores[0])
    plain = np.exp(distance)
    plain /= plain.sum()
    kept = (np.cumsum(plain) - plain < TOP_P) & (plain >= MIN_P * plain[0])
    scaled = np.where(kept, np.exp(distance / temperature), 0.0)
    return np.asarray(scaled / scaled.sum(), np.float64)
