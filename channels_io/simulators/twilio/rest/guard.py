"""What every request passes: the account's credentials, a record of it, faults; and what every answer looks like."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels_io.simulators.twilio.errors import RestError
from channels_io.simulators.twilio.faults import RestFault
from channels_io.simulators.twilio.phone import now
from channels_io.simulators.twilio.records import RestRecord, flat
from channels_io.simulators.twilio.signing import TOKEN_HEADER
from channels_io.simulators.twilio.world import World

TIME_OUT_SECONDS = 60.0
"""So long a request that is never answered is kept open, unless the client leaves."""
PAGE_SIZE, LARGEST_PAGE = 50, 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """`form` and `query`: repeated names joined by blanks; `several`: the values of a repeated name of the form."""

    path: Mapping[str, str]
    form: dict[str, str]
    query: dict[str, str]
    several: Mapping[str, list[str]]
    body: Any
    """JSON, where the request carried it."""
    url_path: str


Answer = dict[str, Any] | Response
Handler = Callable[[World, Asked], Awaitable[Answer]]


def route(world: World, path: str, *, public: bool = False, **handlers: Handler) -> Route:
    """`handlers` by method: get=..., post=..., delete=... A POST that makes something answers 201."""
    methods = {name.upper(): handler for name, handler in handlers.items()}

    async def endpoint(request: Request) -> Response:
        return await _serve(world, methods[request.method], request, public=public)

    return Route(path, endpoint, methods=list(methods))


async def _serve(world: World, handler: Handler, request: Request, *, public: bool) -> Response:
    record = RestRecord(request.method, request.url.path, {}, now(), token=request.headers.get(TOKEN_HEADER, ""))
    world.requests.append(record)
    try:
        if not public:
            _check_account(world, request)
        asked = await _asked(request)
        record.params = asked.form or asked.query
        fault = world.exchange.chance.of_request() if _creates(request) else None
        if fault is not None:
            record.fault = fault
            world.exchange.hooks.faulted.append((now(), fault, "rest", request.url.path))
        answer = await _answer(world, handler, asked, request, fault)
    except RestError as error:
        record.code = error.code
        answer = error.response()
    record.status = answer.status_code
    return answer


async def _answer(world: World, handler: Handler, asked: Asked, request: Request, fault: RestFault | None) -> Response:
    if fault == "server_error":
        raise RestError(20503)
    if fault == "too_many":
        raise RestError(20429)
    found = await handler(world, asked)
    if fault == "accept_then_time_out":
        await _never_answer(request)
        return Response(status_code=504)
    if isinstance(found, Response):
        return found
    return JSONResponse(found, 201 if _creates(request) else 200)


async def _never_answer(request: Request) -> None:
    ends = now() + TIME_OUT_SECONDS
    while now() < ends and not await request.is_disconnected():  # noqa: ASYNC110 - it can only be asked
        await asyncio.sleep(0.05)


def _creates(request: Request) -> bool:
    """Collections take new things; a path that ends in the id of one changes it."""
    last = request.url.path.rsplit("/", 1)[-1].removesuffix(".json")
    return request.method == "POST" and last in {"Calls", "Messages", "Recordings", "Participants", "Content"}


def _check_account(world: World, request: Request) -> None:
    scheme, _, words = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(words, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise RestError(20003) from None
    if scheme.lower() != "basic" or not world.knows(user, password):
        raise RestError(20003)
    account = request.path_params.get("account")
    if account is not None and account != world.account_sid:
        raise RestError(20404, request.url.path)


async def _asked(request: Request) -> Asked:
    several: dict[str, list[str]] = {}
    body: Any = None
    if request.method == "POST":
        if request.headers.get("content-type", "").startswith("application/json"):
            try:
                body = msgspec.json.decode(await request.body())
            except msgspec.DecodeError as error:
                raise RestError(20001, str(error)) from error
        else:
            async with request.form() as form:
                for name, value in form.multi_items():
                    several.setdefault(name, []).append(str(value))
    form_items = [(name, value) for name, values in several.items() for value in values]
    return Asked(
        dict(request.path_params), flat(form_items), flat(request.query_params.multi_items()), several, body, request.url.path
    )  # fmt: skip


def page_of(
    asked: Asked, key: str, rows: Iterable[Any], shape: Callable[[Any], dict[str, Any]] = dict
) -> dict[str, Any]:
    """One page of a list, newest first as they are given. `shape` is asked for what is shown only."""
    everything = list(rows)
    size = min(LARGEST_PAGE, max(1, _whole(asked.query.get("PageSize"), PAGE_SIZE)))
    number = _whole(asked.query.get("Page"), 0)
    start = number * size
    shown = everything[start : start + size]
    more = start + size < len(everything)
    return {
        key: [shape(row) for row in shown],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(0, len(shown) - 1),
        "uri": _uri(asked, number, size),
        "first_page_uri": _uri(asked, 0, size),
        "next_page_uri": _uri(asked, number + 1, size) if more else None,
        "previous_page_uri": _uri(asked, number - 1, size) if number else None,
    }


def _uri(asked: Asked, number: int, size: int) -> str:
    return f"{asked.url_path}?{urlencode({**asked.query, 'PageSize': size, 'Page': number})}"


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
