"""Audio files in and out: any container that PyAV reads; WAV, PCM, MP3, Opus, FLAC and AAC written."""

from __future__ import annotations

import io
import struct
from typing import Any, Protocol

import numpy as np

from inference.audio import Resampler, Samples
from inference.openai_api.problems import ApiProblem

RATE = 24000
"""Rate of the audio that is sent, unless another one is asked for."""
LISTEN_RATE = 16000
MAX_SECONDS = 30 * 60
MEDIA_TYPES = {
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "aac": "audio/aac",
}
PLAIN = ("wav", "pcm")
_CONTAINERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "mp3": ("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}),
    "opus": ("ogg", "libopus", {"page_duration": "100000"}),
    "flac": ("flac", "flac", {}),
    "aac": ("adts", "aac", {}),
}
"""Format → container, encoder, container options."""
UNKNOWN_LENGTH = 0xFFFFFFFF


class Encoder(Protocol):
    def feed(self, samples: Samples) -> bytes:
        """Encode the next samples. May give nothing yet."""

    def finish(self) -> bytes:
        """The end of the file."""


def encoder(name: str, rate: int) -> Encoder:
    """An encoder for the format `name`, one of MEDIA_TYPES. Raises ApiProblem when it cannot be had."""
    if name in PLAIN:
        return PlainEncoder(rate, header=name == "wav")
    return PackedEncoder(name)


class PlainEncoder:
    """16-bit little-endian samples, after a WAV header whose length is left open."""

    def __init__(self, rate: int, *, header: bool) -> None:
        self._pending = wav_header(rate) if header else b""

    def feed(self, samples: Samples) -> bytes:
        head, self._pending = self._pending, b""
        return head + samples.astype("<i2", copy=False).tobytes()

    def finish(self) -> bytes:
        head, self._pending = self._pending, b""
        return head


def wav_header(rate: int) -> bytes:
    """Header of a 16-bit mono WAV that is still growing."""
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    return (
        b"RIFF" + struct.pack("<I", UNKNOWN_LENGTH) + b"WAVEfmt " + form + b"data" + struct.pack("<I", UNKNOWN_LENGTH)
    )


class _Sink(io.RawIOBase):
    """Where PyAV writes; it cannot be rewound, so only streamable files come out."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


class PackedEncoder:
    """A compressed format through PyAV."""

    def __init__(self, name: str) -> None:
        try:
            import av
        except ImportError as error:
            raise ApiProblem(
                f"This worker cannot write {name}: install 'av', or ask for 'wav' or 'pcm'.",
                param="response_format",
                code="unsupported_format",
            ) from error
        container, codec, options = _CONTAINERS[name]
        self._av = av
        self._sink = _Sink()
        self._file = av.open(self._sink, "w", format=container, options=options)
        # PyAV types a stream by the codec's literal name; ours comes from the table and is always audio.
        stream: Any = self._file.add_stream(codec, rate=RATE, layout="mono")
        self._stream = stream
        self._resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE)
        self._position = 0

    def feed(self, samples: Samples) -> bytes:
        if samples.size:
            frame = self._av.AudioFrame.from_ndarray(samples.astype(np.int16, copy=False)[None, :], "s16", "mono")
            frame.sample_rate = RATE
            frame.pts = self._position
            self._position += samples.size
            self._write(frame)
        return self._sink.take()

    def finish(self) -> bytes:
        self._write(None)
        self._file.mux(self._stream.encode(None))
        self._file.close()
        return self._sink.take()

    def _write(self, frame: Any) -> None:
        for ready in self._resampler.resample(frame):
            self._file.mux(self._stream.encode(ready))


def decode(data: bytes) -> Samples:
    """The first audio track of a file, mono at LISTEN_RATE. Raises ApiProblem for what is no audio."""
    try:
        import av
    except ImportError:
        return _decode_wav(data)
    pieces: list[Samples] = []
    size = 0
    try:
        with av.open(io.BytesIO(data), "r", metadata_errors="ignore") as file:
            if not file.streams.audio:
                raise _no_audio("it has no audio track")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=LISTEN_RATE)
            for frame in file.decode(file.streams.audio[0]):
                for ready in resampler.resample(frame):
                    size += _append(pieces, ready.to_ndarray())
                    if size > MAX_SECONDS * LISTEN_RATE:
                        raise ApiProblem(
                            f"The audio is longer than {MAX_SECONDS // 60} minutes.",
                            param="file",
                            code="audio_too_long",
                        )
            for ready in resampler.resample(None):
                _append(pieces, ready.to_ndarray())
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise _no_audio(type(error).__name__) from error
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def _append(pieces: list[Samples], samples: Any) -> int:
    piece: Samples = np.asarray(samples, dtype=np.int16).reshape(-1)
    pieces.append(piece)
    return int(piece.size)


def _decode_wav(data: bytes) -> Samples:
    """Without PyAV: 16-bit PCM WAV."""
    import wave

    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            if file.getsampwidth() != 2 or not 8000 <= file.getframerate() <= 192000:
                raise _no_audio("without 'av' only 16-bit WAV is read")
            channels = file.getnchannels()
            samples = np.frombuffer(file.readframes(MAX_SECONDS * file.getframerate()), "<i2")
            rate = file.getframerate()
    except (wave.Error, EOFError, ValueError) as error:
        raise _no_audio(str(error) or "it ends too early") from error
    mono = samples[: samples.size // channels * channels].reshape(-1, channels).mean(axis=1).astype(np.int16)
    return Resampler(rate, LISTEN_RATE).feed(mono, last=True)


def _no_audio(why: str) -> ApiProblem:
    return ApiProblem(
        f"The file could not be read as audio ({why}). Send wav, mp3, ogg, webm, m4a or flac.",
        param="file",
        code="invalid_audio",
    )
