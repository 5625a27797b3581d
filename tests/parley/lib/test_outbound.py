from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from pytest_django.fixtures import Settings

from parley.lib.egress import EgressRefused, allowed_of
from parley.lib.outbound import Caps, OutboundClient, OutboundFailed, Request, outbound_client
from tests.support.hostile_urls import HOSTILE_URLS

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Listener:
    """A server on loopback that notes every connection and what came over it."""

    port: int = 0
    replies: list[bytes] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0
    hang: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ),
                0,
            )
            self.heard.append(head + await reader.readexactly(length))
            if self.hang:
                await asyncio.sleep(60)
            writer.write(self.replies.pop(0) if self.replies else OK)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()


class Names:
    """A name server of the test: each question gets the next answer, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def client_for(*hosts: str, names: Names | None = None) -> OutboundClient:
    """`hosts`: what the operator opened."""
    return OutboundClient(allowed_of(hosts), resolve=names or Names(["127.0.0.1"]))


def redirect(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


async def test_a_request_arrives_as_written() -> None:
    async with listening() as server:
        client = client_for(f"crm.lan:{server.port}")
        response = await client.send(
            Request(
                method="POST",
                url=f"http://crm.lan:{server.port}/a%20b?x=1",
                headers={"X-Kind": "ü"},
                credentials={"Authorization": "Bearer s"},
                body=b'{"a":1}',
            )
        )
        assert (response.status, response.ok, response.body) == (200, True, b"{}")
        head, _, body = server.heard[0].partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0] == b"POST /a%20b?x=1 HTTP/1.1"
        assert f"Host: crm.lan:{server.port}".encode() in lines
        assert "X-Kind: ü".encode() in lines
        assert b"Authorization: Bearer s" in lines
        assert body == b'{"a":1}'


@pytest.mark.parametrize("url", HOSTILE_URLS)
async def test_hostile_addresses_reach_nobody(url: str) -> None:
    async with listening() as trap:
        client = OutboundClient(resolve=Names(["127.0.0.1"]))
        with pytest.raises(EgressRefused):
            await client.send(Request(method="GET", url=url.replace("{port}", str(trap.port))))
        assert trap.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.5"],
        ["169.254.169.254"],
        ["93.184.215.14", "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        [],
    ],
)
async def test_a_public_name_for_a_private_address_reaches_nobody(addresses: list[str]) -> None:
    async with listening() as trap:
        client = OutboundClient(resolve=Names(addresses))
        with pytest.raises(EgressRefused) as refused:
            await client.send(Request(method="GET", url=f"http://rebind.example.com:{trap.port}/"))
        assert refused.value.code == "address_private"
        assert trap.connections == 0


async def test_a_name_that_flips_is_asked_once_and_connected_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name server says a public address first and loopback ever after: only the first answer is used."""
    from httpcore import AnyIOBackend, AsyncNetworkStream, ConnectError

    dialled: list[str] = []

    async def dial(self: AnyIOBackend, host: str, port: int, *_: object, **__: object) -> AsyncNetworkStream:
        dialled.append(host)
        raise ConnectError("not in a test")

    monkeypatch.setattr(AnyIOBackend, "connect_tcp", dial)
    names = Names(["93.184.215.14", "93.184.215.15"], ["127.0.0.1"])
    client = OutboundClient(resolve=names)
    with pytest.raises(OutboundFailed) as failed:
        await client.send(Request(method="GET", url="https://flip.example.com/"))
    assert failed.value.code == "unreachable"
    assert names.asked == [("flip.example.com", 443)]
    assert dialled == ["93.184.215.14", "93.184.215.15"]
    with pytest.raises(EgressRefused):
        await client.send(Request(method="GET", url="https://flip.example.com/"))


async def test_a_redirect_is_checked_like_the_first_address() -> None:
    async with listening() as server, listening() as trap:
        client = client_for(f"crm.lan:{server.port}", f"127.0.0.1:{trap.port}")
        for to in (
            f"http://127.0.0.1:{trap.port}/",  # opened, but not for whom a server sends there
            f"http://[::ffff:127.0.0.1]:{trap.port}/",
            f"//localhost:{trap.port}/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
        ):
            server.replies = [redirect(to)]
            with pytest.raises(EgressRefused):
                await client.send(Request(method="GET", url=f"http://crm.lan:{server.port}/"))
        assert trap.connections == 0


async def test_credentials_stay_with_their_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two servers that may both be called, told apart by their names: what one is told, the other is not."""
    async with listening() as one, listening() as two:
        monkeypatch.setattr("parley.lib.egress.is_public", lambda address: True)
        client = OutboundClient(resolve=Names(["127.0.0.1"]))
        one.replies = [redirect(f"http://two.example.com:{two.port}/b")]
        response = await client.send(
            Request(
                method="GET",
                url=f"http://one.example.com:{one.port}/a?key=query-secret",
                headers={"X-Api-Key": "header-secret", "Cookie": "c=secret", "Accept": "text/plain"},
                credentials={"Authorization": "Bearer secret"},
            )
        )
        assert response.ok
        assert response.redirects == 1
        assert b"Bearer secret" in one.heard[0]
        assert b"secret" not in two.heard[0]
        assert b"Accept: text/plain" in two.heard[0]
        assert b"Referer" not in two.heard[0]


async def test_credentials_stay_through_a_redirect_of_the_same_host() -> None:
    async with listening() as server:
        server.replies = [redirect("/b", 307)]
        client = client_for(f"crm.lan:{server.port}")
        await client.send(
            Request(
                method="PUT",
                url=f"http://crm.lan:{server.port}/a",
                credentials={"Authorization": "Bearer s"},
                body=b"{}",
            )
        )
        assert server.heard[1].startswith(b"PUT /b HTTP/1.1")
        assert b"Bearer s" in server.heard[1]
        assert server.heard[1].endswith(b"{}")


async def test_what_was_sent_does_not_follow_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as one, listening() as two:
        monkeypatch.setattr("parley.lib.egress.is_public", lambda address: True)
        client = OutboundClient(resolve=Names(["127.0.0.1"]))
        one.replies = [redirect(f"http://two.example.com:{two.port}/", 308)]
        with pytest.raises(OutboundFailed) as failed:
            await client.send(Request(method="POST", url=f"http://one.example.com:{one.port}/", body=b'{"name":"Ona"}'))
        assert failed.value.code == "bad_redirect"
        assert two.connections == 0


async def test_a_post_that_is_sent_elsewhere_becomes_a_get() -> None:
    async with listening() as server:
        server.replies = [redirect("/done", 303)]
        client = client_for(f"crm.lan:{server.port}")
        await client.send(
            Request(
                method="POST", url=f"http://crm.lan:{server.port}/", headers={"Content-Type": "text/x"}, body=b"data"
            )
        )
        assert server.heard[1].startswith(b"GET /done HTTP/1.1")
        assert b"text/x" not in server.heard[1]


async def test_redirects_end() -> None:
    async with listening() as server:
        server.replies = [redirect("/again") for _ in range(9)]
        client = client_for(f"crm.lan:{server.port}")
        with pytest.raises(OutboundFailed) as failed:
            await client.send(Request(method="GET", url=f"http://crm.lan:{server.port}/"))
        assert failed.value.code == "too_many_redirects"
        assert server.connections == 4


def body_of(content: bytes, *headers: str) -> bytes:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(content)}", *headers])
    return head.encode() + b"\r\n\r\n" + content


@pytest.mark.parametrize(
    "reply",
    [
        body_of(b"x" * 5000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n" + b"0\r\n\r\n",
        body_of(gzip.compress(b"x" * 1_000_000), "Content-Encoding: gzip"),
    ],
)
async def test_large_answers_are_given_up(reply: bytes) -> None:
    async with listening() as server:
        server.replies = [reply]
        client = client_for(f"crm.lan:{server.port}")
        with pytest.raises(OutboundFailed) as failed:
            await client.send(Request(method="GET", url=f"http://crm.lan:{server.port}/"), Caps(received=1000))
        assert failed.value.code in ("too_large", "bad_answer")


async def test_a_packed_answer_is_unpacked() -> None:
    async with listening() as server:
        server.replies = [
            body_of(gzip.compress(b'{"a":1}'), "Content-Encoding: gzip"),
            body_of(b"x", "Content-Encoding: br"),
        ]
        client = client_for(f"crm.lan:{server.port}")
        request = Request(method="GET", url=f"http://crm.lan:{server.port}/")
        assert (await client.send(request)).body == b'{"a":1}'
        with pytest.raises(OutboundFailed) as failed:
            await client.send(request)
        assert failed.value.code == "bad_answer"


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx",
        b"",
        b"\x00" * 100,
    ],
)
async def test_what_is_no_web_server_is_told_so(reply: bytes) -> None:
    async with listening() as server:
        server.replies = [reply]
        client = client_for(f"crm.lan:{server.port}")
        with pytest.raises(OutboundFailed) as failed:
            await client.send(Request(method="GET", url=f"http://crm.lan:{server.port}/"))
        assert failed.value.code in ("bad_answer", "unreachable")


async def test_a_server_that_hangs_is_given_up() -> None:
    async with listening() as server:
        server.hang = True
        client = client_for(f"crm.lan:{server.port}")
        with pytest.raises(OutboundFailed) as failed:
            await client.send(Request(method="GET", url=f"http://crm.lan:{server.port}/"), Caps(seconds=0.1))
        assert failed.value.code == "timeout"


async def test_a_name_server_that_hangs_is_given_up() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(OutboundFailed) as failed:
        await OutboundClient(resolve=never).send(
            Request(method="GET", url="https://api.example.com/"), Caps(seconds=0.1)
        )
    assert failed.value.code == "timeout"


async def test_an_unknown_name_is_told() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    client = OutboundClient(resolve=unknown)
    with pytest.raises(OutboundFailed) as failed:
        await client.send(Request(method="GET", url="https://api.example.com/"))
    assert failed.value.code == "unknown_host"
    with pytest.raises(OutboundFailed):
        await client.probe("https://api.example.com/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nHost: evil"), ("X-A\r\nX-B", "1"), ("Host", "evil"), ("Content-Length", "0"), ("X A", "1"),
        ("Transfer-Encoding", "chunked"), ("Proxy-Authorization", "x"), ("", "1"), ("X-A", "\x00"),
    ],
)  # fmt: skip
async def test_headers_that_break_out_are_refused(name: str, value: str) -> None:
    async with listening() as trap:
        client = client_for(f"crm.lan:{trap.port}")
        with pytest.raises(EgressRefused):
            await client.send(Request(method="GET", url=f"http://crm.lan:{trap.port}/", headers={name: value}))
        assert trap.connections == 0


async def test_large_requests_and_other_methods_are_refused() -> None:
    client = client_for("crm.lan")
    with pytest.raises(OutboundFailed):
        await client.send(Request(method="POST", url="http://crm.lan/", body=b"x" * 300_000))
    with pytest.raises(EgressRefused):
        await client.send(Request(method="CONNECT", url="http://crm.lan/"))


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as server, listening() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await client_for(f"crm.lan:{server.port}").send(Request(method="GET", url=f"http://crm.lan:{server.port}/"))
        assert (server.connections, proxy.connections) == (1, 0)


async def test_a_rule_that_cannot_be_read_sends_nothing(settings: Settings) -> None:
    settings.PARLEY_EGRESS_ALLOW = ["http://nonsense/"]
    with pytest.raises(ValueError, match="PARLEY_EGRESS_ALLOW"):
        outbound_client()


async def test_probing_connects_to_nobody() -> None:
    async with listening() as trap:
        await client_for(f"crm.lan:{trap.port}").probe(f"http://crm.lan:{trap.port}/")
        with pytest.raises(EgressRefused):
            await OutboundClient(resolve=Names(["127.0.0.1"])).probe(f"http://api.example.com:{trap.port}/")
        assert trap.connections == 0
