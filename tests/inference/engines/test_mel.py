from __future__ import annotations

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from inference.engines.mel import PIECE, STEP, log_mel


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("samples", [320, PIECE * STEP, PIECE * STEP + STEP, 33_333])
def test_it_is_the_spectrogram_that_the_recogniser_was_trained_on(bands: int, samples: int) -> None:
    audio = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)
    audio *= np.linspace(0, 1, samples, dtype=np.float32)
    reference = FeatureExtractor(feature_size=bands)(audio, padding=STEP)
    ours = log_mel(np.pad(audio, (0, STEP)), bands)
    assert ours.dtype == np.float32
    assert ours.shape == reference.shape
    assert np.abs(ours - reference).max() < 1e-3
