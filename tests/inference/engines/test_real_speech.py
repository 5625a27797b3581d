"""Voice, recogniser, voice detector and turn model with their real weights."""

from __future__ import annotations

import asyncio
import contextlib
import re
import wave
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs, resample
from inference.engines.base import AsrOptions, Transcript
from inference.engines.faster_whisper import FasterWhisper
from inference.engines.hibari import RATE, HibariVoice
from inference.engines.silero import Silero
from inference.engines.smart_turn import SmartTurn
from inference.engines.whisper_decoder import Decoder
from inference.errors import EngineNotReady, UnknownEngine
from inference.spec import VoiceSpec

from .conftest import weights

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]


async def _clauses(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


# --- voice ------------------------------------------------------------------------------------


@pytest.fixture
async def voice():
    engine = HibariVoice(path=weights("hibari-heart"))
    await engine.load()
    yield engine
    await engine.close()


async def test_each_clause_begins_at_once_and_carries_its_text_once(voice: HibariVoice) -> None:
    texts = ("On Saturday we open at nine,", "and we close at one. Shall I book?")
    pieces = [piece async for piece in voice.speak(_clauses(*texts), VoiceSpec())]
    firsts = [index for index, piece in enumerate(pieces) if piece.text]
    assert [pieces[index].text for index in firsts] == list(texts)
    for index in firsts:
        samples = pieces[index].frame.samples
        assert pieces[index].frame.rate == RATE
        assert pieces[index].frame.duration_ms == 50.0
        assert level_dbfs(samples[240:720]) > AUDIBLE_DBFS, "sound within 30 ms"
        words = pieces[index].words
        assert [word for word, _ in words] == pieces[index].text.split()
        assert [at for _, at in words] == sorted(at for _, at in words)


async def test_the_same_words_are_the_same_audio(voice: HibariVoice) -> None:
    takes = [b"".join([p.frame.pcm async for p in voice.speak(_clauses("Good morning."), VoiceSpec())]) for _ in (1, 2)]
    assert takes[0] == takes[1]


async def test_faster_speech_is_shorter(voice: HibariVoice) -> None:
    async def length(speed: float) -> int:
        pieces = voice.speak(_clauses("We are open today."), VoiceSpec(speed=speed))
        return sum([piece.frame.sample_count async for piece in pieces])

    assert await length(1.5) < await length(1.0) < await length(0.75)


@pytest.mark.parametrize("text", ["...", "", "!?", "日本語"])
async def test_what_cannot_be_said_is_one_silent_frame(voice: HibariVoice, text: str) -> None:
    pieces = [piece async for piece in voice.speak(_clauses(text), VoiceSpec())]
    assert [(piece.text, piece.frame.sample_count) for piece in pieces] == [(text, 1200)]
    assert level_dbfs(pieces[0].frame.samples) == -120.0


async def test_only_voices_that_are_here(voice: HibariVoice) -> None:
    assert "heart" in voice.info.voices
    with pytest.raises(UnknownEngine, match="'nobody' is not on this machine. Choose one of: .*heart"):
        async for _ in voice.speak(_clauses("Hello"), VoiceSpec(name="nobody")):
            pass


async def test_a_closed_voice_refuses() -> None:
    engine = HibariVoice(path=weights("hibari-heart"))
    with pytest.raises(EngineNotReady):
        async for _ in engine.speak(_clauses("Hello"), VoiceSpec(name="heart")):
            pass


# --- recogniser -------------------------------------------------------------------------------


@pytest.fixture
async def recogniser():
    engine = FasterWhisper(path=weights("whisper-tiny.en"))
    await engine.load()
    yield engine
    await engine.close()


async def test_words_are_understood(recogniser: FasterWhisper, speak) -> None:
    async with recogniser.stream(AsrOptions()) as stream:
        for text in ("What time do you open on Saturday?", "No, thank you, that's all."):
            stream.feed(await speak(text))
            transcript = await stream.final()
            assert transcript.text == text
            assert transcript.confidence > 0.7
            assert transcript.no_speech < 0.3
            stream.reset()


async def test_no_words_come_out_of_silence_or_noise(recogniser: FasterWhisper) -> None:
    rng = np.random.default_rng(1)
    time = np.arange(48_000) / 16_000
    sounds = {
        "digital silence": np.zeros(32_000),
        "room tone": rng.normal(0, 30, 48_000),
        "hiss": rng.normal(0, 1000, 48_000),
        "loud hiss": rng.normal(0, 3200, 48_000),
        "short hiss": rng.normal(0, 1500, 8_000),
        "hum": 3000 * np.sin(2 * np.pi * 50 * time),
        "tone": 6000 * np.sin(2 * np.pi * 440 * time),
        "clicks": np.where(rng.random(48_000) < 0.0005, 20_000, 0),
        "rumble": np.cumsum(rng.normal(0, 30, 48_000)),
        "breath": rng.normal(0, 800, 24_000) * np.hanning(24_000),
        "knocks": np.tile(np.concatenate([rng.normal(0, 9000, 800) * np.linspace(1, 0, 800), np.zeros(8000)]), 4),
    }
    heard = {}
    async with recogniser.stream(AsrOptions()) as stream:
        for name, sound in sounds.items():
            stream.feed(np.clip(sound, -32768, 32767).astype(np.int16))
            heard[name] = (await stream.final()).text
            stream.reset()
    assert heard == dict.fromkeys(sounds, "")


async def test_passes_of_two_callers_at_once_read_what_they_read_alone(recogniser: FasterWhisper, speak) -> None:
    one, other = await speak("What time do you open on Saturday?"), await speak("My name is Peter.")
    async with recogniser.stream(AsrOptions()) as stream, recogniser.stream(AsrOptions()) as second:
        stream.feed(one)
        alone = await stream.final()
        stream.reset()
        for _ in range(3):
            stream.feed(one)
            second.feed(other)
            partial, final = await asyncio.gather(second.partial(), stream.final())
            assert final == alone
            assert partial.text == "My name is Peter."
            stream.reset()
            second.reset()


async def test_the_words_of_a_partial_in_progress_are_the_final_ones(recogniser: FasterWhisper, speak) -> None:
    audio = await speak("What time do you open on Saturday?")
    async with recogniser.stream(AsrOptions()) as stream:
        stream.feed(audio)
        partial = asyncio.create_task(stream.partial())
        await asyncio.sleep(0)
        stream.feed(np.zeros(1600, np.int16))
        final = await stream.final()
    assert final.text == "What time do you open on Saturday?"
    with contextlib.suppress(asyncio.CancelledError):  # Where the final pass came before it had begun.
        assert await partial == final


@pytest.mark.parametrize(
    ("sentence", "hints", "name"),
    [
        ("I take Xarelto every morning.", ("Siobhan Nguyen", "Xarelto"), "Xarelto"),
        ("Can I see Doctor Nguyen on Monday?", ("Doctor Nguyen", "Xarelto"), "Doctor Nguyen"),
    ],
)
async def test_hints_give_names_their_spelling(
    recogniser: FasterWhisper, speak, sentence: str, hints: tuple[str, ...], name: str
) -> None:
    audio = await speak(sentence)

    async def read(options: AsrOptions) -> str:
        async with recogniser.stream(options) as stream:
            stream.feed(audio)
            return (await stream.final()).text

    assert name not in await read(AsrOptions())
    assert name in await read(AsrOptions(hints=hints))


async def test_an_utterance_longer_than_the_window(recogniser: FasterWhisper, speak) -> None:
    # All different: of one sentence said ten times over, the model may write down nine.
    sentences = (
        "I would like to book an appointment for tomorrow morning.",
        "My name is Peter and I live in London.",
        "I have a tooth that hurts when I drink something cold.",
        "It began on Monday after lunch.",
        "My doctor told me to call you as soon as possible.",
        "I can come before noon or in the late afternoon.",
        "Please do not put me on a long waiting list.",
        "My sister was with you last summer and she liked it.",
        "I will pay with my card when I arrive.",
        "You can call me back on this number.",
        "We could also talk about it again next week.",
        "Thank you very much for your help.",
    )
    length = 0
    async with recogniser.stream(AsrOptions()) as stream:
        for sentence in sentences:
            one = await speak(sentence)
            length += one.size
            stream.feed(one)
        transcript = await stream.final()
    assert length > 16_000 * 30
    found = [transcript.text.find(sentence) for sentence in sentences]
    assert -1 not in found, transcript.text
    assert found == sorted(found)


async def test_another_language_than_the_model_has_is_read_in_its_own(recogniser: FasterWhisper, speak) -> None:
    assert recogniser.info.languages == ("en",)
    async with recogniser.stream(AsrOptions(language="de-DE")) as stream:
        stream.feed(await speak("Yes, please."))
        assert (await stream.final()).text == "Yes, please."


# --- voice detector and turn model --------------------------------------------------------------


async def test_voice_is_told_from_noise_and_state_is_each_callers_own(speak) -> None:
    detector = Silero(path=weights("silero-v6"))
    await detector.load()
    speech = await speak("I would like to book an appointment.")
    noise = np.random.default_rng(0).normal(0, 1500, 48_000).astype(np.int16)
    caller, other = detector.stream(), detector.stream()
    probabilities, others = [], []
    for start in range(0, speech.size, 320):
        probabilities += caller.feed(speech[start : start + 320])
        others += other.feed(noise[start % 32_000 : start % 32_000 + 320])
    whole = detector.stream().feed(speech)
    assert probabilities == whole
    assert len(whole) == speech.size // 512
    assert np.mean(np.array(probabilities[10:-12]) > 0.9) > 0.9
    assert max(probabilities[-1], probabilities[0]) < 0.1
    assert max(others) < 0.3
    await detector.close()
    with pytest.raises(EngineNotReady):
        detector.stream()


async def test_a_finished_sentence_scores_above_an_unfinished_one(speak) -> None:
    detector = SmartTurn(path=weights("smart-turn-v3.2"))
    await detector.load()
    done = ("What time do you open on Saturday?", "Yes, please.", "My number is five five five one two.")
    trailing = ("I was wondering if, um,", "Could you tell me, uh,")
    finished = [await detector.complete(await speak(text)) for text in done]
    unfinished = [await detector.complete(await speak(text)) for text in trailing]
    await detector.close()
    assert min(finished) > 0.8
    assert max(unfinished) < 0.3


async def test_weights_that_are_not_there(tmp_path: Path) -> None:
    for engine in (Silero(path=str(tmp_path / "x")), FasterWhisper(path=str(tmp_path / "x"))):
        with pytest.raises(EngineNotReady):
            await engine.load()


async def test_clips_read_together_are_heard_as_each_alone(speak) -> None:
    """What a GPU does; here on the processor, whose decoder would read each alone."""
    decoder = Decoder(weights("whisper-tiny.en"), threads=1, compute_type="int8", device="cpu")
    clips = [await speak(text) for text in ("I would like to book a table.", "Thank you, goodbye.")]
    silence = np.zeros(16000, np.int16)
    wanted = [lambda: False, lambda: False, lambda: False, lambda: True]
    found = decoder.transcribe_many([*clips, silence, clips[0]], AsrOptions(), wanted)
    assert isinstance(found[3], CancelledError)
    heard = [each.text for each in found if isinstance(each, Transcript)]
    words = [re.findall("[a-z]+", text.lower()) for text in heard]
    assert words == [["i", "would", "like", "to", "book", "a", "table"], ["thank", "you", "goodbye"], []]


# --- several languages --------------------------------------------------------------------------

SPEECH = Path(__file__).parent / "speech"
"""Sentences at telephone quality, spoken by espeak-ng: a voice that is harder to understand than people are."""
ASKED = AsrOptions(languages=("en", "de", "fr"))


def recorded(name: str) -> Samples:
    with wave.open(str(SPEECH / f"{name}.wav")) as file:
        return resample(np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate(), 16000)


@pytest.fixture(scope="module")
def multilingual() -> Decoder:
    return Decoder(weights("whisper-base"), threads=1, compute_type="int8", device="cpu")


@pytest.mark.parametrize(
    ("name", "language", "word"), [("german", "de", r"\b(kann|morgen)\b"), ("french", "fr", r"\b(vous|pour|demain)\b")]
)
def test_a_sentence_is_read_in_the_language_it_is_spoken_in(
    multilingual: Decoder, name: str, language: str, word: str
) -> None:
    transcript = multilingual.transcribe(recorded(name), ASKED)
    assert transcript.language == language
    assert transcript.language_probability > 0.7
    assert re.search(word, transcript.text.lower()), transcript.text


async def test_english_stays_english(multilingual: Decoder, speak) -> None:
    transcript = multilingual.transcribe(await speak("I would like to book an appointment for tomorrow."), ASKED)
    assert (transcript.language, transcript.text.lower()[:12]) == ("en", "i would like")
    assert transcript.language_probability > 0.9


async def test_clips_in_two_languages_are_read_in_one_pass(multilingual: Decoder, speak) -> None:
    clips = [recorded("german"), await speak("Good morning, what time do you open?")]
    found = multilingual.transcribe_many(clips, ASKED, [lambda: False] * 2)
    assert [each.language for each in found if isinstance(each, Transcript)] == ["de", "en"]


async def test_the_recogniser_of_one_language_is_not_asked(speak) -> None:
    decoder = Decoder(weights("whisper-tiny.en"), threads=1, compute_type="int8", device="cpu")
    transcript = decoder.transcribe(await speak("What time do you open?"), ASKED)
    assert (transcript.language, transcript.language_probability) == ("", 0.0)
