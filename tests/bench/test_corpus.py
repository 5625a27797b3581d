"""The committed corpus is what the benchmark says it is."""

from __future__ import annotations

import itertools
import wave
from pathlib import Path

import numpy as np
import pytest

from channels_io.bench import corpus
from channels_io.bench.corpus import Clip, CorpusError, audible_bounds, load_corpus, read_wav
from channels_io.bench.utterances import UTTERANCES
from inference.audio import AUDIBLE_DBFS, level_dbfs


def test_it_holds_what_latency_md_asks_for() -> None:
    counts = {kind: len(corpus.clips_of(kind)) for kind in ("question", "pause", "barge_in", "back_channel")}
    assert counts == {"question": 40, "pause": 20, "barge_in": 20, "back_channel": 10}
    assert [clip.id for clip in load_corpus()] == [utterance.id for utterance in UTTERANCES]
    assert sum(clip.path.stat().st_size for clip in load_corpus()) < 9_000_000


@pytest.mark.parametrize("clip", load_corpus(), ids=lambda clip: clip.id)
def test_indices_are_those_of_the_audio(clip: Clip) -> None:
    samples = clip.samples()
    assert audible_bounds(samples) == (clip.speech_start, clip.speech_end)
    assert clip.speech_end < samples.size
    windows = samples[clip.speech_start : clip.speech_end + 1].reshape(-1, corpus.WINDOW)
    loud = np.concatenate([window for window in windows if level_dbfs(window) > AUDIBLE_DBFS])
    # Nominal -20; a clip with a sharp peak is held below full scale instead.
    assert -24.0 < level_dbfs(loud) < -19.0
    for first, last in clip.pauses:
        assert clip.speech_start < first < last < clip.speech_end
        assert 300 <= (last - first + 1) * 1000 / corpus.RATE <= 800
        assert level_dbfs(samples[first : last + 1]) <= AUDIBLE_DBFS
    assert bool(clip.pauses) == (clip.kind == "pause")


def test_silence_has_no_bounds() -> None:
    assert audible_bounds(np.zeros(1600, dtype=np.int16)) == (0, -1)


def test_a_wav_of_another_shape_is_refused(tmp_path: Path) -> None:
    for rate, channels in itertools.product((8000, 16000), (1, 2)):
        path = tmp_path / f"{rate}-{channels}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((channels, 2, rate, 0, "NONE", ""))
            file.writeframes(b"\0\0" * 320)
        if (rate, channels) == (16000, 1):
            assert read_wav(path).size == 320
        else:
            with pytest.raises(CorpusError, match="need 16 kHz 16-bit mono"):
                read_wav(path)
    (tmp_path / "no.wav").write_bytes(b"RIFFnope")
    with pytest.raises(CorpusError, match="cannot be read"):
        read_wav(tmp_path / "no.wav")
