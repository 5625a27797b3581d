"""The desk over ASGI by hand: threads that keep their connection, bounds, and what Django gets after all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch

from channels_io import hook_desk
from channels_io.hook_desk import HookDesk
from channels_io.hooks import hook

View = Callable[..., Any]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., HookDesk]]:
    """A desk whose every webhook is `view`."""
    desks: list[HookDesk] = []

    async def django(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})

    def made(view: View, **options: Any) -> HookDesk:
        monkeypatch.setattr(hook_desk, "resolve", lambda path: ResolverMatch(view, (), {}, route="hooks/test/"))
        desks.append(HookDesk(django, **options))
        return desks[-1]

    yield made
    for desk in desks:
        desk.close()


async def post(desk: HookDesk, body: bytes = b"", path: str = "/hooks/test/") -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"a=1", "headers": []}
    await desk(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), content


async def test_a_webhook_is_answered(serve: Callable[..., HookDesk]) -> None:
    @hook
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.read() + request.GET["a"].encode(), content_type="text/plain", status=202)

    status, headers, content = await post(serve(view), b"said ")
    assert (status, content) == (202, b"said 1")
    assert (headers[b"content-type"], headers[b"content-length"]) == (b"text/plain", b"6")
    assert headers[b"x-content-type-options"] == b"nosniff"


async def test_everything_else_is_djangos(serve: Callable[..., HookDesk], monkeypatch: pytest.MonkeyPatch) -> None:
    async def later(request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")

    desk = serve(later)
    assert (await post(desk))[0] == 418, "an async view"
    assert (await post(desk, path="/agents/"))[0] == 418
    monkeypatch.undo()
    assert (await post(desk, path="/hooks/nobody/"))[0] == 418


async def test_a_bug_is_500_and_in_the_log(serve: Callable[..., HookDesk], caplog: pytest.LogCaptureFixture) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError("of ours")

    assert (await post(serve(view)))[0] == 500
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.django_db(transaction=True)
async def test_a_thread_keeps_its_connection_and_looks_at_an_idle_one(serve: Callable[..., HookDesk]) -> None:
    lines: list[int] = []

    @hook
    def view(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            lines.append(cursor.fetchone()[0])
        if request.read() == b"break it":
            connection.connection.close()
        return HttpResponse("ok")

    clock = Clock()
    desk = serve(view, threads=1, clock=clock)
    assert (await post(desk))[0] == (await post(desk, b"break it"))[0] == 200
    clock.now += hook_desk.IDLE_SECONDS + 0.1
    assert (await post(desk))[0] == 200
    await asyncio.to_thread(desk.close)
    assert (await post(desk))[0] == 200
    assert lines[0] == lines[1]
    assert len({*lines}) == 3


async def test_there_is_an_end_to_waiting(serve: Callable[..., HookDesk], monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go = threading.Event(), threading.Event()

    def view(request: HttpRequest) -> HttpResponse:
        inside.set()
        go.wait(20)
        return HttpResponse("ok")

    clock = Clock()
    desk = serve(view, threads=1, waiting=1, clock=clock)
    first = asyncio.create_task(post(desk))
    await asyncio.to_thread(inside.wait, 20)
    second = asyncio.create_task(post(desk))
    await asyncio.sleep(0)
    status, headers, _ = await post(desk)
    assert (status, headers[b"retry-after"]) == (503, b"5"), "no room to wait"
    clock.now += hook_desk.TURN_SECONDS + 0.1
    go.set()
    assert (await first)[0] == 200
    assert (await second)[0] == 503, "it waited too long"
    assert (await post(desk))[0] == 200
