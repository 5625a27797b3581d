from __future__ import annotations

import asyncio
from typing import Any

import pytest

from channels_io.hook_gate import HookGate, most_of
from channels_io.hooks import MAX_BODY


class Asked:
    """The application behind the gate, and both ends of the wire."""

    def __init__(self, *chunks: bytes, silent: bool = False, gone: bool = False) -> None:
        self.chunks = list(chunks)
        self.silent, self.gone = silent, gone
        self.bodies: list[bytes] = []
        self.taken = 0
        self.sent: list[dict[str, Any]] = []
        self.after: Any = None

    async def receive(self) -> dict[str, Any]:
        if self.chunks:
            self.taken += 1
            chunk = self.chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks) or self.silent or self.gone}
        if self.silent:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        self.bodies.append(body)
        self.after = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def through(self, path: str = "/hooks/x/", *, length: str | None = None, kind: str = "http") -> None:
        headers = [] if length is None else [(b"content-length", length.encode())]
        gate = HookGate(self.application, seconds=0.05)
        await gate({"type": kind, "path": path, "headers": headers}, self.receive, self.send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


async def test_a_body_within_the_limit_comes_whole_and_what_follows_too() -> None:
    asked = Asked(b"a" * 1000, b"b" * (MAX_BODY - 1000))
    await asked.through(length=str(MAX_BODY))
    assert asked.bodies == [b"a" * 1000 + b"b" * (MAX_BODY - 1000)]
    assert asked.after == {"type": "http.disconnect"}
    assert asked.status == 200


@pytest.mark.parametrize("length", [str(MAX_BODY + 1), "99999999999999", "-1", "x", "1e3"])
async def test_what_announces_too_much_is_not_read(length: str) -> None:
    asked = Asked(b"a")
    await asked.through(length=length)
    assert (asked.status, asked.taken, asked.bodies) == (403, 0, [])
    assert (b"connection", b"close") in asked.sent[0]["headers"]


async def test_what_announces_nothing_is_cut_at_the_limit() -> None:
    asked = Asked(*[b"a" * 10_000] * 100)
    await asked.through()
    assert (asked.status, asked.bodies) == (403, [])
    assert asked.taken == MAX_BODY // 10_000 + 1


async def test_what_lies_about_its_length_is_cut_too() -> None:
    asked = Asked(*[b"a" * 10_000] * 100)
    await asked.through(length="10")
    assert asked.status == 403


async def test_who_sends_too_slowly_is_cut() -> None:
    asked = Asked(b"a", silent=True)
    await asked.through(length="100")
    assert (asked.status, asked.bodies) == (403, [])


async def test_who_goes_away_reaches_nobody() -> None:
    asked = Asked(b"a", gone=True)
    await asked.through(length="100")
    assert asked.bodies == []


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/", "http"), ("/hooks/x/", "websocket"), ("/hook/", "http")])
async def test_nothing_else_is_touched(path: str, kind: str) -> None:
    asked = Asked(b"a" * (MAX_BODY + 1))
    await asked.through(path, length=str(MAX_BODY + 1), kind=kind)
    assert asked.bodies == [b"a" * (MAX_BODY + 1)]


def test_a_kind_may_take_more() -> None:
    assert most_of("/hooks/whatsapp_cloud/ch_1/webhook/") == 3 * 1024 * 1024
    assert most_of("/hooks/twilio_voice/ch_1/voice/") == MAX_BODY
    assert most_of("/hooks/nobody/") == MAX_BODY
    assert most_of("/hooks/") == MAX_BODY


async def test_more_is_taken_where_the_kind_says_so() -> None:
    asked = Asked(b"a" * (MAX_BODY + 1))
    await asked.through("/hooks/whatsapp_cloud/ch_1/webhook/", length=str(MAX_BODY + 1))
    assert asked.bodies == [b"a" * (MAX_BODY + 1)]
