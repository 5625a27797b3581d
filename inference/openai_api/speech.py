"""POST /v1/audio/speech."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from inference.audio import Resampler, Samples
from inference.cloning import is_clone
from inference.engines.base import EngineInfo, Synthesizer
from inference.events import RATES
from inference.openai_api.answers import EVENTS, LiveAnswer, event
from inference.openai_api.bodies import clean_text, json_body, within
from inference.openai_api.codecs import MEDIA_TYPES, PLAIN, RATE, Encoder, encoder
from inference.openai_api.problems import ApiProblem
from inference.openai_api.serving import Serving
from inference.spec import VoiceSpec
from inference.text import clauses

MAX_INPUT_CHARS = 4096
_NOTHING: Samples = np.zeros(0, np.int16)


class VoiceId(Struct):
    id: str


class SpeechRequest(Struct):
    model: str
    input: str
    voice: str | VoiceId = ""
    response_format: str = "mp3"
    speed: float = 1.0
    stream_format: Literal["audio", "sse"] | None = None
    sample_rate: int = RATE
    """Not in OpenAI's dialect: the rate of wav and pcm, told again in the header `x-sample-rate`."""
    language: str = ""
    """Not in OpenAI's dialect: the language of the text, for its numbers and dates, and for voices of several."""


async def speech(serving: Serving, request: Request) -> Response:
    asked = await json_body(request, SpeechRequest)
    synthesizer = serving.pool.synthesizer(asked.model)
    text = clean_text(asked.input, "input")
    if not text.strip():
        raise ApiProblem("There is nothing to say: 'input' is empty.", param="input")
    if len(text) > MAX_INPUT_CHARS:
        raise ApiProblem(
            f"'input' may have at most {MAX_INPUT_CHARS} characters.", param="input", code="string_too_long"
        )
    within(asked.speed, 0.25, 4, "speed")
    if asked.response_format not in MEDIA_TYPES:
        raise ApiProblem(
            f"'response_format' must be one of {', '.join(MEDIA_TYPES)}.",
            param="response_format",
            code="unsupported_format",
        )
    if asked.sample_rate != RATE and (asked.sample_rate not in RATES or asked.response_format not in PLAIN):
        raise ApiProblem(
            f"'sample_rate' may be one of {', '.join(map(str, RATES))}, for wav and pcm only.",
            param="sample_rate",
            code="unsupported_value",
        )
    voice = VoiceSpec(synthesizer.info.kind, _voice(asked, synthesizer.info), asked.speed, asked.language)
    sink = await asyncio.to_thread(encoder, asked.response_format, asked.sample_rate)
    language = asked.language or (synthesizer.info.languages[0] if synthesizer.info.languages else "en")
    audio = _encoded(_samples(synthesizer, _spoken(text, language), voice, asked.sample_rate), sink)
    if asked.stream_format == "sse":
        return LiveAnswer(_events(audio), EVENTS)
    answer = LiveAnswer(audio, MEDIA_TYPES[asked.response_format])
    answer.headers["x-sample-rate"] = str(asked.sample_rate)
    return answer


def _voice(asked: SpeechRequest, info: EngineInfo) -> str:
    name = clean_text(asked.voice.id if isinstance(asked.voice, VoiceId) else asked.voice, "voice")
    if not info.voices:
        return name or VoiceSpec().name
    if name in ("", "default"):
        return info.voices[0]
    if name not in info.voices and not (info.clones and is_clone(name)):
        raise ApiProblem(
            f"There is no voice {name!r}; there is {', '.join(info.voices)}.", param="voice", code="voice_not_found"
        )
    return name


async def _samples(
    synthesizer: Synthesizer, spoken: AsyncGenerator[str], voice: VoiceSpec, rate: int
) -> AsyncGenerator[Samples]:
    """The speech at `rate`, as the voice gives it."""
    resampler: Resampler | None = None
    async with aclosing(spoken) as lines, aclosing(synthesizer.speak(lines, voice)) as pieces:
        async for piece in pieces:
            if resampler is None:
                resampler = Resampler(piece.frame.rate, rate)
            yield resampler.feed(piece.frame.samples)
    if resampler is not None and resampler.source_rate != rate:
        yield resampler.feed(_NOTHING, last=True)


async def _spoken(text: str, language: str) -> AsyncGenerator[str]:
    async with aclosing(_one(text)) as deltas, aclosing(clauses(deltas, language=language)) as lines:
        async for clause in lines:
            if clause.spoken:
                yield clause.spoken


async def _one(text: str) -> AsyncGenerator[str]:
    yield text


async def _encoded(pieces: AsyncGenerator[Samples], sink: Encoder) -> AsyncGenerator[bytes]:
    """The file, as it grows. Encoding runs beside the event loop, which carries live calls."""
    async with aclosing(pieces):
        async for samples in pieces:
            if data := await asyncio.to_thread(sink.feed, samples):
                yield data
    if data := await asyncio.to_thread(sink.finish):
        yield data


async def _events(audio: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(audio) as pieces:
        async for data in pieces:
            yield event({"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()})
    usage: dict[str, Any] = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    yield event({"type": "speech.audio.done", "usage": usage})
