"""Answers webhooks beside Django's request cycle, on a few threads that keep their database connection.

Under ASGI Django gives every request a thread of its own, and with it a new connection to the database; then come
sessions, users and languages, which a webhook has none of. A carrier that sends a hundred a second pays for all that.
What is no webhook, or has an async view, goes on to Django.
"""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from typing import Any, Final, cast

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.exception import convert_exception_to_response
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

from channels_io.hook_gate import PATH
from channels_io.hooks import not_now
from parley import metrics

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

THREADS: Final = 12
"""Webhooks that ask the database at the same time: more would only make each other slow, and use its connections up."""
WAITING: Final = 400
"""So many more may wait for a thread; the next are told to come again."""
TURN_SECONDS: Final = 8.0
"""Who has waited longer than this is told to come again: soon the carrier would have given up."""
IDLE_SECONDS: Final = 1.0
"""A connection that nobody used for so long is looked at before it is used: the database may have been restarted."""


class HookDesk:
    """`application`, with webhooks taken out of its hands. Expects a body in one piece (`HookGate`)."""

    def __init__(
        self,
        application: Application,
        *,
        threads: int = THREADS,
        waiting: int = WAITING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._threads, self._most = threads, threads + waiting
        self._clock = clock
        self._open = 0
        self._pool: ThreadPoolExecutor | None = None
        self._lines: list[Any] = []
        self._own = threading.local()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _view_of(scope)
        if found is None:
            await self._application(scope, receive, send)
            return
        message = await receive()
        if message["type"] != "http.request":
            return
        await _send(await self._answer(scope, message.get("body", b""), found), send)

    def close(self) -> None:
        """Until the threads have ended and their connections are closed. The next webhook begins anew."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True)
        while self._lines:
            self._lines.pop().close()

    async def _answer(self, scope: Scope, body: bytes, found: ResolverMatch) -> HttpResponseBase:
        if self._open >= self._most:
            return not_now("there are too many at once")
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="parley-hook")
        self._open += 1
        try:
            asked = (scope, body, found, self._clock())
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._work, *asked)
        finally:
            self._open -= 1

    # --- in a thread ----------------------------------------------------------------------------

    def _work(self, scope: Scope, body: bytes, found: ResolverMatch, since: float) -> HttpResponseBase:
        if self._clock() - since > TURN_SECONDS:
            return not_now("it waited too long for its turn")
        self._look_at_line()
        try:
            return _answered(scope, body, found)
        finally:
            self._own.used = self._clock()

    def _look_at_line(self) -> None:
        """This thread's connection: never closed for its age, and looked at when it may have gone stale."""
        line: Any = connections[DEFAULT_DB_ALIAS]
        used = getattr(self._own, "used", None)
        if used is None:
            line.settings_dict = {**line.settings_dict, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
            line.inc_thread_sharing()  # `close` is called from another thread.
            self._lines.append(line)
        elif line.errors_occurred or self._clock() - used > IDLE_SECONDS:
            line.close_if_unusable_or_obsolete()


def _view_of(scope: Scope) -> ResolverMatch | None:
    """None: Django's business."""
    if scope["type"] != "http" or not scope["path"].startswith(PATH):
        return None
    try:
        found = resolve(scope["path"])
    except Resolver404:
        return None
    return None if iscoroutinefunction(found.func) else found


def _answered(scope: Scope, body: bytes, found: ResolverMatch) -> HttpResponseBase:
    started = time.perf_counter()

    def view(request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
        return answer

    request = ASGIRequest(scope, io.BytesIO(body))
    request.resolver_match = found
    # What Django makes of whatever a view raises: 404, 400, and 500 with its line in the log.
    answer = cast(HttpResponseBase, convert_exception_to_response(view)(request))
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    metrics.count_request(found.route, scope["method"], answer.status_code, time.perf_counter() - started)
    return answer


async def _send(answer: HttpResponseBase, send: Send) -> None:
    content = bytes(answer.getvalue())
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if "Content-Length" not in answer.headers:
        headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": content})
    answer.close()
