"""Calls webhooks as Twilio does: signed, at most 15 seconds, retried by rule, then the fallback URL. Faults happen here.

Only this machine is reached: a URL whose host, after `reach`, is not a loopback address is refused.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import ipaddress
import itertools
import ssl
import time
import uuid
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import httpx

from channels_io.simulators.twilio.faults import NO_FATE, Chance, HookFate
from channels_io.simulators.twilio.overrides import Failure, Overrides, failure_of, split_url
from channels_io.simulators.twilio.records import Attempt, HookRecord
from channels_io.simulators.twilio.signing import TOKEN_HEADER, signed_headers

REDIRECTS = 10
CONNECTIONS = 12
"""Kept open between webhooks, by each client."""
CLIENTS = 8
"""A client looks at all of its connections for every request: after an outage hundreds are open at once."""
UNREACHED, UNUSABLE = 11205, 11200
"""Error codes: nobody there; no answer in time or one of 4xx, 5xx."""


class NotHere(ValueError):
    """A URL that leads away from this machine."""


class NotFetched(Exception):
    """A file for <Play> did not come; the message says why."""


class Hooks:
    """`records`: every webhook in the order it was sent. `faulted`: (time, fault, kind, sid) of each fault."""

    def __init__(self, auth_token: str, reach: Mapping[str, str], chance: Chance) -> None:
        self._auth_token = auth_token
        self._reach = dict(reach)
        self._chance = chance
        self.records: list[HookRecord] = []
        self.faulted: list[tuple[float, str, str, str]] = []
        self.crashes: list[BaseException] = []
        """What should not have happened in here."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._tails: dict[str, asyncio.Event] = {}
        self._parked: dict[str, asyncio.Event] = {}
        trusted = httpx.create_ssl_context(trust_env=False)
        self._clients = tuple(_client(trusted) for _ in range(CLIENTS))
        self._turns = itertools.count()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.aclose()

    async def settle(self) -> None:
        """Until nothing is on its way any more."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (crash := task.exception()) is not None:
            self.crashes.append(crash)

    async def ask(
        self,
        kind: str,
        sid: str,
        url: str,
        params: Mapping[str, str],
        *,
        method: str = "POST",
        fallback: str = "",
        lane: str = "",
        keep: list[HookRecord] | None = None,
    ) -> HookRecord:
        """A webhook whose answer counts. The record of the fallback, when it came to that."""
        record = self._record(kind, sid, url, params, method, keep)
        await self._send(record, self._fate(record), lane or sid)
        if record.ok or not fallback or record.dropped:
            return record
        told = {**params, "ErrorCode": str(error_of(record)), "ErrorUrl": url}
        second = self._record(kind, sid, urljoin(url, fallback), told, method, keep)
        await self._send(second, NO_FATE, lane or sid)
        return second

    def tell(
        self,
        kind: str,
        sid: str,
        url: str,
        params: Mapping[str, str],
        *,
        method: str = "POST",
        lane: str = "",
        keep: list[HookRecord] | None = None,
    ) -> HookRecord:
        """A webhook whose answer does not matter, sent behind those of its lane that were told before."""
        record = self._record(kind, sid, url, params, method, keep)
        name = lane or sid
        before, mine = self._tails.get(name), asyncio.Event()
        self._tails[name] = mine
        self.background(self._told(record, self._fate(record), name, before, mine))
        return record

    async def fetch(self, url: str) -> bytes:
        """What <Play> plays. Raises NotFetched."""
        try:
            answer = await self._next().get(self.where(url), follow_redirects=True, timeout=5.0)
            return answer.raise_for_status().content
        except (httpx.HTTPError, NotHere) as error:
            raise NotFetched(str(error)) from error

    def _next(self) -> httpx.AsyncClient:
        return self._clients[next(self._turns) % CLIENTS]

    def where(self, url: str) -> str:
        """Where a public URL really is served, http(s) and ws(s) alike. Raises NotHere."""
        parts = urlsplit(url)
        socket = parts.scheme in ("ws", "wss")
        public = urlunsplit(
            (parts.scheme.replace("ws", "http", 1) if socket else parts.scheme, parts.netloc, "", "", "")
        )
        served = urlsplit(self._reach.get(public, public))
        if not is_loopback(served.hostname or ""):
            raise NotHere(f"{public} is not on this machine; say where it is served: reach={{{public!r}: ...}}")
        scheme = served.scheme.replace("http", "ws", 1) if socket else served.scheme
        return urlunsplit((scheme, served.netloc, parts.path, parts.query, ""))

    def _record(
        self, kind: str, sid: str, url: str, params: Mapping[str, str], method: str, keep: list[HookRecord] | None
    ) -> HookRecord:
        record = HookRecord(kind, sid, url, method.upper(), dict(params), _now(), str(uuid.uuid4()))
        self.records.append(record)
        if keep is not None:
            keep.append(record)
        return record

    def _fate(self, record: HookRecord) -> HookFate:
        fate = self._chance.of_hook(record.kind)
        for name in ("duplicate", "swap", "drop"):
            if getattr(fate, name):
                self.faulted.append((_now(), name, record.kind, record.sid))
        if fate.hold:
            self.faulted.append((_now(), "delay", record.kind, record.sid))
        return fate

    async def _told(
        self, record: HookRecord, fate: HookFate, lane: str, before: asyncio.Event | None, mine: asyncio.Event
    ) -> None:
        if before is not None:
            await before.wait()
        try:
            if fate.swap:
                mine.set()
            await self._send(record, fate, lane)
        finally:
            mine.set()

    async def _send(self, record: HookRecord, fate: HookFate, lane: str) -> None:
        if fate.drop:
            record.dropped = True
            return
        if fate.hold:
            await asyncio.sleep(fate.hold)
        parks = fate.swap and lane not in self._parked
        if parks:
            await self._park(lane)
        await self._deliver(record)
        if not parks and (parked := self._parked.pop(lane, None)) is not None:
            parked.set()
        if fate.duplicate:
            self.background(self._copy(record))

    async def _park(self, lane: str) -> None:
        """Until the next one of the lane has been delivered."""
        mine = self._parked[lane] = asyncio.Event()
        try:
            async with asyncio.timeout(self._chance.faults.swap_seconds):
                await mine.wait()
        except TimeoutError:
            if self._parked.get(lane) is mine:
                del self._parked[lane]

    async def _copy(self, record: HookRecord) -> None:
        await asyncio.sleep(self._chance.faults.duplicate_seconds)
        copy = HookRecord(
            record.kind, record.sid, record.url, record.method, dict(record.params), _now(), record.token, copy=True
        )
        self.records.append(copy)
        await self._deliver(copy)

    async def _deliver(self, record: HookRecord) -> None:
        url, overrides = split_url(record.url)
        ends = _now() + overrides.total
        for left in range(overrides.retries, -1, -1):
            failure = await self._attempt(record, url, overrides, ends)
            if failure is None or left == 0 or not overrides.again(failure) or _now() >= ends:
                return

    async def _attempt(self, record: HookRecord, url: str, overrides: Overrides, ends: float) -> Failure | None:
        attempt = Attempt(_now())
        record.attempts.append(attempt)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(max(0.05, ends - _now())):
                answer = await self._request(record, url, overrides)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            attempt.error = "connect"
        except httpx.HTTPError:
            attempt.error = "read"
        except TimeoutError:
            attempt.error = "limit"
        except asyncio.CancelledError:
            attempt.error = "left"
            raise
        else:
            attempt.status = answer.status_code
            record.answer = answer.text
            record.content_type = answer.headers.get("content-type", "")
        attempt.ms = (time.perf_counter() - began) * 1000
        record.status = attempt.status
        if attempt.status is not None:
            return failure_of(attempt.status)
        return "ct" if attempt.error == "connect" else "rt"

    async def _request(self, record: HookRecord, url: str, overrides: Overrides) -> httpx.Response:
        method = record.method
        timeout = httpx.Timeout(overrides.read, connect=overrides.connect)
        for _ in range(REDIRECTS + 1):
            if method == "GET":
                asked = (
                    f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(record.params)}" if record.params else url
                )
                headers = signed_headers(self._auth_token, asked)
            else:
                asked, headers = url, signed_headers(self._auth_token, url, record.params)
            answer = await self._next().request(
                method,
                self.where(asked),
                headers={**headers, TOKEN_HEADER: record.token},
                data=record.params if method == "POST" else None,
                timeout=timeout,
            )
            if not answer.is_redirect:
                return answer
            url, method = urljoin(asked, answer.headers["location"]), "GET"
        return answer


def _client(trusted: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        trust_env=False,
        verify=trusted,  # One for all: reading the authorities takes longer than everything else.
        # No bound on what is open: requests that queue for a connection cost the pool the square of their number.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=CONNECTIONS),
        cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[])),
    )


def error_of(record: HookRecord) -> int:
    """The code of Twilio's debugger for a webhook that failed."""
    connect = bool(record.attempts) and record.attempts[-1].error == "connect"
    return UNREACHED if connect else UNUSABLE


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _now() -> float:
    return asyncio.get_running_loop().time()
