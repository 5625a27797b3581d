"""What the endpoints share: the pool, and how many requests may be in progress at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from inference import metrics
from inference.errors import ParleyError
from inference.openai_api.kept_streams import KeptStreams
from inference.openai_api.problems import ApiProblem, problem_of

if TYPE_CHECKING:
    from inference.pool import Pool

MAX_REQUESTS = 16
"""Requests in progress at once. One more is refused: live conversations share these engines."""


class Serving:
    """The pool behind the endpoints, and their places."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.conversations = KeptStreams()
        self._in_progress = 0

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """A place for one request. Raises ApiProblem(429) at once when there is none."""
        if self._in_progress >= MAX_REQUESTS:
            raise ApiProblem(
                f"{MAX_REQUESTS} requests are in progress: try again in a moment.", status=429, code="worker_busy"
            )
        self._in_progress += 1
        try:
            yield
        finally:
            self._in_progress -= 1


Answer = Callable[[Serving, Request], Awaitable[Response]]


class Endpoint:
    """An ASGI endpoint: takes a place, answers, turns every known failure into an error object."""

    def __init__(self, serving: Serving, path: str, answer: Answer) -> None:
        self._serving = serving
        self._path = path
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._serving.place():
                response = await self._response(Request(scope, receive))
                await response(scope, receive, send)
        except ApiProblem as problem:
            response = problem.response()
            await response(scope, receive, send)
        except ClientDisconnect:
            return
        metrics.openai_answered(self._path, response.status_code)

    async def _response(self, request: Request) -> Response:
        try:
            return await self._answer(self._serving, request)
        except ApiProblem as problem:
            return problem.response()
        except ParleyError as error:
            return problem_of(error).response()
