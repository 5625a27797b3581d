"""Windows, silence put behind the clip, and second readings, with a model that keeps what it was asked."""

from __future__ import annotations

import math
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ctranslate2 import StorageView

from inference.audio import Samples
from inference.engines.base import AsrOptions, Transcript
from inference.engines.whisper_decoder import (
    FULL_FRAMES,
    RATE,
    SHORT_FRAMES,
    Decoder,
    audible,
    encoded_frames,
    recogniser_threads,
    window_frames,
)

CLIP, SHORT_SILENCE, FULL_SILENCE = 1.0, 2.0, 3.0
"""What the encoder writes at every position, so that one sees where a position comes from."""
LOOP = "Stop it now. " * 4


@dataclass
class Model:
    """CTranslate2 and the wrapper around it, as far as a decoder uses them."""

    texts: list[str]
    log_probability: float = -0.1
    no_speech: float = 0.9
    encoded: list[int] = field(default_factory=list)
    """Frames of every call of the encoder."""
    seen: list[Any] = field(default_factory=list)
    """What the decoder saw at every generation: [positions]."""
    prompts: list[list[int]] = field(default_factory=list)
    asked_no_speech: int = 0
    rankings: list[list[tuple[str, float]]] = field(default_factory=list)
    """What is said of the language of each clip, in order."""
    asked_language: int = 0
    max_length: int = 448

    @property
    def model(self) -> Model:
        return self

    def encode(self, features: Any) -> StorageView:
        self.encoded.append(features.shape[-1])
        clips = features.shape[0] if features.ndim == 3 else 1
        return StorageView.from_array(np.full((clips, features.shape[-1] // 2, 4), CLIP, np.float32))

    def detect_language(self, encoded: StorageView) -> list[list[tuple[str, float]]]:
        self.asked_language += 1
        return [self.rankings.pop(0) for _ in range(encoded.shape[0])]

    def get_prompt(self, tokenizer: Any, previous: list[int], *, without_timestamps: bool, hotwords: str | None) -> Any:
        return [7, tokenizer.token] if hotwords else [tokenizer.token]

    def generate(self, encoded: StorageView, prompts: list[list[int]], **options: Any) -> Any:
        if options.get("return_no_speech_prob"):
            self.asked_no_speech += 1
            return [SimpleNamespace(no_speech_prob=self.no_speech)]
        self.seen.append(np.array(encoded)[0, :, 0])
        self.prompts += prompts
        found = []
        for _ in prompts:
            tokens = [ord(letter) for letter in self.texts.pop(0)]
            found.append(SimpleNamespace(sequences_ids=[tokens], scores=[self.log_probability]))
        return found


TOKENS = {"en": 9, "de": 11}


class Tried(Decoder):
    def __init__(self, model: Model, *, on_cpu: bool = True, multilingual: bool = False) -> None:
        self.model = model
        self.multilingual = multilingual
        self._bands = 80
        self._silence = {}
        if on_cpu:
            for frames, value in ((SHORT_FRAMES, SHORT_SILENCE), (FULL_FRAMES, FULL_SILENCE)):
                self._silence[frames] = np.full((1, frames // 2, 4), value, np.float32)

    def _language(self, language: str) -> Any:
        decode = lambda tokens: "".join(chr(token) for token in tokens)  # noqa: E731
        tokenizer = SimpleNamespace(decode=decode, token=TOKENS[language])
        return SimpleNamespace(tokenizer=tokenizer, suppressed=[])


def noise(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 3000, int(seconds * RATE)).astype(np.int16)


def runs(seen: Any) -> list[tuple[float, int]]:
    """(value, how many positions) in order."""
    values, counts = [], []
    for value in seen:
        if not values or values[-1] != value:
            values.append(float(value))
            counts.append(0)
        counts[-1] += 1
    return list(zip(values, counts, strict=True))


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0, 1000), (8, 1000), (8.02, 1002), (20, 2200), (28, 3000), (99, 3000)]
)
def test_the_decoder_sees_ten_seconds_or_two_more_than_the_clip(seconds: float, frames: int) -> None:
    assert window_frames(int(seconds * RATE)) == frames


@pytest.mark.parametrize(("seconds", "frames"), [(0, 300), (1, 300), (1.02, 302), (7, 900), (28, 3000), (99, 3000)])
def test_two_seconds_more_than_the_clip_are_encoded(seconds: float, frames: int) -> None:
    assert encoded_frames(int(seconds * RATE)) == frames


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 1), (6, 3), (8, 4), (64, 4)])
def test_small_machines_recognise_on_one_thread(cores: int, threads: int) -> None:
    assert recogniser_threads(cores) == threads


def test_digital_silence_is_not_worth_a_pass() -> None:
    assert not audible(np.zeros(RATE, np.int16))
    assert not audible(np.zeros(0, np.int16))
    assert audible(noise(0.1))
    model = Model([])
    assert Tried(model).transcribe(np.zeros(RATE, np.int16), AsrOptions()) == Transcript("", 0.0, 1.0)
    assert model.encoded == []


def test_silence_encoded_before_stands_behind_a_short_clip() -> None:
    model = Model(["When do you open?"])
    assert Tried(model).transcribe(noise(2.5), AsrOptions()).text == "When do you open?"
    assert model.encoded == [450]
    assert runs(model.seen[0]) == [(CLIP, 225), (SHORT_SILENCE, 275)]


def test_a_long_clip_is_encoded_with_all_the_silence_it_gets() -> None:
    model = Model(["And so on."])
    Tried(model).transcribe(noise(20), AsrOptions())
    assert model.encoded == [2200]
    assert runs(model.seen[0]) == [(CLIP, 1100)]


def test_off_the_cpu_the_whole_window_is_encoded() -> None:
    model = Model(["When do you open?"])
    Tried(model, on_cpu=False).transcribe(noise(2), AsrOptions())
    assert model.encoded == [1000]
    assert runs(model.seen[0]) == [(CLIP, 500)]


def test_a_loop_is_read_again_with_all_the_silence_and_without_hints() -> None:
    model = Model([LOOP, "Stop it now."])
    assert Tried(model).transcribe(noise(2), AsrOptions(hints=("now",))).text == "Stop it now."
    assert model.encoded == [400]
    assert runs(model.seen[1]) == [(CLIP, 200), (FULL_SILENCE, 1300)]
    assert model.prompts == [[7, 9], [9]]


def test_a_loop_that_stays_is_read_with_the_full_window_and_then_cut() -> None:
    model = Model([LOOP, LOOP, "Stop it now."])
    assert Tried(model).transcribe(noise(2), AsrOptions()).text == "Stop it now."
    assert model.encoded == [400, 3000]
    model = Model([LOOP, LOOP, LOOP])
    transcript = Tried(model).transcribe(noise(2), AsrOptions())
    assert (transcript.text, transcript.confidence) == ("Stop it now.", 0.0)


def test_off_the_cpu_a_loop_is_read_again_once() -> None:
    model = Model([LOOP, "Stop it now."])
    assert Tried(model, on_cpu=False).transcribe(noise(2), AsrOptions()).text == "Stop it now."
    assert model.encoded == [1000, 3000]


@pytest.mark.parametrize(
    ("text", "log_probability", "no_speech", "heard", "asked"),
    [
        ("When do you open?", -0.1, 0.9, "When do you open?", 0),
        ("Thank you.", -0.1, 0.9, "", 1),
        ("Thank you.", -0.1, 0.1, "Thank you.", 1),
        ("When do you open?", -2.0, 0.9, "", 1),
        ("When do you open?", -2.0, 0.1, "When do you open?", 1),
    ],
)
def test_no_speech_is_only_asked_about_where_words_are_in_doubt(
    text: str, log_probability: float, no_speech: float, heard: str, asked: int
) -> None:
    model = Model([text], log_probability * (len(text) + 1) / len(text), no_speech)
    transcript = Tried(model).transcribe(noise(1), AsrOptions())
    assert (transcript.text, model.asked_no_speech) == (heard, asked)
    assert transcript.no_speech == (no_speech if asked else 0.0)
    assert math.log(transcript.confidence) == pytest.approx(log_probability)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_pass_that_is_given_up_ends_at_its_next_step(steps: int) -> None:
    model = Model([LOOP, "Never read."])
    answers = iter([False] * steps + [True])
    with pytest.raises(CancelledError):
        Tried(model).transcribe(noise(1), AsrOptions(), lambda: next(answers))
    assert (len(model.encoded), len(model.seen)) == [(0, 0), (1, 0), (1, 1)][steps]


# --- the language ---------------------------------------------------------------------------------

BOTH = AsrOptions(languages=("en", "de"))
GERMAN = [("<|de|>", 0.6), ("<|nl|>", 0.3), ("<|en|>", 0.1)]
ENGLISH = [("<|en|>", 0.9), ("<|de|>", 0.1)]


def test_a_clip_is_read_in_the_language_that_is_spoken_among_those_asked_about() -> None:
    model = Model(["Guten Tag."], rankings=[GERMAN])
    transcript = Tried(model, multilingual=True).transcribe(noise(2), BOTH)
    assert (transcript.text, transcript.language) == ("Guten Tag.", "de")
    assert transcript.language_probability == pytest.approx(0.6 / 0.7)
    assert (model.prompts, model.asked_language, model.encoded) == ([[11]], 1, [400])


def test_in_a_short_clip_the_present_language_is_read() -> None:
    model = Model(["Yeah."], rankings=[GERMAN])
    transcript = Tried(model, multilingual=True).transcribe(noise(0.8), BOTH)
    assert (transcript.language, model.prompts) == ("en", [[9]])
    assert transcript.language_probability == pytest.approx(0.1 / 0.7)


def test_where_none_of_them_is_spoken_nothing_is_said_of_it() -> None:
    model = Model(["Dzien dobry."], rankings=[[("<|pl|>", 0.9), ("<|de|>", 0.1)]])
    transcript = Tried(model, multilingual=True).transcribe(noise(2), BOTH)
    assert (transcript.language, transcript.language_probability, model.prompts) == ("", 0.0, [[9]])


@pytest.mark.parametrize(("multilingual", "languages"), [(False, ("en", "de")), (True, ()), (True, ("en",))])
def test_nobody_pays_for_a_language_that_is_not_asked_about(multilingual: bool, languages: tuple[str, ...]) -> None:
    model = Model(["When do you open?"])
    transcript = Tried(model, multilingual=multilingual).transcribe(noise(2), AsrOptions(languages=languages))
    assert (transcript.language, model.asked_language) == ("", 0)


def test_a_loop_is_read_again_in_the_same_language() -> None:
    model = Model([LOOP, "Halt."], rankings=[GERMAN])
    transcript = Tried(model, multilingual=True).transcribe(noise(2), BOTH)
    assert (transcript.text, transcript.language) == ("Halt.", "de")
    assert (model.prompts, model.asked_language) == ([[11], [11]], 1)


def test_clips_read_together_may_be_in_different_languages() -> None:
    model = Model(["Good morning to you.", "Einen Termin bitte."], rankings=[ENGLISH, GERMAN])
    decoder = Tried(model, on_cpu=False, multilingual=True)
    found = decoder.transcribe_many([noise(2), noise(2)], BOTH, [lambda: False] * 2)
    assert [each.language for each in found if isinstance(each, Transcript)] == ["en", "de"]
    assert (model.prompts, model.asked_language) == ([[9], [11]], 1)
