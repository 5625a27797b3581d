"""Small checkpoints of both models with random weights: the code is exercised for real, the sound is noise.

Not collected by `make test`: run it with `make test-coqui`, in the environment of Coqui TTS.
"""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

collect_ignore_glob = [] if find_spec("TTS") else ["test_*.py"]
SPEAKERS = ("anna", "bert", "carl")


@pytest.fixture(scope="session")
def vits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("vits")
    arguments = VitsArgs(
        hidden_channels=32,
        hidden_channels_ffn_text_encoder=64,
        num_layers_text_encoder=2,
        num_layers_flow=2,
        num_layers_posterior_encoder=2,
        upsample_initial_channel_decoder=32,
        use_speaker_embedding=True,
        speakers_file=str(folder / "speakers.json"),
        init_discriminator=False,
    )
    (folder / "speakers.json").write_text("{" + ", ".join(f'"{name}": {at}' for at, name in enumerate(SPEAKERS)) + "}")
    config = VitsConfig(
        model_args=arguments,
        use_phonemes=False,
        phoneme_language="en-us",
        text_cleaner="basic_cleaners",
        use_speaker_embedding=True,
    )
    model = Vits(config)
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    model.config.save_json(str(folder / "config.json"))
    return folder


@pytest.fixture(scope="session")
def xtts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("xtts")
    letters = "abcdefghijklmnopqrstuvwxyz.,!?'äöüß"
    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]"]
    vocabulary = {token: at for at, token in enumerate([*special, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "vocab.json"))
    config = XttsConfig(
        model_args=XttsArgs(
            gpt_layers=2,
            gpt_n_model_channels=64,
            gpt_n_heads=2,
            gpt_max_audio_tokens=20,
            gpt_max_text_tokens=200,
            gpt_num_audio_tokens=66,
            gpt_start_audio_token=64,
            gpt_stop_audio_token=65,
            gpt_use_perceiver_resampler=True,
            gpt_number_text_tokens=len(vocabulary),
            gpt_start_text_token=vocabulary["[START]"],
            gpt_stop_text_token=vocabulary["[STOP]"],
            decoder_input_dim=64,
        ),
        languages=["en", "de"],
    )
    model = Xtts(config)
    with torch.no_grad():
        model.gpt.mel_head.bias[65] = -1e4  # never ends by chance: every sentence is as long as it may be
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))
    latents, embedding = torch.randn(1, 32, 64), torch.nn.functional.normalize(torch.randn(1, 512, 1), dim=1)
    torch.save({"Ana Bell": {"gpt_cond_latent": latents, "speaker_embedding": embedding}}, folder / "speakers_xtts.pth")
    return folder


@pytest.fixture(scope="session")
def sample() -> bytes:
    """Four seconds that could be a voice: a buzz with a moving pitch, as WAV."""
    import soundfile

    time = np.arange(4 * 22050) / 22050
    sound = np.sin(2 * np.pi * (120 * time + 20 * np.sin(3 * time))) * 0.4
    file = io.BytesIO()
    soundfile.write(file, sound.astype(np.float32), 22050, format="WAV", subtype="PCM_16")
    return file.getvalue()
