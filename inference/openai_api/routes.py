"""Where the endpoints are, and the small ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inference.engines.base import EngineInfo
from inference.openai_api.chat import chat_completions
from inference.openai_api.problems import ApiProblem
from inference.openai_api.serving import Endpoint, Serving
from inference.openai_api.speech import speech
from inference.openai_api.transcription import transcriptions
from inference.openai_api.voices import learn_voice

if TYPE_CHECKING:
    from inference.pool import Pool

SERVED_ROLES = frozenset({"chat", "synthesizer", "transcriber"})


def routes(pool: Pool) -> list[Route]:
    """The OpenAI dialect over these engines. Whoever mounts them guards them with a token."""
    serving = Serving(pool)

    def route(path: str, answer: Any, method: str) -> Route:
        return Route(path, Endpoint(serving, path, answer), methods=[method])

    return [
        route("/v1/chat/completions", chat_completions, "POST"),
        route("/v1/audio/speech", speech, "POST"),
        route("/v1/audio/voices", learn_voice, "POST"),
        route("/v1/audio/transcriptions", transcriptions, "POST"),
        route("/v1/embeddings", embeddings, "POST"),
        route("/v1/models", models, "GET"),
        route("/v1/models/{model:path}", model, "GET"),
    ]


async def embeddings(serving: Serving, request: Request) -> Response:
    raise ApiProblem(
        "This worker has no embedding model configured.", status=501, code="no_embedding_model", param="model"
    )


async def models(serving: Serving, request: Request) -> Response:
    return _json({"object": "list", "data": [_model(info) for info in _served(serving)]})


async def model(serving: Serving, request: Request) -> Response:
    wanted = request.path_params["model"]
    for info in _served(serving):
        if wanted == info.model:
            return _json(_model(info))
    raise ApiProblem(f"There is no model {wanted!r}.", status=404, code="model_not_found", param="model")


def _served(serving: Serving) -> list[EngineInfo]:
    return [info for info in serving.pool.infos() if info.role in SERVED_ROLES]


def _model(info: EngineInfo) -> dict[str, Any]:
    """The fields of OpenAI, and what this engine says of itself."""
    return {
        "id": info.model,
        "object": "model",
        "created": 0,
        "owned_by": "parley",
        "role": info.role,
        "engine": info.kind,
        "languages": info.languages,
        "voices": info.voices,
        "rate": info.rate,
        "licence": info.licence,
        "clones": info.clones,
    }


def _json(body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")
