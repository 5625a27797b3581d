"""Runs a request: builds it, sends it, repeats it where that does no harm, and says what became of it.

Never raises for what a server, a name or an argument does wrong: every call has an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.tools.answer import TOOL_CHARS, ToolAnswer, answer_of, failure
from agents.tools.build import build_request, origin_of
from agents.tools.shapes import HttpRequest, Pick
from agents.tools.template import TemplateRefused
from parley.lib.breaker import Breaker
from parley.lib.egress import EgressRefused
from parley.lib.env import EnvironmentProblem
from parley.lib.outbound import IDEMPOTENT, Caps, OutboundClient, OutboundFailed, Request, Response, outbound_client

logger = logging.getLogger(__name__)

TRY_AGAIN: Final = (429, 502, 503, 504)
FIRST_PAUSE: Final = 0.2
BREAKER = Breaker()
"""Of this process, by workspace and server."""


async def run_request(
    request: HttpRequest,
    arguments: Mapping[str, Any],
    *,
    secret: str = "",
    picks: Sequence[Pick] = (),
    once: str = "",
    breaker_name: str = "",
    limit: int = TOOL_CHARS,
    client: OutboundClient | None = None,
) -> ToolAnswer:
    """Codes of failure: those of TemplateRefused, EgressRefused and OutboundFailed, http_error, resting."""
    name = f"{breaker_name} {origin_of(request.url)}" if breaker_name else ""
    if name and not BREAKER.lets(name):
        return failure("resting", "The server failed several times and is left alone for a moment.")
    try:
        built = build_request(request, arguments, secret=secret, once=once)
        response = await _send(client or outbound_client(), built, request)
    except (TemplateRefused, EgressRefused) as error:
        return failure(error.code, error.message)
    except EnvironmentProblem as error:
        logger.error("Nothing is sent out: %s", error)
        return failure("address_refused", "This server's rule for connections cannot be read.")
    except OutboundFailed as error:
        if name:
            BREAKER.failed(name)
        return failure(error.code, error.message)
    if name and response.status >= 500:
        BREAKER.failed(name)
    elif name:
        BREAKER.worked(name)
    return answer_of(response, picks, limit)


async def _send(client: OutboundClient, built: Request, request: HttpRequest) -> Response:
    """Raises what the client raises, once no try is left or the time is over."""
    tries = 1 + (request.retries if request.method in IDEMPOTENT else 0)
    try:
        async with asyncio.timeout(request.timeout):
            for number in range(1, tries + 1):
                try:
                    response = await client.send(built, Caps(seconds=request.timeout))
                except OutboundFailed as error:
                    if number == tries or error.code in ("too_large", "bad_redirect", "too_many_redirects"):
                        raise
                else:
                    if number == tries or response.status not in TRY_AGAIN:
                        return response
                await asyncio.sleep(FIRST_PAUSE * 2 ** (number - 1))
    except TimeoutError as error:
        raise OutboundFailed("The server did not answer in time.", code="timeout") from error
    raise AssertionError("a last try returns or raises")
