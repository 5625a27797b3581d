"""Notes are made with PyAV where it is installed, as it is wherever a worker is."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from channels_io import recordings
from channels_io.messaging import voice_notes
from channels_io.messaging.voice_notes import VoiceNoteFailed, forget_old, speak, transcribe
from inference import client
from inference.errors import EngineError, WorkerLost
from inference.spec import VoiceSpec
from parley.lib import sound, sound_decoder

av = pytest.importorskip("av")


def tone(seconds: float, rate: int = 16_000) -> Any:
    return (np.sin(np.arange(int(seconds * rate)) / 10) * 8000).astype(np.int16)


def ogg(seconds: float, *, bit_rate: int = 16_000) -> bytes:
    """As a telephone records: Opus in Ogg."""
    target = io.BytesIO()
    with av.open(target, "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=48_000, layout="mono", bit_rate=bit_rate)
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=48_000)
        second = tone(1.0)
        for number in range(int(seconds)):
            frame = av.AudioFrame.from_ndarray(second[None, :], "s16", "mono")
            frame.sample_rate, frame.pts = 16_000, number * 16_000
            for ready in resampler.resample(frame):
                file.mux(stream.encode(ready))
        file.mux(stream.encode(None))
    return target.getvalue()


def wav(seconds: float) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(tone(seconds, 8000).tobytes())
    return target.getvalue()


class Heard:
    """The worker's ear: keeps what it was given."""

    def __init__(self) -> None:
        self.sounds: list[bytes] = []
        self.options: dict[str, Any] = {}
        self.failure: Exception | None = None

    async def transcribe(self, url: str, token: str, sound: BinaryIO, **options: Any) -> str:
        if self.failure is not None:
            raise self.failure
        self.sounds.append(sound.read())
        self.options = options
        return "on Saturday please"


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    heard = Heard()
    monkeypatch.setattr(client, "transcribe", heard.transcribe)
    yield heard


@pytest.mark.parametrize("note", [ogg(3), wav(3)], ids=["ogg", "wav"])
def test_a_note_reaches_the_worker_as_plain_sound(ear: Heard, note: bytes) -> None:
    assert transcribe(note, "audio/ogg", language="en-GB", hints=("Smile",)) == "on Saturday please"
    with wave.open(io.BytesIO(ear.sounds[0]), "rb") as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16_000, 1, 2)
        assert sound.getnframes() / 16_000 == pytest.approx(3, abs=0.1)
    assert ear.options == {"language": "en", "model": "default", "hints": ("Smile",)}


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"not a sound at all",
        b"OggS" + bytes(500),
        b"RIFF" + bytes(100),
        ogg(2)[:200],
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
    ],
)
def test_what_is_no_sound_is_refused(ear: Heard, note: bytes) -> None:
    with pytest.raises(VoiceNoteFailed) as failed:
        transcribe(note, "audio/ogg")
    assert failed.value.code == "not_audio"
    assert not ear.sounds


def test_a_note_has_an_end(ear: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_notes, "MOST_SECONDS", 2)
    with pytest.raises(VoiceNoteFailed) as failed:
        transcribe(ogg(4), "audio/ogg")
    assert failed.value.code == "too_long"
    monkeypatch.setattr(voice_notes, "MOST_BYTES", 1000)
    with pytest.raises(VoiceNoteFailed) as failed:
        transcribe(bytes(1001), "audio/ogg")
    assert failed.value.code == "too_large"


def test_a_note_that_unpacks_to_hours_costs_no_memory(ear: Heard) -> None:
    """T14: an hour of the lowest rate, cut at ten minutes, in a process that may not have more than it needs."""
    note = ogg(660, bit_rate=6_000)
    before = _peak(resource.RUSAGE_SELF)
    with pytest.raises(VoiceNoteFailed) as failed:
        transcribe(note, "audio/ogg")
    assert failed.value.code == "too_long"
    assert _peak(resource.RUSAGE_SELF) - before < 100 << 20


def _peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss * 1024


def test_the_decoder_may_not_have_more_memory_than_it_needs(tmp_path: Path) -> None:
    greedy = "import sys; sys.argv[1:] = ['x', 'y', '16000', '1']; import runpy\n"
    greedy += f"m = runpy.run_path({sound_decoder.__file__!r})\n"
    greedy += "import resource; resource.setrlimit(resource.RLIMIT_DATA, (m['MEMORY'],) * 2)\nbytearray(300 << 20)"
    ended = subprocess.run([sys.executable, "-I", "-c", greedy], capture_output=True, check=False)
    assert b"MemoryError" in ended.stderr


def test_without_a_decoder_small_notes_are_left_to_the_worker(ear: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = subprocess.CompletedProcess((), sound_decoder.NO_DECODER)
    monkeypatch.setattr(sound.subprocess, "run", lambda *_args, **_more: missing)
    note = ogg(1)
    assert transcribe(note, "audio/ogg") == "on Saturday please"
    assert ear.sounds == [note]
    with pytest.raises(VoiceNoteFailed):
        transcribe(bytes(voice_notes.UNDECODED_MOST + 1), "audio/ogg")


def test_whose_fault_it_is(ear: Heard) -> None:
    ear.failure = EngineError("It does not know that language.")
    with pytest.raises(VoiceNoteFailed):
        transcribe(wav(1), "audio/wav")
    ear.failure = WorkerLost("No worker answers.")
    with pytest.raises(WorkerLost):
        transcribe(wav(1), "audio/wav")


class TestSpeak:
    @pytest.fixture
    def mouth(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []

        async def synthesize_file(url: str, token: str, text: str, voice: VoiceSpec, **options: Any) -> bytes:
            asked.append({"text": text, "voice": voice.name, **options})
            if text == "broken":
                raise EngineError("This worker cannot write opus.")
            return b"OggS" * (200_000 if text == "long" else 10)

        monkeypatch.setattr(client, "synthesize_file", synthesize_file)
        return asked

    def test_a_note_of_ours(self, mouth: list[dict[str, Any]]) -> None:
        name = speak("See you on Saturday.", VoiceSpec(), language="en-GB", workspace="ws_1")
        assert recordings.path_of(name).read_bytes() == b"OggS" * 10
        assert name.startswith("voice_notes/ws_1/")
        said = {"text": "See you on Saturday.", "voice": "heart", "file_format": "opus", "language": "en"}
        assert mouth == [{**said, "sample": None}]

    @pytest.mark.parametrize("text", ["", "  ", "x" * 1501, "long", "broken"])
    def test_what_cannot_be_one(self, mouth: list[dict[str, Any]], text: str) -> None:
        with pytest.raises(VoiceNoteFailed):
            speak(text, VoiceSpec(), workspace="ws_1")

    def test_old_ones_are_forgotten(self, mouth: list[dict[str, Any]]) -> None:
        old, new = (speak(text, VoiceSpec(), workspace="ws_1") for text in ("one", "two"))
        long_ago = time.time() - timedelta(days=3).total_seconds()
        os.utime(recordings.path_of(old), (long_ago, long_ago))
        assert forget_old() == 1
        assert not recordings.path_of(old).exists()
        assert recordings.path_of(new).exists()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"OggS\0\x02", "ogg"),
        (b"\0\0\0\x1cftypM4A ", "mov"),
        (b"\xff\xf1\x50", "aac"),
        (b"\xff\xfb\x90", "mp3"),
        (b"ID3\4", "mp3"),
        (b"#!AMR\n", "amr"),
        (b"\x1aE\xdf\xa3", "matroska"),
        (b"fLaC", "flac"),
        (b"#EXTM3U", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_formats_by_their_first_bytes(head: bytes, name: str) -> None:
    assert sound_decoder.format_of(head) == name


def test_a_worker_that_knows_the_model_no_more_uses_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def transcribe_once(url: str, token: str, sound: BinaryIO, **options: Any) -> str:
        asked.append((options.get("model"), options.get("language"), len(sound.read())))
        if options.get("model") == "gone":
            raise EngineError("There is no such model.")
        return "hello"

    monkeypatch.setattr(client, "transcribe", transcribe_once)
    assert transcribe(wav(1), "audio/wav", model="gone", language="tlh") == "hello"
    assert [(model, language) for model, language, _ in asked] == [("gone", "tlh"), (None, None)]
    assert asked[0][2] == asked[1][2] > 0


def test_a_worker_that_knows_the_voice_no_more_uses_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[VoiceSpec] = []

    async def synthesize_once(url: str, token: str, text: str, voice: VoiceSpec, **options: Any) -> bytes:
        asked.append(voice)
        if voice.engine != "default":
            raise EngineError("There is no such voice.")
        return b"OggS"

    monkeypatch.setattr(client, "synthesize_file", synthesize_once)
    assert speak("Hello", VoiceSpec("gone", "x", 1.2), workspace="ws_1")
    assert asked == [VoiceSpec("gone", "x", 1.2), VoiceSpec("default", "default", 1.2)]
