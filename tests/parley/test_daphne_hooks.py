"""Over Twisted's own wire in memory: what Daphne is handed, and when it stops taking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from daphne import http_protocol
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from channels_io.hook_gate import SECONDS
from channels_io.hooks import MAX_BODY
from parley import daphne_hooks


class Server:
    """As much of Daphne as a request meets; `asked` are the requests that reach an application."""

    proxy_forwarded_address_header = None
    root_path = ""
    request_buffer_size = 8192

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.requests: list[Any] = []

    def protocol_connected(self, protocol: Any) -> None: ...

    def protocol_disconnected(self, protocol: Any) -> None: ...

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> None:
        self.asked.append(scope["path"])
        self.requests.append(protocol)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(daphne_hooks, "call_later", clock.callLater)
    monkeypatch.setattr(http_protocol, "WebRequest", daphne_hooks.HookRequest)
    yield clock
    assert not clock.getDelayedCalls()


class Line:
    def __init__(self) -> None:
        self.server = Server()
        factory = http_protocol.HTTPFactory(self.server)
        self.protocol: Any = factory.buildProtocol(None)
        self.protocol.timeOut = None
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        self.protocol.dataReceived(data)

    def post(self, path: str, length: int | None, body: bytes = b"") -> None:
        told = b"Transfer-Encoding: chunked" if length is None else b"Content-Length: %d" % length
        self.send(b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n%s" % (path.encode(), told, body))

    def go(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))

    @property
    def cut(self) -> bool:
        return bool(self.transport.value().startswith(b"HTTP/1.1 403") and self.transport.disconnecting)


def test_a_webhook_within_the_limit_is_asked_for(clock: Clock) -> None:
    line = Line()
    line.post("/hooks/x/", MAX_BODY, b"a" * MAX_BODY)
    assert (line.server.asked, line.cut) == (["/hooks/x/"], False)


def test_what_announces_too_much_is_cut_at_its_headers(clock: Clock) -> None:
    line = Line()
    line.post("/hooks/x/", MAX_BODY + 1)
    assert (line.server.asked, line.cut) == ([], True)


def test_all_bodies_together_are_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daphne_hooks, "HELD", 10)
    monkeypatch.setattr(daphne_hooks.HookRequest, "held", 0)
    first, second = Line(), Line()
    first.post("/hooks/x/", 20, b"a" * 8)
    second.post("/hooks/x/", 20, b"a" * 8)
    assert (first.cut, second.cut) == (False, True)
    second.go()
    first.go()
    assert daphne_hooks.HookRequest.held == 0
    third = Line()
    third.post("/hooks/x/", 8, b"a" * 8)
    assert third.server.asked == ["/hooks/x/"]
    third.go()


def test_what_announces_nothing_is_cut_at_the_limit(clock: Clock) -> None:
    line = Line()
    line.post("/hooks/x/", None)
    piece = b"%x\r\n%s\r\n" % (8192, b"a" * 8192)
    for _ in range(MAX_BODY // 8192):
        line.send(piece)
    assert not line.cut
    line.send(piece)
    assert (line.server.asked, line.cut) == ([], True)
    line.go()


def test_what_comes_too_slowly_is_cut(clock: Clock) -> None:
    line = Line()
    line.post("/hooks/x/", 100, b"a")
    clock.advance(SECONDS - 0.1)
    line.send(b"a")
    assert not line.cut
    clock.advance(0.2)
    assert (line.server.asked, line.cut) == ([], True)


def test_who_goes_away_leaves_no_deadline(clock: Clock) -> None:
    line = Line()
    line.post("/hooks/x/", 100, b"a")
    line.go()
    assert line.server.asked == []


def test_a_handshake_has_no_body_and_no_deadline(clock: Clock) -> None:
    line = Line()
    line.send(b"GET /hooks/x/?hub.mode=subscribe HTTP/1.1\r\nHost: x\r\n\r\n")
    assert line.server.asked == ["/hooks/x/"]


@pytest.mark.parametrize(
    ("asked", "logged"),
    [
        ("/hooks/whatsapp_cloud/ch_1/webhook/?hub.verify_token=secret", "/hooks/whatsapp_cloud/ch_1/webhook/"),
        ("/hooks/twilio_messaging/ch_1/media/ticket/", "/hooks/twilio_messaging/ch_1/media/"),
        ("/agents/?page=2", "/agents/?page=2"),
    ],
)
def test_what_is_logged_of_an_address(clock: Clock, asked: str, logged: str) -> None:
    line = Line()
    line.send(f"GET {asked} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    [request] = line.server.requests
    request.finish()
    assert request.uri.decode() == logged


def test_nothing_else_is_bounded(clock: Clock) -> None:
    line = Line()
    line.post("/api/v1/", 90_000, b"a" * 45_000)
    clock.advance(60)
    line.send(b"a" * 45_000)
    assert (line.server.asked, line.cut) == (["/api/v1/"], False)
