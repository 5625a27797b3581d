"""HTTP to one lent service: pinned to the addresses that the web allowed, with a limit on every wait.

Closing a stream closes its connection, and so the service's work. Redirects are not followed, no proxy of the
environment is used, and neither the key nor what a service writes in its errors gets into logs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx
import msgspec

from inference.errors import EngineError, EngineTimeout
from inference.lending import LentService

MAX_EVENT_BYTES = 256 << 10
"""One line of a stream: more is no token."""
MAX_ANSWER_BYTES = 1 << 20
MAX_ERROR_BYTES = 8 << 10
CONNECTIONS = 64
IDLE_SECONDS = 60.0


class ServiceFailed(EngineError):
    """code: service_unreachable, service_refused_key, service_no_model, service_busy, service_error, service_refused,
    service_garbled, service_cut_off, service_too_large. `permanent`: asking again does not help."""

    code = "service_error"


class ServiceTimeout(EngineTimeout):
    code = "service_timeout"


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to the lent addresses for the lent host, and to nothing else."""

    def __init__(self, host: str, port: int, addresses: tuple[str, ...]) -> None:
        self._host, self._port = host, port
        self._addresses = addresses
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if (host, port) != (self._host, self._port):
            raise httpcore.ConnectError("another host than the lent one")
        failure: Exception = httpcore.ConnectError("no address was lent")
        for address in self._addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("a lent service is reached by its address only")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@cache
def _tls() -> Any:
    """Made once: reading the certificates takes tens of milliseconds."""
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form, by the field `name`."""

    name: str
    filename: str
    data: bytes
    media_type: str


class ServiceClient:
    """Connections to one service, kept open between requests."""

    def __init__(self, service: LentService) -> None:
        self._service = service
        self.name = service.name
        try:
            base = httpx.URL(service.url.rstrip("/"))
        except (httpx.InvalidURL, ValueError) as error:
            raise self._failed("service_refused", "has an address that cannot be read", permanent=True) from error
        if base.scheme not in ("http", "https") or not base.raw_host:
            raise self._failed("service_refused", "has an address that is none of the web", permanent=True)
        self._base = base
        port = base.port or (443 if base.scheme == "https" else 80)
        self._port = port
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls() if base.scheme == "https" else None,
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            retries=0,
            network_backend=_Pinned(base.raw_host.decode("ascii"), port, service.addresses),
        )

    async def close(self) -> None:
        await self._pool.aclose()

    # --- requests -------------------------------------------------------------------------------

    @asynccontextmanager
    async def post_json(self, path: str, body: Mapping[str, Any], accept: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        """The body's pieces of a good answer. Raises EngineError, also while it is read."""
        content = msgspec.json.encode(body)
        async with self._stream("POST", path, content, "application/json", accept) as pieces:
            yield pieces

    async def post_form(self, path: str, fields: Mapping[str, str], file: Upload) -> bytes:
        """A small answer, whole. Raises EngineError."""
        encoded = httpx.Request(
            "POST", "http://form/", data=fields, files={file.name: (file.filename, file.data, file.media_type)}
        )
        content = encoded.read()
        async with self._stream("POST", path, content, encoded.headers["content-type"], "application/json") as pieces:
            return await self.whole(pieces)

    async def get(self, path: str) -> bytes:
        """Raises EngineError."""
        async with self._stream("GET", path, b"", "", "application/json") as pieces:
            return await self.whole(pieces)

    async def whole(self, pieces: AsyncIterator[bytes]) -> bytes:
        """Raises EngineError when it is more than an answer may be."""
        body = bytearray()
        async for piece in pieces:
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise self._failed("service_too_large", "sent more than an answer may be")
        return bytes(body)

    @asynccontextmanager
    async def _stream(
        self, method: str, path: str, content: bytes, content_type: str, accept: str
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        limits = self._service.limits
        waits = {
            "connect": limits.connect_ms / 1000,
            "write": limits.connect_ms / 1000,
            "read": limits.first_ms / 1000,
            "pool": limits.connect_ms / 1000,
        }
        url = httpcore.URL(
            scheme=self._base.raw_scheme,
            host=self._base.raw_host,
            port=self._port,
            target=self._base.raw_path.rstrip(b"/") + path.encode("ascii"),
        )
        request = self._pool.stream(
            method, url, headers=self._headers(content, content_type, accept), content=content,
            extensions={"timeout": waits},
        )  # fmt: skip
        opened = False
        try:
            async with asyncio.timeout(limits.first_ms / 1000):
                answer = await request.__aenter__()
            opened = True
            if answer.status != 200:
                raise self._refusal(answer.status)
            yield self._pieces(answer)
        except TimeoutError as error:
            if opened:
                raise
            raise self._late() from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise self._broken(error, opened=opened) from error
        finally:
            if opened:
                await request.__aexit__(None, None, None)

    async def _pieces(self, answer: httpcore.Response) -> AsyncGenerator[bytes]:
        """What comes, each piece in its time: the first within `first_ms`, then every one within `between_ms`."""
        limits = self._service.limits
        wait = limits.first_ms
        stream = answer.aiter_stream()
        while True:
            try:
                async with asyncio.timeout(wait / 1000):
                    piece = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise self._late() from error
            except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
                raise self._broken(error, opened=True) from error
            yield piece
            wait = limits.between_ms

    def _headers(self, content: bytes, content_type: str, accept: str) -> list[tuple[bytes, bytes]]:
        host = self._base.netloc
        headers = [
            (b"Host", host),
            (b"User-Agent", b"Parley"),
            (b"Accept", accept.encode("ascii")),
            (b"Accept-Encoding", b"identity"),
        ]
        if content:
            headers += [(b"Content-Type", content_type.encode("ascii")), (b"Content-Length", b"%d" % len(content))]
        if self._service.key:
            headers.append((b"Authorization", b"Bearer " + self._service.key.encode("utf-8")))
        return headers

    # --- what went wrong ------------------------------------------------------------------------

    def garbled(self) -> ServiceFailed:
        return self._failed("service_garbled", "answered in a way that cannot be read")

    def cut_off(self) -> ServiceFailed:
        return self._failed("service_cut_off", "broke off in the middle of its answer")

    def said_error(self) -> ServiceFailed:
        return self._failed("service_error", "reported a failure in the middle of its answer")

    def _late(self) -> ServiceTimeout:
        return ServiceTimeout(f"The service “{self.name}” did not answer in time.")

    def _broken(self, error: Exception, *, opened: bool) -> EngineError:
        if isinstance(error, httpcore.TimeoutException):
            return self._late()
        if opened:
            return self.cut_off()
        return self._failed("service_unreachable", "cannot be reached")

    def _refusal(self, status: int) -> ServiceFailed:
        """By the status alone: what a service writes may hold what it was sent."""
        match status:
            case 401 | 403:
                return self._failed("service_refused_key", f"refused the key (status {status})", permanent=True)
            case 404:
                return self._failed("service_no_model", "has no such model or address (status 404)", permanent=True)
            case 429 | 503:
                return self._failed("service_busy", f"is busy or its quota is used up (status {status})")
            case status if status >= 500:
                return self._failed("service_error", f"failed (status {status})")
        return self._failed("service_refused", f"refused the request (status {status})")

    def _failed(self, code: str, what: str, *, permanent: bool = False) -> ServiceFailed:
        failed = ServiceFailed(f"The service “{self.name}” {what}.", code=code)
        failed.permanent = permanent
        return failed


async def events(client: ServiceClient, pieces: AsyncIterator[bytes]) -> AsyncGenerator[dict[str, Any]]:
    """Server-sent events that hold JSON objects, up to [DONE] or the end. Raises EngineError.

    A stream that ends without [DONE] is not judged here: some servers never send it.
    """
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > MAX_EVENT_BYTES:
            raise client.garbled()
        for line in lines:
            if not line.startswith(b"data:"):
                continue
            data = line[5:].strip()
            if data == b"[DONE]":
                return
            if not data:
                continue
            try:
                decoded = msgspec.json.decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise client.garbled() from error
            if not isinstance(decoded, dict):
                raise client.garbled()
            yield decoded
