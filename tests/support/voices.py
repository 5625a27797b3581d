from __future__ import annotations

import numpy as np
from django.utils import timezone

from agents.models import ClonedVoice
from agents.voice_sample import RATE, cut_sample
from inference.audio import AudioFrame, Samples
from parley.accounts.models import Workspace
from parley.lib.sound import wav_bytes


def talk(seconds: float, rate: int = RATE, *, peak: float = 0.4, seed: int = 1) -> Samples:
    """Like somebody who talks: syllables of a voice, a short pause after each word, a longer one after each sentence."""
    dice = np.random.default_rng(seed)
    pieces: list[np.ndarray] = []
    size, number = 0, 0
    while size < seconds * rate:
        length = int(rate * dice.uniform(0.12, 0.22))
        time = np.arange(length) / rate
        pitch = dice.uniform(110, 190)
        voice = sum(np.sin(2 * np.pi * pitch * over * time) / over for over in range(1, 9))
        syllable = np.asarray(voice) * np.hanning(length)
        number += 1
        pause = np.zeros(int(rate * (0.6 if number % 12 == 0 else 0.03)))
        pieces += [syllable, pause]
        size += length + pause.size
    whole = np.concatenate(pieces)[: int(seconds * rate)]
    whole = whole / np.abs(whole).max() * peak + dice.normal(0, 0.0005, whole.size)
    return AudioFrame.from_float(whole, rate).samples


def wav(samples: Samples, rate: int = RATE) -> bytes:
    return wav_bytes(AudioFrame.from_samples(samples, rate))


def make_voice(workspace: Workspace, *, name: str = "Ann", seed: int = 1) -> ClonedVoice:
    """Each seed is another voice."""
    sample = cut_sample(talk(4.0, seed=seed))
    voice: ClonedVoice = ClonedVoice.objects.create(
        workspace=workspace,
        name=name,
        speaker="Ann Other",
        language="en",
        sample=sample.wav,
        digest=sample.digest,
        seconds=sample.seconds,
        licence="own",
        consent_version=1,
        consent_words="She agrees.",
        consent_at=timezone.now(),
    )
    return voice
