"""How a worker stops: nobody new, time for those who are there, then the offer to leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from inference.announce import Announcer
from inference.client import connect, put_drain, worker_status
from inference.config import WorkerConfig
from inference.drain import Drain
from inference.errors import WorkerFull
from inference.events import LEAVING, Failed, ReplyDone, Text
from tests.inference.test_server import TEXT, TOKEN, worker


async def test_those_who_are_there_go_on_and_then_leave_between_two_turns() -> None:
    async with worker(drain_seconds=0.0) as url, connect(url, TOKEN, TEXT) as link:
        await put_drain(url, TOKEN, draining=True)
        with pytest.raises(WorkerFull, match="about to stop"):
            async with connect(url, TOKEN, TEXT):
                pass
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"{url}/ready")).json() == {"status": "draining"}
        assert (await worker_status(url, TOKEN))["draining"]
        await link.send(Text("Hello", "m1"))
        async with asyncio.timeout(5):
            kinds = []
            async for event in link:
                kinds.append(type(event))
                if isinstance(event, Failed) and ReplyDone in kinds:
                    assert (event.code, event.fatal) == (LEAVING, False)
                    break
        await put_drain(url, TOKEN, draining=False)
        async with connect(url, TOKEN, TEXT) as again:
            assert again.ready.resident


async def test_nobody_is_asked_to_leave_before_the_time_is_over_or_when_it_is_put_back() -> None:
    told: list[bool] = []
    drain = Drain(0.01, lambda: 1)
    drain.changed = lambda: told.append(drain.draining)
    drain.begin()
    drain.begin()
    assert (drain.draining, drain.leaving) == (True, False)
    drain.end()
    await asyncio.sleep(0.03)
    assert (drain.draining, drain.leaving) == (False, False)
    drain.begin()
    await asyncio.sleep(0.03)
    assert drain.leaving
    assert told == [True, False, True]


async def test_it_is_empty_when_the_last_has_gone() -> None:
    open_calls = [1, 1]
    drain = Drain(5, lambda: len(open_calls))
    drain.begin()
    waiting = asyncio.create_task(drain.empty())
    await asyncio.sleep(0)
    assert not waiting.done()
    open_calls.clear()
    async with asyncio.timeout(2):
        await waiting


@contextmanager
def a_web(heard: list[dict[str, Any]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append({**body, "path": self.path, "token": self.headers["Authorization"]})
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_web_is_told_at_once_and_at_the_end() -> None:
    heard: list[dict[str, Any]] = []
    with a_web(heard) as url:
        config = WorkerConfig(token=TOKEN, web_url=url, port=8123, url="http://me:8123")
        announcer = Announcer(config, lambda: {"name": "w", "news": len(heard)})
        running = asyncio.create_task(announcer.run())
        async with asyncio.timeout(5):
            while not heard:
                await asyncio.sleep(0.01)
            announcer.changed()
            while len(heard) < 2:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])
    assert [each["gone"] for each in heard] == [False, False, True]
    first = {"url": "http://me:8123", "port": 8123, "gone": False, "path": "/workers/announce/"}
    assert heard[0] == {**first, "status": {"name": "w", "news": 0}, "token": f"Bearer {TOKEN}"}


async def test_without_a_web_nothing_is_announced() -> None:
    await Announcer(WorkerConfig(token=TOKEN), dict).run()
