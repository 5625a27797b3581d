"""The two models of Coqui TTS that speak for us: VITS, a sentence at a time, and XTTS, as it is computed.

Both are called by one thread. `given_up` is asked inside the computation, at every token or layer, and
ends it with GivenUp: a cancelled sentence costs no more than that.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from inference.errors import EngineError, UnknownEngine

Floats = npt.NDArray[np.float32]

MOST_CLONED = 256
"""Voices whose latents are kept; the one used longest ago goes first."""
CONDITION_SECONDS = 12
LIMITS = {"zh": 82, "ja": 71, "ko": 95, "hi": 150, "ar": 166, "ru": 182, "cs": 186}
"""Characters that XTTS says at once; 200 in other languages."""


class GivenUp(Exception):
    """Nobody wants the rest of it."""


class Watch:
    """Asks before every layer of a network whether anybody still wants what it computes; raises GivenUp if not."""

    def __init__(self) -> None:
        self._given_up: Callable[[], bool] = _wanted

    def look_in(self, network: Any) -> None:
        """At the network's parts, and at those of its lists."""
        for part in network.children():
            for layer in tuple(part.children()) or (part,):
                layer.register_forward_pre_hook(self._look)

    @contextmanager
    def asking(self, given_up: Callable[[], bool]) -> Iterator[None]:
        self._given_up = given_up
        try:
            yield
        finally:
            self._given_up = _wanted

    def _look(self, *_: Any) -> None:
        if self._given_up():
            raise GivenUp


def _wanted() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence to be said. `language` is a code that the model knows."""

    text: str
    voice: str
    language: str
    speed: float


def read_model(path: str, device: str, threads: int) -> Vits | Xtts:
    """Load the checkpoint in the folder `path` (config.json, model.pth, ...). Raises EngineError."""
    import torch
    from TTS.config import load_config

    folder = Path(path)
    if not (folder / "config.json").is_file():
        raise EngineError(f"There is no config.json of a Coqui model in {path!r}.", code="weights")
    if threads:
        torch.set_num_threads(threads)
    config = load_config(folder / "config.json")
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    match config.model:
        case "xtts":
            return Xtts(folder, config, place)
        case "vits":
            return Vits(folder, config, place)
        case other:
            raise EngineError(f"The Coqui model {other!r} is not supported: VITS and XTTS are.", code="weights")


class Vits:
    """Sentences whole, several at once. Voices are the speakers it was trained with."""

    kind: Literal["vits"] = "vits"

    def __init__(self, folder: Path, config: Any, device: str) -> None:
        from TTS.tts.models.vits import Vits as Model

        checkpoints = [folder / "model.pth", folder / "model_file.pth", *sorted(folder.glob("*.pth"))]
        found = next((each for each in checkpoints if each.is_file() and "speaker" not in each.name), None)
        if found is None:
            raise EngineError(f"There is no model.pth in {folder}.", code="weights")
        self._model: Any = Model(config)
        self._model.load_checkpoint(config, found, eval=True)
        self._model.to(device)
        self.device = device
        self.rate = int(config.audio["sample_rate"])
        self._speakers: dict[str, int] = dict(getattr(self._model.speaker_manager, "name_to_id", None) or {})
        manager = self._model.language_manager
        self._language_ids: dict[str, int] = dict(manager.name_to_id) if manager is not None else {}
        spoken = str(config.phoneme_language or "")
        self.languages = tuple(dict.fromkeys(name.split("-")[0] for name in self._language_ids or [spoken] if name))
        self.voices = tuple(self._speakers)
        self.licence = ""
        self._watch = Watch()
        model = self._model
        for whole in (model.text_encoder, model.duration_predictor, model.flow, model.waveform_decoder):
            self._watch.look_in(whole)

    def limit(self, language: str) -> int:
        return 300

    def say(self, lines: Sequence[Line], given_up: Callable[[], bool]) -> list[Floats]:
        """All of one speed. Raises GivenUp as soon as `given_up` says so."""
        import torch

        model = self._model
        rows = [model.tokenizer.text_to_ids(line.text, language=self._named(line.language) or None) for line in lines]
        lengths = torch.tensor([max(1, len(row)) for row in rows], device=self.device)
        ids = torch.zeros((len(rows), int(lengths.max())), dtype=torch.long, device=self.device)
        for row, place in zip(rows, ids, strict=True):
            place[: len(row)] = torch.tensor(row, dtype=torch.long)
        hints: dict[str, Any] = {"x_lengths": lengths, "d_vectors": None, "speaker_ids": None, "language_ids": None}
        if self._speakers:
            numbers = [self._speakers.get(line.voice, next(iter(self._speakers.values()))) for line in lines]
            hints["speaker_ids"] = torch.tensor(numbers, device=self.device)
        if self._language_ids:
            known = [self._language_ids[self._named(line.language)] for line in lines]
            hints["language_ids"] = torch.tensor(known, device=self.device)
        model.length_scale = 1.0 / lines[0].speed
        with self._watch.asking(given_up):
            torch.manual_seed(0)  # the same words are the same audio
            made = model.inference(ids, aux_input=hints)
        waves = made["model_outputs"][:, 0].float().cpu().numpy()
        frames = made["y_mask"].sum(dim=(1, 2)).long().tolist()
        per_frame = waves.shape[1] // max(1, int(made["y_mask"].shape[-1]))
        return [np.asarray(wave[: count * per_frame], np.float32) for wave, count in zip(waves, frames, strict=True)]

    def _named(self, language: str) -> str:
        """The model's own name of a language: "en" → "en-us"; of its first where it does not know it."""
        names = list(self._language_ids)
        return next((name for name in names if name.split("-")[0] == language), names[0] if names else "")


class Xtts:
    """A sentence in chunks, in any of its languages, in a voice of its own or one that a sample was given of."""

    kind: Literal["xtts"] = "xtts"
    licence = "CPML"
    """Of the published weights: not for commercial use."""

    def __init__(self, folder: Path, config: Any, device: str, chunk: int = 20) -> None:
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList
        from TTS.tts.models.xtts import Xtts as Model

        self._model: Any = Model(config)
        self._model.load_checkpoint(config, checkpoint_dir=folder, eval=True)
        self._model.to(device)
        self.device = device
        self.chunk = chunk
        self.rate = int(config.audio.output_sample_rate)
        self.languages = tuple(code.split("-")[0] for code in config.languages)
        manager = self._model.speaker_manager
        self._trained: dict[str, Any] = dict(manager.speakers) if manager is not None else {}
        self.voices = tuple(self._trained)
        self._cloned: OrderedDict[str, tuple[Any, Any]] = OrderedDict()
        self._watch = Watch()
        self._watch.look_in(self._model.hifigan_decoder.waveform_decoder)

        class Stop(StoppingCriteria):  # type: ignore[misc]  # untyped: looked up when the library is there
            def __init__(self, given_up: Callable[[], bool]) -> None:
                self.given_up = given_up

            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                if self.given_up():
                    raise GivenUp
                return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)

        self._stop: Callable[[Callable[[], bool]], Any] = lambda given_up: StoppingCriteriaList([Stop(given_up)])

    def limit(self, language: str) -> int:
        return LIMITS.get(language, 200)

    def knows(self, voice: str) -> bool:
        return voice in self._trained or voice in self._cloned

    def learn(self, name: str, sample: bytes) -> None:
        """Compute the latents of a voice from `sample` (WAV) and keep them as `name`. Raises EngineError.

        Once for each voice: 12 s of audio at most are looked at.
        """
        if name in self._cloned:
            self._cloned.move_to_end(name)
            return
        import soundfile
        import torch

        try:
            audio, rate = soundfile.read(io.BytesIO(sample), dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            raise EngineError(f"The sample of the voice cannot be read: {error}", code="voice_sample") from error
        mono = torch.from_numpy(audio.mean(axis=1)).unsqueeze(0)[:, : rate * 30]
        if mono.shape[1] < rate:
            raise EngineError("The sample of the voice is shorter than one second.", code="voice_sample")
        with torch.inference_mode():
            embedding = self._model.get_speaker_embedding(mono.to(self.device), rate)
            latents = self._model.get_gpt_cond_latents(mono, rate, length=CONDITION_SECONDS, chunk_length=6)
        self._cloned[name] = (latents, embedding)
        if len(self._cloned) > MOST_CLONED:
            self._cloned.popitem(last=False)

    def keep(self, name: str, sample: bytes) -> None:
        """`learn`, for good: it is one of the model's own voices from now on."""
        self.learn(name, sample)
        latents, embedding = self._cloned.pop(name)
        self._trained[name] = {"gpt_cond_latent": latents, "speaker_embedding": embedding}
        self.voices = tuple(self._trained)

    def chunks(self, line: Line, given_up: Callable[[], bool]) -> Iterator[Floats]:
        """The sentence piece by piece. Several may be in progress, one step at a time. Raises GivenUp, UnknownEngine."""
        latents, embedding = self._latents(line.voice)
        inner = self._model.gpt.gpt_inference
        made = self._model.inference_stream(
            line.text,
            line.language,
            latents,
            embedding,
            stream_chunk_size=self.chunk,
            speed=line.speed,
            stopping_criteria=self._stop(given_up),
        )
        prefix = None
        while True:
            if prefix is not None:
                # The model keeps the prompt of whoever was begun last; each sentence goes on with its own.
                inner.store_prefix_emb(prefix)
            with self._watch.asking(given_up):
                piece = next(made, None)
            if piece is None:
                return
            prefix = inner.cached_prefix_emb
            yield np.asarray(piece.float().cpu().numpy(), np.float32).reshape(-1)

    def _latents(self, voice: str) -> tuple[Any, Any]:
        if voice in self._cloned:
            self._cloned.move_to_end(voice)
            return self._cloned[voice]
        trained = self._trained.get(voice)
        if trained is None:
            raise UnknownEngine(f"XTTS has no voice {voice!r}: give it a sample, or speakers_xtts.pth.")
        return trained["gpt_cond_latent"], trained["speaker_embedding"]
