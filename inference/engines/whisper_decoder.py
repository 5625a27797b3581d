"""One Whisper model on CTranslate2: a clip in, its words out, with no more work than the clip needs.

Whisper was trained on 30 s, the clip and then silence; the encoder's work grows with the window, and
a decoder that sees no silence after the words begins them again. So on the CPU only the clip and
two seconds after it are encoded, and what the encoder says about silence, computed once, is put
behind it: 27 ms of encoding instead of 70 for a window of 10 s, with about as many wrong words.
When the text still runs into a loop, more silence helps, and at last the full window.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.audio import Samples, level_dbfs, to_float
from inference.cores import cores
from inference.engines.base import AsrOptions, Transcript
from inference.engines.mel import STEP, log_mel
from inference.engines.whisper_text import clean, is_degenerate, is_phantom, loop_start
from inference.errors import EngineError, EngineNotReady
from inference.languages import among, reads_in

RATE = 16_000
FRAME = STEP
"""Samples of one spectrogram frame."""
SHORT_FRAMES = 1000
"""With 700 the words are as good, but their full stops go missing, from which turn-taking knows a sentence."""
FULL_FRAMES = 3000
MARGIN_FRAMES = 200
"""Silence that the decoder sees at least."""
ENCODED_FRAMES = 300
ENCODED_MARGIN = 200
"""Silence that is encoded with the clip: the encoder looks around, and the words end in it. With 100, 35 of 711 words
were wrong instead of 32, in 7 ms less; with the whole window 25."""
FLOOR_DBFS = -60.0
"""Audio whose loudest 10 ms stays below this holds nothing to recognise."""
TOKENS_PER_SECOND = 8
"""No caller speaks faster; a loop is cut here."""
HINT_CHARACTERS = 400
SMALL_MACHINE = 4
"""Up to this many cores one thread recognises: a second one only takes a core from the language model."""

Encoded = npt.NDArray[np.float32]
"""[1, positions, width]; a position is two spectrogram frames."""


def recogniser_threads(cores: int) -> int:
    """Threads of a pass. Measured on two cores: one thread 146 ms a clip, two threads 172 ms."""
    return 1 if cores <= SMALL_MACHINE else min(4, cores // 2)


def window_frames(samples: int) -> int:
    """Frames the decoder sees: at least SHORT_FRAMES, two seconds more than the clip, even, at most FULL_FRAMES."""
    return _even_frames(samples, MARGIN_FRAMES, SHORT_FRAMES)


def encoded_frames(samples: int) -> int:
    """Frames that are encoded of them: two seconds more than the clip."""
    return _even_frames(samples, ENCODED_MARGIN, ENCODED_FRAMES)


def _even_frames(samples: int, margin: int, least: int) -> int:
    needed = math.ceil(samples / FRAME) + margin
    return min(FULL_FRAMES, max(least, needed + needed % 2))


def audible(samples: Samples) -> bool:
    """Whether any 10 ms of it is above the floor."""
    windows = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    if windows.size == 0:
        return False
    loudest = windows[int(np.argmax(np.abs(windows.astype(np.int32)).sum(axis=1)))]
    return level_dbfs(loudest) > FLOOR_DBFS


def never() -> bool:
    """Nobody gives this pass up."""
    return False


@dataclass(frozen=True, slots=True)
class _Language:
    tokenizer: Any
    suppressed: list[int]


@dataclass(frozen=True, slots=True)
class _Told:
    """The language that a clip is read in, as it was detected; empty: it was not."""

    language: str = ""
    probability: float = 0.0

    def applied(self, options: AsrOptions) -> AsrOptions:
        return replace(options, language=self.language) if self.language else options


class Decoder:
    """One loaded model. Two threads may call it: CTranslate2 runs a pass of each at the same time."""

    def __init__(self, path: str, *, threads: int, compute_type: str, device: str) -> None:
        from faster_whisper import WhisperModel

        if not Path(path).is_dir():
            raise EngineNotReady(f"There is no folder of a recogniser's weights at {path!r}.")
        threads = threads or recogniser_threads(int(cores()))
        self.model: Any = WhisperModel(
            path, device=device, compute_type=compute_type, cpu_threads=threads, num_workers=2, local_files_only=True
        )
        self.multilingual = bool(self.model.model.is_multilingual)
        self._bands = int(self.model.feature_extractor.mel_filters.shape[0])
        self._languages: dict[str, _Language] = {}
        self._silence: dict[int, Encoded] = {}
        """Encoded silence of a window, by its frames. None off the CPU, where a whole window costs little."""
        if self.model.model.device == "cpu":
            for frames in (SHORT_FRAMES, FULL_FRAMES):
                nothing = np.zeros((self._bands, frames), np.float32)
                self._silence[frames] = np.array(self.model.encode(nothing), np.float32)

    def transcribe(self, samples: Samples, options: AsrOptions, given_up: Callable[[], bool] = never) -> Transcript:
        """At most 28 s of samples → their words. Empty for silence and noise.

        `given_up` is asked between the steps of a pass; once it says yes, CancelledError ends the pass.
        """
        if not audible(samples):
            return Transcript("", confidence=0.0, no_speech=1.0)
        features = log_mel(np.pad(to_float(samples), (0, STEP)), self._bands)
        _go_on(given_up)
        clip = self._encode(features, samples.size)
        _go_on(given_up)
        longest = TOKENS_PER_SECOND * features.shape[-1] // 100
        (told,) = self._tell([samples], clip, options)
        if told.language:
            _go_on(given_up)
            options = told.applied(options)
        transcript = self._decode(self._with_silence(clip, window_frames(samples.size)), longest, options)
        if is_degenerate(transcript.text):
            _go_on(given_up)
            transcript = self._read_again(clip, features, longest, options)
        transcript = replace(transcript, language=told.language, language_probability=told.probability)
        if is_phantom(transcript.text, math.log(max(transcript.confidence, 1e-9)), transcript.no_speech):
            return replace(transcript, text="")
        return transcript

    def transcribe_many(
        self, clips: Sequence[Samples], options: AsrOptions, given_up: Sequence[Callable[[], bool]]
    ) -> list[Transcript | CancelledError]:
        """The same of several clips at once, for a GPU: one window for all of them, the longest clip's.

        One that nobody wants any more is left out, and answered by CancelledError.
        """
        found: list[Transcript | CancelledError] = [Transcript("", confidence=0.0, no_speech=1.0) for _ in clips]
        read: list[int] = []
        for place, (samples, unwanted) in enumerate(zip(clips, given_up, strict=True)):
            if unwanted():
                found[place] = CancelledError()
            elif audible(samples):
                read.append(place)
        if not read:
            return found
        frames = max(window_frames(clips[place].size) for place in read)
        spectra = [log_mel(np.pad(to_float(clips[place]), (0, STEP)), self._bands) for place in read]
        encoded = self.model.encode(np.stack([_fill(each, frames) for each in spectra]))
        told = self._tell([clips[place] for place in read], encoded, options)
        wanted = [each.applied(options) for each in told]
        longest = TOKENS_PER_SECOND * max(each.shape[-1] for each in spectra) // 100
        transcripts = self._decode_many(encoded, longest, wanted)
        for number, (place, features, transcript) in enumerate(zip(read, spectra, transcripts, strict=True)):
            if is_degenerate(transcript.text):
                clip = self._encode(features, clips[place].size)
                own = TOKENS_PER_SECOND * features.shape[-1] // 100
                transcript = self._read_again(clip, features, own, wanted[number])
            language, probability = told[number].language, told[number].probability
            transcript = replace(transcript, language=language, language_probability=probability)
            if is_phantom(transcript.text, math.log(max(transcript.confidence, 1e-9)), transcript.no_speech):
                transcript = replace(transcript, text="")
            found[place] = transcript
        return found

    def _read_again(
        self, clip: Any, features: npt.NDArray[np.float32], longest: int, options: AsrOptions
    ) -> Transcript:
        """After a loop: with all the silence, then with the whole window as it was trained; else cut the loop."""
        plain = replace(options, hints=())
        transcript = Transcript("")
        if self._silence:
            transcript = self._decode(self._with_silence(clip, FULL_FRAMES), longest, plain)
            if not is_degenerate(transcript.text):
                return transcript
        transcript = self._decode(self.model.encode(_fill(features, FULL_FRAMES)), longest, plain)
        cut = loop_start(transcript.text)
        return transcript if cut < 0 else replace(transcript, text=transcript.text[:cut].strip(), confidence=0.0)

    def _encode(self, features: npt.NDArray[np.float32], samples: int) -> Any:
        frames = window_frames(samples) if not self._silence else encoded_frames(samples)
        return self.model.encode(_fill(features, frames))

    def _with_silence(self, clip: Any, frames: int) -> Any:
        """The encoded clip, continued with encoded silence up to `frames`."""
        if not self._silence:
            return clip
        from ctranslate2 import StorageView

        known = np.array(clip, np.float32)
        silence = self._silence[SHORT_FRAMES if frames == SHORT_FRAMES else FULL_FRAMES]
        return StorageView.from_array(np.concatenate([known, silence[:, known.shape[1] : frames // 2]], axis=1))

    def _tell(self, clips: Sequence[Samples], encoded: Any, options: AsrOptions) -> list[_Told]:
        """Which of the languages asked about is spoken in each: one step of the decoder, and none where nobody asks.

        Without the silence that is put behind a clip: with it, other languages look like English (of a French sentence
        French had 0.35 instead of 0.99).
        """
        if len(options.languages) < 2 or not self.multilingual:
            return [_Told()] * len(clips)
        found = []
        for samples, ranking in zip(clips, self.model.model.detect_language(encoded), strict=True):
            chances = among({token.strip("<|>"): chance for token, chance in ranking}, options.languages)
            chosen = reads_in(options.language, chances, samples.size / RATE)
            found.append(_Told(chosen, chances.get(chosen, 0.0)) if chances else _Told())
        return found

    def _decode(self, encoded: Any, longest: int, options: AsrOptions) -> Transcript:
        return self._decode_many(encoded, longest, [options])[0]

    def _decode_many(self, encoded: Any, longest: int, options: Sequence[AsrOptions]) -> list[Transcript]:
        """`options` of each clip; they may differ in the language, whose token is one in every prompt."""
        language = self._language(options[0].language)
        prompts = [self._prompt(each) for each in options]
        results = self.model.model.generate(
            encoded,
            prompts,
            beam_size=1,
            max_length=min(self.model.max_length, len(prompts[0]) + 32 + longest),
            return_scores=True,
            suppress_blank=True,
            suppress_tokens=language.suppressed,
        )
        transcripts, doubtful = [], False
        for result in results:
            tokens = result.sequences_ids[0]
            log_probability = result.scores[0] * len(tokens) / (len(tokens) + 1) if tokens else -9.0
            text = clean(language.tokenizer.decode(tokens))
            # The probability of no speech costs a step of its own, and matters only where the words are in doubt.
            doubtful = doubtful or is_phantom(text, log_probability, no_speech=1.0)
            transcripts.append(Transcript(text, confidence=min(1.0, math.exp(log_probability))))
        if not doubtful:
            return transcripts
        silent = self._no_speech(encoded, prompts)
        return [
            replace(each, no_speech=chance)
            if is_phantom(each.text, math.log(max(each.confidence, 1e-9)), no_speech=1.0)
            else each
            for each, chance in zip(transcripts, silent, strict=True)
        ]

    def _no_speech(self, encoded: Any, prompts: list[list[int]]) -> list[float]:
        one_step = 2  # `max_length` is halved inside.
        results = self.model.model.generate(
            encoded, prompts, beam_size=1, max_length=len(prompts[0]) + one_step, return_no_speech_prob=True
        )
        return [float(result.no_speech_prob) for result in results]

    def _prompt(self, options: AsrOptions) -> list[int]:
        hints = ", ".join(options.hints)[:HINT_CHARACTERS]
        tokenizer = self._language(options.language).tokenizer
        prompt: list[int] = self.model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hints or None)
        return prompt

    def _language(self, language: str) -> _Language:
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        code = language.split("-")[0].lower() if self.multilingual else "en"
        if code not in self._languages:
            try:
                tokenizer = Tokenizer(self.model.hf_tokenizer, self.multilingual, task="transcribe", language=code)
            except ValueError as error:
                raise EngineError(f"The recogniser does not know the language {code!r}.", code="language") from error
            self._languages[code] = _Language(tokenizer, list(get_suppressed_tokens(tokenizer, [-1]) or ()))
        return self._languages[code]


def _fill(features: npt.NDArray[np.float32], frames: int) -> npt.NDArray[np.float32]:
    """[bands, n] → [bands, frames]: zeros after it."""
    filled = np.zeros((features.shape[0], frames), np.float32)
    kept = min(frames, features.shape[1])
    filled[:, :kept] = features[:, :kept]
    return filled


def _go_on(given_up: Callable[[], bool]) -> None:
    if given_up():
        raise CancelledError
