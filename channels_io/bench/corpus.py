"""The committed corpora: WAVs (16 kHz, 16-bit, mono) and corpus.json with their sample indices.

"main" is what the waits of turn-taking were chosen on; "fresh" is held out: other sentences, other
speakers, rooms that are not silent. "booking" is whole calls to the agent with a drawn flow, "story" what `manage.py simulate booking` says.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from channels_io.bench.utterances import Kind
from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs

RATE = 16000
CorpusName = Literal["main", "fresh", "booking", "story"]
CORPORA: tuple[CorpusName, ...] = ("main", "fresh")
"""Those that questions are drawn from."""
_CORPUS = Path(__file__).with_name("corpus")
FOLDERS: dict[CorpusName, Path] = {
    "main": _CORPUS,
    "fresh": _CORPUS / "fresh",
    "booking": _CORPUS / "booking",
    "story": _CORPUS / "story",
}
WINDOW = RATE // 100
"""10 ms, the window that decides what counts as audible."""


class Clip(msgspec.Struct, frozen=True):
    """One utterance. Indices are samples at 16 kHz from the start of the file."""

    id: str
    kind: Kind
    agent: str
    text: str
    speech_start: int
    """First sample of the first audible 10 ms window."""
    speech_end: int
    """Last sample of the last audible 10 ms window: what voice-to-voice is counted from."""
    pauses: tuple[tuple[int, int], ...] = ()
    """(first, last) sample of each pause inside the sentence."""
    expect: tuple[str, ...] = ()
    corpus: CorpusName = "main"
    noise_dbfs: float | None = None
    """Level of the room in which it was said; None: none was added."""

    @property
    def path(self) -> Path:
        return FOLDERS[self.corpus] / f"{self.id}.wav"

    def samples(self) -> Samples:
        return read_wav(self.path)


class CorpusError(Exception):
    """The corpus on disk is not what the code expects; the message says which file and why."""


def audible_bounds(samples: Samples) -> tuple[int, int]:
    """(first, last) audible sample, to 10 ms; (0, -1) when nothing is audible."""
    windows = samples.size // WINDOW
    audible = [
        index for index in range(windows) if level_dbfs(samples[index * WINDOW : (index + 1) * WINDOW]) > AUDIBLE_DBFS
    ]
    if not audible:
        return 0, -1
    return audible[0] * WINDOW, (audible[-1] + 1) * WINDOW - 1


def read_wav(path: Path) -> Samples:
    """Raises CorpusError unless the file is 16 kHz, 16-bit, mono PCM."""
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            data = file.readframes(file.getnframes())
    except (OSError, wave.Error, EOFError) as error:
        raise CorpusError(f"{path.name} cannot be read: {error}") from error
    if shape != (RATE, 2, 1):
        raise CorpusError(
            f"{path.name} is {shape[0]} Hz, {8 * shape[1]}-bit, {shape[2]} channels; need 16 kHz 16-bit mono."
        )
    return np.frombuffer(data, dtype="<i2")


def write_wav(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2", copy=False).tobytes())


@lru_cache(maxsize=len(FOLDERS))
def load_corpus(name: CorpusName = "main") -> tuple[Clip, ...]:
    """All clips in the order of corpus.json. Raises CorpusError when it is missing or malformed."""
    path = FOLDERS[name] / "corpus.json"
    try:
        return tuple(msgspec.json.decode(path.read_bytes(), type=list[Clip]))
    except (OSError, msgspec.DecodeError) as error:
        raise CorpusError(
            f"{path.name} cannot be read: {error}. Render it again, see channels_io/bench/render.py."
        ) from error


def save_corpus(clips: Iterable[Clip], name: CorpusName = "main") -> None:
    lines = ",\n".join("  " + msgspec.json.encode(clip).decode() for clip in clips)
    (FOLDERS[name] / "corpus.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def clips_of(*kinds: Kind, corpora: Iterable[CorpusName] = ("main",)) -> tuple[Clip, ...]:
    return tuple(clip for name in corpora for clip in load_corpus(name) if clip.kind in kinds)


def all_clips() -> dict[str, Clip]:
    """Every clip of every corpus by its id; ids differ between corpora."""
    return {clip.id: clip for name in FOLDERS for clip in load_corpus(name)}
