"""OpenAI error objects: one shape for everything that can go wrong."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from inference.errors import (
    EngineNotReady,
    EngineTimeout,
    ParleyError,
    ProtocolError,
    UnknownEngine,
    WorkerFull,
)


class ApiProblem(Exception):
    """A request this API answers with an error object. `code` is stable; `param` names the field."""

    def __init__(
        self, message: str, *, status: int = 400, code: str = "invalid_value", param: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param

    @property
    def kind(self) -> str:
        match self.status:
            case 404:
                return "not_found_error"
            case 429:
                return "rate_limit_error"
            case status if status >= 500:
                return "server_error"
            case _:
                return "invalid_request_error"

    def body(self) -> dict[str, object]:
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def response(self) -> Response:
        headers = {"Retry-After": "1"} if self.status in (429, 503) else None
        return Response(msgspec.json.encode(self.body()), self.status, media_type="application/json", headers=headers)


def problem_of(error: ParleyError) -> ApiProblem:
    """A worker's failure as this API tells it."""
    match error:
        case UnknownEngine():
            return ApiProblem(error.message, status=404, code="model_not_found", param="model")
        case EngineNotReady():
            return ApiProblem(error.message, status=503, code=error.code)
        case EngineTimeout():
            return ApiProblem(error.message, status=504, code=error.code)
        case WorkerFull():
            return ApiProblem(error.message, status=429, code=error.code)
        case ProtocolError():
            return ApiProblem(error.message, status=400, code=error.code)
        case _:
            return ApiProblem(error.message, status=500, code=error.code)


INTERNAL = ApiProblem("The worker failed in this request; its log has the cause.", status=500, code="internal")
