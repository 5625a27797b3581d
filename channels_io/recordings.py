"""Recordings of legs: stereo WAV, 16 kHz, 16 bit; the caller on the left, the agent on the right.

A recording is written while the call runs and is a valid WAV file after every flush (about once a
second): after a crash at most the last two seconds are missing, and `finish` repairs the header.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from django.conf import settings

from inference.audio import Resampler, Samples

RATE = 16_000
AGENT_RATE = 24_000
MAX_SECONDS = 12 * 3600
"""What would come later is left out: a WAV file's sizes are 32-bit numbers."""
PEAKS = 900
"""Most columns of a waveform: what a wide page can show."""

_HEADER_BYTES = 44
_FRAME_BYTES = 4
_WINDOW = 2 * RATE
_FLUSH = RATE
_GAP = RATE // 25
"""A start within 40 ms of the previous end is the same run: a clock's jitter must not tear speech."""
_CALLER, _AGENT = 0, 1


def new_name(workspace: str, at: datetime) -> str:
    """A name nobody can guess, below PARLEY_RECORDINGS."""
    return f"{workspace}/{at:%Y/%m}/{secrets.token_urlsafe(24)}.wav"


def path_of(name: str) -> Path:
    """Raises ValueError for a name that leads out of the recordings folder."""
    root = Path(settings.PARLEY_RECORDINGS).resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or path == root:
        raise ValueError("A recording's name must stay below the recordings folder.")
    return path


def remove(name: str) -> None:
    path_of(name).unlink(missing_ok=True)


class _Side:
    """One side's sound brought to RATE: run by run, so that a pause is not filled with a filter's tail."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._run: Resampler | None = None
        self._end_in = 0
        """Where the current run ends, in the side's own rate, and below in RATE."""
        self._end_out = 0

    def feed(self, samples: Samples, at: int) -> list[tuple[int, Samples]]:
        """(place, sound) in RATE."""
        if self.rate == RATE:
            return [(at, samples)]
        ready: list[tuple[int, Samples]] = []
        if self._run is None or abs(at - self._end_in) > _GAP * self.rate // RATE:
            ready += self.end()
            self._run = Resampler(self.rate, RATE)
            self._end_in = at
            self._end_out = at * RATE // self.rate
        self._end_in += samples.size
        ready.append(self._placed(self._run.feed(samples)))
        return ready

    def end(self) -> list[tuple[int, Samples]]:
        """The rest of the current run."""
        if self._run is None:
            return []
        rest = self._run.feed(np.zeros(0, dtype=np.int16), last=True)
        self._run = None
        return [self._placed(rest)]

    def _placed(self, samples: Samples) -> tuple[int, Samples]:
        start, self._end_out = self._end_out, self._end_out + samples.size
        return start, samples


class StereoWriter:
    """Puts both sides where they belong on the leg's clock. One task uses it; calls may block on disk.

    Positions count samples from the start of the leg, in the side's own rate. Order between the sides is
    free. About 2 s are held in memory; what comes for an older place is put into the file.
    """

    def __init__(self, path: Path, *, caller_rate: int = RATE, agent_rate: int = AGENT_RATE) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._file: BinaryIO = path.open("x+b")
        path.chmod(0o600)
        self._window = np.zeros((_WINDOW, 2), dtype="<i2")
        self._base = 0
        """Position of the window's first frame; all before it is in the file."""
        self._end = 0
        self._caller = _Side(caller_rate)
        self._agent = _Side(agent_rate)
        self._write_header(0)

    @property
    def ms(self) -> int:
        return self._end * 1000 // RATE

    def caller(self, pcm: bytes | Samples, at: int) -> None:
        """Caller audio whose first sample is sample `at` of the leg."""
        self._place(_CALLER, self._caller.feed(_samples(pcm), at))

    def agent(self, pcm: bytes | Samples, at: int) -> None:
        """Agent audio that begins to play at sample `at` of the leg."""
        self._place(_AGENT, self._agent.feed(_samples(pcm), at))

    def cut(self, at: int) -> None:
        """The agent fell silent at its sample `at`: take back what was written for later."""
        self._place(_AGENT, self._agent.end())
        start = max(0, at * RATE // self._agent.rate)
        if start < self._end:
            for position in range(start, self._end, _WINDOW):
                size = min(_WINDOW, self._end - position)
                self._put(_AGENT, position, np.zeros(size, dtype=np.int16))

    def close(self) -> None:
        """Write out the rest. Safe to call twice."""
        if self._file.closed:
            return
        self._place(_CALLER, self._caller.end())
        self._place(_AGENT, self._agent.end())
        self._flush(self._end - self._base)
        self._file.close()

    def _place(self, lane: int, pieces: Iterable[tuple[int, Samples]]) -> None:
        for start, samples in pieces:
            self._put(lane, start, samples)

    def _put(self, lane: int, start: int, samples: Samples) -> None:
        if start < 0:
            start, samples = 0, samples[-start:]
        samples = samples[: max(0, MAX_SECONDS * RATE - start)]
        if not samples.size:
            return
        self._end = max(self._end, start + samples.size)
        if start < self._base:
            old = min(samples.size, self._base - start)
            self._patch(lane, start, samples[:old])
            start, samples = start + old, samples[old:]
        while samples.size:
            self._make_room(start)
            offset = start - self._base
            size = min(samples.size, _WINDOW - offset)
            self._window[offset : offset + size, lane] = samples[:size]
            start, samples = start + size, samples[size:]

    def _make_room(self, position: int) -> None:
        """Move the window forward until frame `position` lies in it."""
        while position >= self._base + _WINDOW:
            self._flush(_FLUSH)

    def _flush(self, frames: int) -> None:
        if frames <= 0:
            return
        self._file.seek(_HEADER_BYTES + self._base * _FRAME_BYTES)
        self._file.write(self._window[:frames].tobytes())
        self._window[:-frames] = self._window[frames:].copy()
        self._window[-frames:] = 0
        self._base += frames
        self._write_header(self._base)

    def _patch(self, lane: int, start: int, samples: Samples) -> None:
        """Replace one side of frames that are already in the file."""
        self._file.seek(_HEADER_BYTES + start * _FRAME_BYTES)
        frames = np.frombuffer(self._file.read(samples.size * _FRAME_BYTES), dtype="<i2").reshape(-1, 2).copy()
        frames[:, lane] = samples[: len(frames)]
        self._file.seek(_HEADER_BYTES + start * _FRAME_BYTES)
        self._file.write(frames.tobytes())

    def _write_header(self, frames: int) -> None:
        self._file.seek(0)
        self._file.write(_header(frames))
        self._file.flush()


@dataclass(frozen=True, slots=True)
class Summary:
    """`peaks`: {"step_ms": float, "caller": [0..255], "agent": [0..255]}; empty without sound."""

    ms: int = 0
    peaks: dict[str, Any] = field(default_factory=dict)


def finish(name: str) -> Summary:
    """Repair the header if need be and measure the file. One that is missing or empty is removed: ms is 0."""
    path = path_of(name)
    frames = _recover(path)
    if not frames:
        path.unlink(missing_ok=True)
        return Summary()
    return Summary(ms=frames * 1000 // RATE, peaks=peaks(path))


def peaks(path: Path, columns: int = PEAKS) -> dict[str, Any]:
    """The loudest sample of each step and side, 0..255, in at most `columns` steps of at least 20 ms."""
    frames = (path.stat().st_size - _HEADER_BYTES) // _FRAME_BYTES
    step = max(RATE // 50, -(-frames // columns))
    sides: tuple[list[int], list[int]] = ([], [])
    for block in _blocks(path, step):
        loudest = np.abs(block.astype(np.int32)).max(axis=0)
        for side, value in zip(sides, loudest, strict=True):
            side.append(min(255, int(value) * 256 // 32768))
    return {"step_ms": step * 1000 / RATE, "caller": sides[_CALLER], "agent": sides[_AGENT]}


def _blocks(path: Path, step: int) -> Iterator[npt.NDArray[np.int16]]:
    """Frames of the file, `step` at a time: shape (≤ step, 2)."""
    with path.open("rb") as file:
        file.seek(_HEADER_BYTES)
        while data := file.read(step * _FRAME_BYTES):
            whole = len(data) // _FRAME_BYTES * _FRAME_BYTES
            if whole:
                yield np.frombuffer(data[:whole], dtype="<i2").reshape(-1, 2)


def _recover(path: Path) -> int:
    """Make header and length agree with the data that is there; its number of frames."""
    if not path.is_file():
        return 0
    frames = max(0, path.stat().st_size - _HEADER_BYTES) // _FRAME_BYTES
    with path.open("r+b") as file:
        file.truncate(_HEADER_BYTES + frames * _FRAME_BYTES)
        file.write(_header(frames))
    return frames


def _header(frames: int) -> bytes:
    size = frames * _FRAME_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 2, RATE),
        *(RATE * _FRAME_BYTES, _FRAME_BYTES, 16, b"data", size),
    )


def _samples(pcm: bytes | Samples) -> Samples:
    """A last odd byte is dropped."""
    if isinstance(pcm, bytes):
        return np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")
    return pcm
