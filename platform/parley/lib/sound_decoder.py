"""A sound file of a stranger → WAV, mono, 16 bit: run as a program of its own, with little memory and time.

    python -I sound_decoder.py <file> <wav> <samples a second> <most seconds>

Decoders are large and old, and files are made to break them: here one can break and take nothing with it. It imports
nothing of Parley. The format is told by the first bytes and then forced: FFmpeg would also follow playlists.

Exit codes: 0 done, 3 too long, 4 no sound that we read, 5 PyAV is not installed.
"""

from __future__ import annotations

import resource
import sys
import wave
from typing import Final

TOO_LONG: Final = 3
NO_SOUND: Final = 4
NO_DECODER: Final = 5
MEMORY: Final = 192 << 20
"""Bytes of the decoder's own data, its libraries' included."""
CPU_SECONDS: Final = 30

FORMATS: Final = (
    (0, b"OggS", "ogg"),
    (0, b"RIFF", "wav"),
    (0, b"ID3", "mp3"),
    (0, b"#!AMR", "amr"),
    (0, b"fLaC", "flac"),
    (0, b"caff", "caf"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (4, b"ftyp", "mov"),
)
"""(where, what, FFmpeg's name)."""


def format_of(head: bytes) -> str:
    """By the first 12 bytes; "" for what is not known."""
    for where, mark, name in FORMATS:
        if head[where : where + len(mark)] == mark:
            return name
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return ""


def decode(source: str, target: str, rate: int, most_seconds: int) -> int:
    """An exit code."""
    try:
        import av
    except ImportError:
        return NO_DECODER
    with open(source, "rb") as file, wave.open(target, "wb") as sound:
        name = format_of(file.read(12))
        file.seek(0)
        if not name:
            return NO_SOUND
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        written = 0
        try:
            with av.open(file, "r", format=name, metadata_errors="ignore") as container:
                if not container.streams.audio:
                    return NO_SOUND
                stream = container.streams.audio[0]
                stream.codec_context.thread_count = 1
                resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
                for frame in container.decode(stream):
                    for ready in resampler.resample(frame):
                        written += ready.samples
                        if written > most_seconds * rate:
                            return TOO_LONG
                        sound.writeframesraw(bytes(ready.planes[0])[: ready.samples * 2])
                for ready in resampler.resample(None):
                    written += ready.samples
                    sound.writeframesraw(bytes(ready.planes[0])[: ready.samples * 2])
        except (av.error.FFmpegError, ValueError, OverflowError, MemoryError):
            return NO_SOUND
    return 0 if written else NO_SOUND


def main() -> int:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return decode(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))


if __name__ == "__main__":
    sys.exit(main())
