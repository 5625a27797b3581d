"""POST /v1/audio/transcriptions."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from inference import metrics
from inference.audio import Samples, level_dbfs
from inference.engines.base import AsrOptions, Transcriber, Transcript, VoiceDetector
from inference.openai_api.answers import EVENTS, JSON, LiveAnswer, event
from inference.openai_api.bodies import FORM_OVERHEAD_BYTES, MAX_AUDIO_BYTES, BoundedRequest, clean_text
from inference.openai_api.codecs import LISTEN_RATE, decode
from inference.openai_api.problems import ApiProblem
from inference.openai_api.serving import Serving

PIECE_SECONDS = 20
SHORTEST_PIECE_SECONDS = 10
SPEECH_PROBABILITY = 0.4
FORMATS = ("json", "text", "verbose_json")
MAX_HINTS = 64


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    model: str
    recording: Recording
    options: AsrOptions
    response_format: str
    stream: bool


@dataclass(slots=True)
class Recording:
    """The audio that was sent; `samples` at LISTEN_RATE once it is decoded."""

    file: bytes
    samples: Samples

    @property
    def seconds(self) -> float:
        return self.samples.size / LISTEN_RATE


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the audio, in samples at LISTEN_RATE, and what was understood of it."""

    begin: int
    end: int
    heard: Transcript


async def transcriptions(serving: Serving, request: Request) -> Response:
    pool = serving.pool
    asked = await _read(request, pool.transcriber)
    transcriber = pool.transcriber(asked.model)
    segments = _segments(transcriber, pool.voice_detector, asked)
    if asked.stream:
        return LiveAnswer(_events(segments), EVENTS)
    if asked.response_format == "text":
        return LiveAnswer(_text(segments), "text/plain; charset=utf-8")
    return LiveAnswer(_json(segments, asked), JSON)


# --- request ------------------------------------------------------------------------------------


async def _read(request: Request, transcriber_of: Any) -> TranscriptionRequest:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ApiProblem("Send the audio as multipart/form-data with a 'file'.", code="invalid_form")
    bounded = BoundedRequest(request, MAX_AUDIO_BYTES + FORM_OVERHEAD_BYTES)
    try:
        form = await bounded.form(max_files=1, max_fields=32, max_part_size=32 << 10)
    except (MultiPartException, HTTPException, FormParserError, UnicodeDecodeError, ValueError, KeyError) as error:
        reason = error.detail if isinstance(error, HTTPException) else str(error)
        raise ApiProblem(f"The form could not be read: {reason}", code="invalid_form") from error
    try:
        return await _checked(form, transcriber_of)
    finally:
        await form.close()


async def _checked(form: FormData, transcriber_of: Any) -> TranscriptionRequest:
    model = _field(form, "model")
    if not model:
        raise ApiProblem("'model' is missing.", param="model", code="missing_required_parameter")
    info = transcriber_of(model).info
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ApiProblem("'file' is missing.", param="file", code="missing_required_parameter")
    response_format = _field(form, "response_format") or "json"
    if response_format not in FORMATS:
        raise ApiProblem(
            f"'response_format' must be one of {', '.join(FORMATS)}.",
            param="response_format",
            code="unsupported_format",
        )
    language = _field(form, "language").lower()
    if language and info.languages and language not in info.languages:
        raise ApiProblem(
            f"{info.model} does not know the language {language!r}; it knows {', '.join(info.languages)}.",
            param="language",
            code="unsupported_language",
        )
    hints = [hint.strip() for hint in _field(form, "prompt").split(",") if hint.strip()]
    audio = await file.read()
    if len(audio) > MAX_AUDIO_BYTES:
        raise ApiProblem("The file may have at most 25 MB.", status=413, param="file", code="request_too_large")
    return TranscriptionRequest(
        model=model,
        recording=Recording(audio, np.zeros(0, np.int16)),
        options=AsrOptions(language or (info.languages[0] if info.languages else "en"), tuple(hints[:MAX_HINTS])),
        response_format=response_format,
        stream=_field(form, "stream").lower() in ("true", "1"),
    )


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    if not isinstance(value, str):
        raise ApiProblem(f"'{name}' must be text.", param=name, code="invalid_type")
    return clean_text(value, name)


# --- audio → segments ---------------------------------------------------------------------------


async def _segments(
    transcriber: Transcriber, detector: VoiceDetector, asked: TranscriptionRequest
) -> AsyncGenerator[Segment]:
    """Piece after piece of the audio, understood. Pieces without speech are left out."""
    samples = asked.recording.samples = await asyncio.to_thread(decode, asked.recording.file)
    async with transcriber.stream(asked.options) as stream:
        for begin, end in pieces(samples):
            piece = samples[begin:end]
            if not await asyncio.to_thread(_has_speech, detector, piece):
                continue
            stream.feed(piece)
            started = time.perf_counter()
            heard = await stream.final()
            metrics.transcribed("final", time.perf_counter() - started)
            stream.reset()
            if heard.text.strip():
                yield Segment(begin, end, heard)


def pieces(samples: Samples) -> list[tuple[int, int]]:
    """Cut long audio where it is quietest, into stretches that a recogniser takes at once."""
    step = LISTEN_RATE // 10
    cuts: list[tuple[int, int]] = []
    begin = 0
    while samples.size - begin > PIECE_SECONDS * LISTEN_RATE:
        low = begin + SHORTEST_PIECE_SECONDS * LISTEN_RATE
        window = samples[low : begin + PIECE_SECONDS * LISTEN_RATE]
        blocks = window[: window.size // step * step].reshape(-1, step).astype(np.float64)
        end = low + int(np.argmin(np.square(blocks).mean(axis=1))) * step + step // 2
        cuts.append((begin, end))
        begin = end
    if samples.size > begin:
        cuts.append((begin, int(samples.size)))
    return cuts


def _has_speech(detector: VoiceDetector, samples: Samples) -> bool:
    if level_dbfs(samples) < -70.0:
        return False
    padded = np.concatenate([samples, np.zeros(2 * detector.hop, np.int16)])
    return max(detector.stream().feed(padded), default=0.0) >= SPEECH_PROBABILITY


# --- segments → answer --------------------------------------------------------------------------


def _joined(found: list[Segment]) -> str:
    return " ".join(segment.heard.text.strip() for segment in found)


async def _text(segments: AsyncGenerator[Segment]) -> AsyncGenerator[bytes]:
    async with aclosing(segments) as found:
        yield (_joined([segment async for segment in found]) + "\n").encode()


async def _events(segments: AsyncGenerator[Segment]) -> AsyncGenerator[bytes]:
    texts: list[str] = []
    async with aclosing(segments) as found:
        async for segment in found:
            text = (" " if texts else "") + segment.heard.text.strip()
            texts.append(text)
            yield event({"type": "transcript.text.delta", "delta": text})
    yield event({"type": "transcript.text.done", "text": "".join(texts)})


async def _json(segments: AsyncGenerator[Segment], asked: TranscriptionRequest) -> AsyncGenerator[bytes]:
    async with aclosing(segments) as stream:
        found = [segment async for segment in stream]
    seconds = asked.recording.seconds
    body: dict[str, Any] = {"text": _joined(found), "usage": {"type": "duration", "seconds": math.ceil(seconds)}}
    if asked.response_format == "verbose_json":
        body |= {
            "task": "transcribe",
            "language": asked.options.language,
            "duration": round(seconds, 3),
            "segments": [_segment(number, segment) for number, segment in enumerate(found)],
        }
    yield msgspec.json.encode(body)


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    return {
        "id": number,
        "seek": segment.begin * 100 // LISTEN_RATE,
        "start": round(segment.begin / LISTEN_RATE, 3),
        "end": round(segment.end / LISTEN_RATE, 3),
        "text": segment.heard.text.strip(),
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(math.log(max(segment.heard.confidence, 1e-6)), 4),
        "compression_ratio": 1.0,
        "no_speech_prob": round(segment.heard.no_speech, 4),
    }
