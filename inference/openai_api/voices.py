"""POST /v1/audio/voices?model=NAME: a voice by its sample. Not in OpenAI's dialect."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from inference.cloning import MOST_SAMPLE_BYTES, clone_name
from inference.engines.base import LearnsVoices
from inference.errors import EngineError
from inference.openai_api.bodies import BoundedRequest, clean_text
from inference.openai_api.problems import ApiProblem
from inference.openai_api.serving import Serving


async def learn_voice(serving: Serving, request: Request) -> Response:
    """The body is a WAV. Answers {"voice": the name that /v1/audio/speech then takes}; again is nothing."""
    synthesizer = serving.pool.synthesizer(clean_text(request.query_params.get("model", ""), "model"))
    if not synthesizer.info.clones or not isinstance(synthesizer, LearnsVoices):
        raise ApiProblem(
            f"{synthesizer.info.model} speaks only in voices of its own.", param="model", code="voices_not_learned"
        )
    wav = await BoundedRequest(request, MOST_SAMPLE_BYTES).body()
    if not wav.startswith(b"RIFF"):
        raise ApiProblem("The body must be a WAV file.", code="voice_sample")
    name = clone_name(wav)
    try:
        await synthesizer.learn(name, wav)
    except EngineError as error:
        if error.code == "voice_sample":
            raise ApiProblem(error.message, code=error.code) from error
        raise
    return Response(msgspec.json.encode({"voice": name}), media_type="application/json")
