"""The one HTTP client for addresses that users set. Nothing else in Parley connects to them.

Each hop is parsed once, resolved once and connected to exactly the addresses that were checked (`parley.lib.egress`);
no proxy of the environment is used. A redirect is a new hop: checked again, without credentials and
headers once the origin changes. Time, size and redirects are capped. It never retries by itself.

OutboundFailed             nothing usable came back (`permanent` says whether trying again makes sense)
EgressRefused              (parley.lib.egress) nothing was connected to
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from inference.errors import ParleyError
from parley.lib.egress import (
    NOTHING,
    Allowed,
    EgressRefused,
    Target,
    allowed_of,
    check_addresses,
    check_target,
    parse_target,
)

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
IDEMPOTENT: Final = ("GET", "HEAD", "PUT", "DELETE")
REDIRECTS: Final = (301, 302, 303, 307, 308)
KEPT_ACROSS: Final = ("accept", "accept-language")
"""Headers that may go along to another origin."""
OWN_HEADERS: Final = frozenset(
    {
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
        "accept-encoding", "user-agent",
    }
)  # fmt: skip
"""Headers that the client writes itself."""
DNS_THREADS: Final = 8

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]{0,4000}")
_dns = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="parley-dns")
"""Its own: a name server that does not answer must not hold up the threads that others wait for."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) → addresses. Raises OSError when there is no such name."""


class OutboundFailed(ParleyError):
    """code: unknown_host, unreachable, tls_failed, timeout, too_large, too_many_redirects, bad_redirect, bad_answer."""

    code = "outbound_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    seconds: float = 8.0
    """For the whole, redirects included."""
    connect: float = 3.0
    received: int = 1_000_000
    """Bytes of the answer, unpacked."""
    sent: int = 256_000
    redirects: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`credentials` are headers too; unlike `headers` they are for this origin only, whatever their names."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    headers: Mapping[str, str]
    """By lower-case name; of repeated ones the last."""
    body: bytes
    redirects: int = 0
    milliseconds: int = 0

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def text(self) -> str:
        found = re.search(r"charset=\"?([A-Za-z0-9_.:-]+)", self.headers.get("content-type", ""))
        try:
            return self.body.decode(found[1] if found else "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """The system's answer. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_dns, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def header_problem(name: str, value: str) -> str:
    """Why this header cannot be sent; "" when it can. Codes: header_name, header_own, header_value."""
    if not _HEADER_NAME.fullmatch(name):
        return "header_name"
    if name.lower() in OWN_HEADERS or name.lower().startswith(("proxy-", "sec-")):
        return "header_own"
    return "" if _HEADER_VALUE.fullmatch(value) else "header_value"


class OutboundClient:
    def __init__(
        self, allowed: Allowed = NOTHING, *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve or resolve_name
        self._tls = tls

    async def send(self, request: Request, caps: Caps | None = None) -> Response:
        """Raises EgressRefused, OutboundFailed."""
        caps = caps or Caps()
        _check_request(request, caps)
        began = time.monotonic()
        try:
            async with asyncio.timeout(caps.seconds):
                response = await self._follow(request, caps)
        except TimeoutError as error:
            raise OutboundFailed(_("The server did not answer in time."), code="timeout") from error
        return replace(response, milliseconds=round((time.monotonic() - began) * 1000))

    async def probe(self, url: str, seconds: float = 3.0) -> None:
        """Whether `url` may be connected to as its name stands now; connects to nothing. Raises like `addresses`."""
        await self.addresses(url, seconds)

    async def addresses(self, url: str, seconds: float = 3.0) -> Sequence[str]:
        """What the name in `url` stands for now, all of it checked; connects to nothing.

        Raises EgressRefused; OutboundFailed (unknown_host, timeout) when the name cannot be looked up.
        """
        target = parse_target(url)
        try:
            async with asyncio.timeout(seconds):
                return await self._checked_addresses(target, self._allowed)
        except TimeoutError as error:
            message = _("The name %(host)s could not be looked up in time.") % {"host": target.host}
            raise OutboundFailed(message, code="unknown_host") from error

    async def _follow(self, request: Request, caps: Caps) -> Response:
        first = target = parse_target(request.url)
        for hop in range(caps.redirects + 1):
            # What the operator opened inside is open to who names it, not to whom a public server sends there.
            allowed = self._allowed if target.host == first.host else NOTHING
            response = await self._one(request, target, allowed, caps)
            location = response.headers.get("location", "")
            if response.status not in REDIRECTS or not location:
                return replace(response, redirects=hop)
            request, target = _next_hop(request, target, location, response.status)
        raise OutboundFailed(_("The server redirects too often."), code="too_many_redirects")

    async def _one(self, request: Request, target: Target, allowed: Allowed, caps: Caps) -> Response:
        addresses = await self._checked_addresses(target, allowed)
        tls = (self._tls or _system_tls()) if target.scheme == "https" else None
        limits = {"connect": caps.connect, "read": caps.seconds, "write": caps.seconds, "pool": caps.seconds}
        try:
            async with (
                httpcore.AsyncConnectionPool(
                    ssl_context=tls, max_connections=1, retries=0, network_backend=_Pinned(target, addresses)
                ) as pool,
                pool.stream(
                    request.method,
                    httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
                    headers=_headers(request, target),
                    content=request.body,
                    extensions={"timeout": limits},
                ) as answer,
            ):
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                if answer.status in REDIRECTS and headers.get("location"):
                    return Response(status=answer.status, headers=headers, body=b"")
                body = await _read(answer, headers, caps.received)
        except httpcore.TimeoutException as error:
            raise OutboundFailed(_("The server did not answer in time."), code="timeout") from error
        except (httpcore.NetworkError, OSError) as error:  # the second: TLS that breaks later than its handshake
            raise _unreachable(target, error) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            message = _("%(host)s did not answer as a web server does.") % {"host": target.host}
            raise OutboundFailed(message, code="bad_answer") from error
        return Response(status=answer.status, headers=headers, body=body)

    async def _checked_addresses(self, target: Target, allowed: Allowed) -> Sequence[str]:
        check_target(target, allowed)
        if target.literal is not None:
            addresses: Sequence[str] = [target.host]
        else:
            try:
                addresses = await self._resolve(target.host, target.port)
            except (OSError, UnicodeError) as error:
                message = _("There is no server by the name %(host)s.") % {"host": target.host}
                raise OutboundFailed(message, code="unknown_host") from error
        check_addresses(target, addresses, allowed)
        return addresses


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that were checked, and to nothing else."""

    def __init__(self, target: Target, addresses: Sequence[str]) -> None:
        self._target = target
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
        if (host, port) != (self._target.host, self._target.port):
            raise EgressRefused(_("Another host was asked for than was checked."), code="address_changed")
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise EgressRefused(_("Another host was asked for than was checked."), code="address_changed")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def outbound_client() -> OutboundClient:
    """With what the operator allows now. EnvironmentProblem (nothing is sent) when that cannot be read."""
    return OutboundClient(allowed_of(settings.PARLEY_EGRESS_ALLOW))


def _check_request(request: Request, caps: Caps) -> None:
    if request.method not in METHODS:
        raise EgressRefused(_("%(method)s is not a method that is used here.") % {"method": request.method[:20]})
    if len(request.body) > caps.sent:
        raise OutboundFailed(_("The request is too large to be sent."), code="too_large")
    for name, value in (*request.headers.items(), *request.credentials.items()):
        if header_problem(name, value):
            raise EgressRefused(_("The header “%(name)s” cannot be sent.") % {"name": name[:60]}, code="header_refused")


def _headers(request: Request, target: Target) -> list[tuple[bytes, bytes]]:
    given = {**request.headers, **request.credentials}
    own = {"Host": target.host_header, "User-Agent": "Parley", "Accept-Encoding": "identity", "Connection": "close"}
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        own["Content-Length"] = str(len(request.body))
    if not any(name.lower() == "accept" for name in given):
        own["Accept"] = "application/json, text/plain;q=0.8, */*;q=0.5"
    return [(name.encode("ascii"), value.encode()) for name, value in {**own, **given}.items()]


def _next_hop(request: Request, target: Target, location: str, status: int) -> tuple[Request, Target]:
    """The request for where a redirect leads. Raises EgressRefused, OutboundFailed."""
    try:
        following = parse_target(str(httpx.URL(target.url).join(location)))
    except (httpx.InvalidURL, ValueError) as error:
        raise EgressRefused(_("The server redirects to an address that is none."), code="url_malformed") from error
    if target.scheme == "https" and following.scheme != "https":
        raise OutboundFailed(_("The server redirects from https to plain http."), code="bad_redirect")
    changed = following.origin != target.origin
    method, body = request.method, request.body
    if status == 303 or (status in (301, 302) and method == "POST"):
        method, body = ("HEAD" if method == "HEAD" else "GET"), b""
    if changed and body:
        raise OutboundFailed(_("The server redirects what was sent to another host."), code="bad_redirect")
    headers = {
        name: value
        for name, value in request.headers.items()
        if (not changed or name.lower() in KEPT_ACROSS) and (body or name.lower() != "content-type")
    }
    credentials = {} if changed else request.credentials
    return Request(method=method, url=following.url, headers=headers, credentials=credentials, body=body), following


async def _read(answer: httpcore.Response, headers: Mapping[str, str], limit: int) -> bytes:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > limit):
        raise _too_large()
    body = bytearray()
    async for piece in answer.aiter_stream():
        body += piece
        if len(body) > limit:
            raise _too_large()
    return _unpacked(bytes(body), headers.get("content-encoding", "").strip().lower(), limit)


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """Packed although it was asked not to be: unpacked as far as the limit."""
    if encoding in ("", "identity") or not body:
        return body
    if encoding in ("gzip", "x-gzip", "deflate"):
        try:
            unpacked = zlib.decompressobj(47).decompress(body, limit + 1)
        except zlib.error as error:
            raise OutboundFailed(_("The server's answer is damaged."), code="bad_answer") from error
        if len(unpacked) > limit:
            raise _too_large()
        return unpacked
    raise OutboundFailed(_("The server packed its answer in an unknown way."), code="bad_answer")


def _too_large() -> OutboundFailed:
    return OutboundFailed(_("The server's answer is too large."), code="too_large")


def _unreachable(target: Target, error: Exception) -> OutboundFailed:
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return OutboundFailed(_("%(host)s has no valid certificate.") % {"host": target.host}, code="tls_failed")
    return OutboundFailed(_("%(host)s cannot be reached.") % {"host": target.host}, code="unreachable")


@cache
def _system_tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes tens of milliseconds."""
    return httpx.create_ssl_context()
