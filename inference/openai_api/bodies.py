"""Request bodies: bounded, decoded, checked. Whatever is wrong with them is an ApiProblem."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TypeVar

import msgspec
from starlette.requests import Request

from inference.openai_api.problems import ApiProblem

MAX_JSON_BYTES = 1 << 20
MAX_AUDIO_BYTES = 25 << 20
FORM_OVERHEAD_BYTES = 64 << 10

Body = TypeVar("Body")


class BoundedRequest(Request):
    """A request whose body may have `limit` bytes: the first byte more ends it, whatever was announced."""

    def __init__(self, request: Request, limit: int) -> None:
        super().__init__(request.scope, request.receive)
        self._limit = limit

    async def stream(self) -> AsyncGenerator[bytes]:
        announced = self.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._limit:
            raise self._too_large()
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size > self._limit:
                raise self._too_large()
            yield chunk

    def _too_large(self) -> ApiProblem:
        return ApiProblem(
            f"The request is too large: at most {self._limit:,} bytes are allowed.",
            status=413,
            code="request_too_large",
        )


async def json_body(request: Request, kind: type[Body]) -> Body:
    """The JSON body as `kind`. Wrong types are told with the path of the field."""
    data = await BoundedRequest(request, MAX_JSON_BYTES).body()
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise ApiProblem(message, param=path.strip("`.") or None, code="invalid_type") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiProblem(f"The body is not valid JSON: {error}", code="invalid_json") from error


def clean_text(text: str, param: str) -> str:
    """`text` if it is text: NUL and lone surrogates are refused."""
    if "\x00" in text:
        raise ApiProblem("Text must not contain NUL characters.", param=param, code="invalid_text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ApiProblem("Text must not contain lone surrogates.", param=param, code="invalid_text") from error
    return text


def within(value: float | None, low: float, high: float, param: str) -> None:
    """Refuse a number outside [low, high]; None is fine."""
    if value is not None and not low <= value <= high:
        raise ApiProblem(f"'{param}' must be between {low:g} and {high:g}.", param=param, code="out_of_range")
