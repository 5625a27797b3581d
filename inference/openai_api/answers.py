"""Answers that are made while they are sent, and stop being made when nobody listens any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from inference.errors import ParleyError
from inference.openai_api.problems import INTERNAL, ApiProblem, problem_of

log = logging.getLogger(__name__)

JSON = "application/json"
EVENTS = "text/event-stream"


def event(data: Any) -> bytes:
    """One server-sent event holding `data` as JSON."""
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


DONE = b"data: [DONE]\n\n"


class LiveAnswer(Response):
    """Sends what the generator gives. The status is decided by its first piece: an engine that fails
    before it is an HTTP error; after it, an error event, or a broken connection where the format has
    no room for one. When the client hangs up the generator is closed, which stops the engine."""

    def __init__(self, pieces: AsyncGenerator[bytes], media_type: str) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._pieces = pieces
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send_all(scope, receive, send))
        leaving = asyncio.ensure_future(_client_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished = sending.done()
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if finished:
            sending.result()

    async def _send_all(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces) as pieces:
            try:
                async for piece in pieces:
                    await self._send_piece(piece, send)
            except (ParleyError, ApiProblem) as error:
                problem = problem_of(error) if isinstance(error, ParleyError) else error
                log.warning("OpenAI request failed (%s): %s", problem.code, problem.message)
                await self._fail(problem, scope, receive, send)
            except (OSError, asyncio.CancelledError):
                raise
            except Exception:  # noqa: BLE001 - the worker-request edge: one request fails, the others go on
                log.exception("OpenAI request failed")
                await self._fail(INTERNAL, scope, receive, send)
            else:
                await self._send_piece(b"", send, last=True)

    async def _send_piece(self, piece: bytes, send: Send, *, last: bool = False) -> None:
        if not self._started:
            self._started = True
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": piece, "more_body": not last})

    async def _fail(self, problem: ApiProblem, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._started:
            self.status_code = problem.status
            await problem.response()(scope, receive, send)
        elif self.media_type == EVENTS:
            await self._send_piece(event(problem.body()), send)
            await self._send_piece(b"", send, last=True)
        # Otherwise the body stays unfinished and the server drops the connection: nobody takes it for whole.


async def _client_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
