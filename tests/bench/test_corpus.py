"""The committed corpus is what the benchmark says it is."""

from __future__ import annotations

import itertools
import wave
from pathlib import Path

import numpy as np
import pytest

from channels_io.bench import corpus
from channels_io.bench.booking import BOOKING
from channels_io.bench.corpus import (
    CORPORA,
    FOLDERS,
    Clip,
    CorpusError,
    CorpusName,
    all_clips,
    audible_bounds,
    load_corpus,
    read_wav,
)
from channels_io.bench.fresh import FRESH
from channels_io.bench.room import room_noise
from channels_io.bench.story import STORY
from channels_io.bench.utterances import UTTERANCES, Kind, Utterance
from inference.audio import AUDIBLE_DBFS, level_dbfs

TEXTS: dict[CorpusName, tuple[Utterance, ...]] = {"main": UTTERANCES, "fresh": FRESH}
COUNTS: dict[CorpusName, dict[Kind, int]] = {
    "main": {"question": 40, "pause": 20, "barge_in": 20, "back_channel": 10},
    "fresh": {"question": 20, "pause": 12, "barge_in": 10, "back_channel": 6},
}
BYTES: dict[CorpusName, int] = {"main": 9_000_000, "fresh": 3_000_000}


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_holds_what_was_asked_for(name: CorpusName) -> None:
    assert {kind: len(corpus.clips_of(kind, corpora=[name])) for kind in COUNTS[name]} == COUNTS[name]
    clips = load_corpus(name)
    assert [clip.id for clip in clips] == [utterance.id for utterance in TEXTS[name]]
    assert [clip.text for clip in clips] == [utterance.text.replace("| ", "") for utterance in TEXTS[name]]
    assert {clip.corpus for clip in clips} == {name}
    assert {path.name for path in clips[0].path.parent.glob("*.wav")} == {f"{clip.id}.wav" for clip in clips}
    assert sum(clip.path.stat().st_size for clip in clips) < BYTES[name]


def test_the_fresh_corpus_shares_no_sentence_with_the_main_one() -> None:
    main, fresh = ({clip.text.lower() for clip in load_corpus(name)} for name in CORPORA)
    assert main & fresh == set()
    assert len(all_clips()) == sum(len(load_corpus(name)) for name in FOLDERS)


@pytest.mark.parametrize(("name", "said"), [("booking", BOOKING), ("story", STORY)])
def test_the_calls_to_drawn_flows_were_all_spoken(name: CorpusName, said: tuple[Utterance, ...]) -> None:
    clips = load_corpus(name)
    assert [(clip.id, clip.text, clip.agent) for clip in clips] == [(each.id, each.text, each.agent) for each in said]
    assert {path.name for path in clips[0].path.parent.glob("*.wav")} == {f"{clip.id}.wav" for clip in clips}


@pytest.mark.parametrize("utterance", FRESH, ids=lambda utterance: utterance.id)
def test_the_fresh_rooms_are_not_silent_and_their_speakers_not_always_loud(utterance: Utterance) -> None:
    clip = all_clips()[utterance.id]
    samples = clip.samples()
    assert utterance.noise_dbfs == clip.noise_dbfs
    assert clip.noise_dbfs is not None
    # The lead-in is nothing but room.
    assert abs(level_dbfs(samples[: clip.speech_start]) - clip.noise_dbfs) < 4.0
    assert -35.0 < level_dbfs(samples[clip.speech_start : clip.speech_end + 1]) < -18.0


def test_the_noise_of_a_room_has_its_level_and_is_never_audible() -> None:
    for dbfs in sorted({utterance.noise_dbfs for utterance in FRESH if utterance.noise_dbfs is not None}):
        noise = room_noise(2 * corpus.RATE, dbfs)
        assert abs(level_dbfs(noise) - dbfs) < 0.5
        assert audible_bounds(noise) == (0, -1)
        assert np.array_equal(noise, room_noise(2 * corpus.RATE, dbfs))
    assert room_noise(0, -60.0).size == 0


@pytest.mark.parametrize("clip", load_corpus("fresh"), ids=lambda clip: clip.id)
def test_fresh_indices_are_those_of_the_audio(clip: Clip) -> None:
    samples = clip.samples()
    assert audible_bounds(samples) == (clip.speech_start, clip.speech_end)
    assert clip.speech_end < samples.size
    for first, last in clip.pauses:
        assert clip.speech_start < first < last < clip.speech_end
        assert 400 <= (last - first + 1) * 1000 / corpus.RATE <= 800
    assert bool(clip.pauses) == (clip.kind == "pause")


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
