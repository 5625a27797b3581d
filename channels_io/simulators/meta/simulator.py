"""Meta as a whole: its Graph on a port, its webhooks called, people who write and read."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Self

import httpx
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from channels_io.simulators.meta import payloads
from channels_io.simulators.meta.faults import Faults
from channels_io.simulators.meta.graph import Graph
from channels_io.simulators.meta.ledger import Delivery, GraphSend, Ledger, MediaFile
from channels_io.simulators.meta.payloads import Json
from channels_io.simulators.meta.people import MetaIdentity, Person, new_identity
from channels_io.simulators.serving import Serving

PATH = "/meta/v26.0"
HOOK_SECONDS = 15.0


class MetaSimulator:
    """An async context manager. `hook` may be set later; without one, reports go nowhere and nobody can write."""

    def __init__(
        self,
        identity: MetaIdentity | None = None,
        *,
        hook: str = "",
        serve: bool = True,
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.identity = identity or new_identity()
        self.hook = hook
        self.ledger = Ledger()
        self.faults = Faults()
        self.graph = Graph(
            self.identity, self.ledger, self.faults, taken=self._report, shakes_hands=self._shakes_hands, clock=clock
        )
        self.base_url = ""
        """For settings.PARLEY_META_URL; without PATH it is good for PARLEY_SIMULATOR_URL."""
        self._serve, self._port, self._clock = serve, port, clock
        self._serving: Serving | None = None
        self._http: httpx.AsyncClient | None = None
        self._reports: set[asyncio.Task[None]] = set()
        self._sent = asyncio.Condition()
        self._told: dict[str, int] = {}

    def routes(self) -> list[BaseRoute]:
        """The Graph's, for a server that mounts them at PATH."""
        return self.graph.routes()

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(trust_env=False, timeout=HOOK_SECONDS)
        if self._serve:
            self._serving = Serving(Starlette(routes=[Mount(PATH, routes=self.routes())]), self._port)
            self.base_url = self._serving.url + PATH
            await self._serving.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.settled()
        if self._serving is not None:
            await self._serving.stop()
        if self._http is not None:
            await self._http.aclose()

    # --- Meta calls us --------------------------------------------------------------------------

    async def verify(self, token: str | None = None) -> bool:
        """The handshake of the set-up page: whether the webhook gave the challenge back."""
        return await self._shakes_hands(self.hook, self.identity.verify_token if token is None else token)

    async def _shakes_hands(self, url: str, token: str) -> bool:
        challenge = secrets.token_hex(8)
        params = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        try:
            answer = await self._client.get(url, params=params)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and answer.text == challenge

    async def deliver(self, payload: Json, *, times: int = 1, tries: int = 1, pause: float = 0.5) -> list[Delivery]:
        """`payload`, signed; `times` at once, each tried again like Meta does while it is not answered 2xx."""
        body = payloads.raw(payload)
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": payloads.signed(body, self.identity.app_secret),
        }
        return list(await asyncio.gather(*(self._deliver(body, headers, tries, pause) for _ in range(times))))

    async def _deliver(self, body: bytes, headers: dict[str, str], tries: int, pause: float) -> Delivery:
        for attempt in range(tries):
            delivery = await self.post(body, headers)
            if 200 <= delivery.status < 300 or attempt + 1 == tries:
                return delivery
            await asyncio.sleep(pause * 2**attempt)
        raise ValueError("tries must be at least 1")

    async def post(self, body: bytes, headers: dict[str, str]) -> Delivery:
        """Exactly these bytes: for forged ones too."""
        began = time.monotonic()
        try:
            answer = await self._client.post(self.hook, content=body, headers=headers)
            status = answer.status_code
        except httpx.HTTPError:
            status = 0
        delivery = Delivery(body, status, round((time.monotonic() - began) * 1000))
        self.ledger.deliveries.append(delivery)
        return delivery

    # --- people ---------------------------------------------------------------------------------

    async def text(
        self, person: Person, words: str, *, message_id: str = "", reply_to: str = "", times: int = 1
    ) -> str:
        """The message's id."""
        message = payloads.text(person, words, at=self._now, message_id=message_id, reply_to=reply_to)
        return await self._say(person, message, times)

    async def tap(self, person: Person, send: GraphSend, choice: int, *, times: int = 1) -> str:
        """The person takes choice 0, 1 ... of a message with buttons or a list."""
        action = send.body["interactive"]["action"]
        if "buttons" in action:
            taken = action["buttons"][choice]["reply"]
        else:
            taken = [row for section in action["sections"] for row in section["rows"]][choice]
        message = payloads.tap(person, taken["id"], taken["title"], at=self._now, listed="sections" in action)
        return await self._say(person, message, times)

    async def media(
        self, person: Person, data: bytes, mime: str, *, kind: str = "image", voice: bool = False, caption: str = ""
    ) -> str:
        """`kind`: image, audio, video, document, sticker. A voice note is audio with `voice`."""
        file = MediaFile(secrets.token_hex(8), data, mime, voice)
        self.graph.files[file.id] = file
        part: Json = {"id": file.id, "mime_type": mime, "sha256": secrets.token_hex(32)}
        part |= ({"voice": voice} if kind == "audio" else {}) | ({"caption": caption} if caption else {})
        return await self._say(person, payloads.message(person, kind, part, at=self._now), 1)

    async def react(self, person: Person, message_id: str, emoji: str) -> str:
        part = {"message_id": message_id, "emoji": emoji}
        return await self._say(person, payloads.message(person, "reaction", part, at=self._now), 1)

    async def batch(self, said: Sequence[tuple[Person, str]], *, shuffled: Sequence[int] = ()) -> list[str]:
        """Several messages in one delivery, a change each. `shuffled`: their order in it."""
        messages = [payloads.text(person, words, at=self._now) for person, words in said]
        for person, _ in said:
            self._heard(person)
        order = shuffled or range(len(said))
        values = [payloads.value_of(self.identity, people=[said[i][0]], messages=[messages[i]]) for i in order]
        await self.deliver(payloads.envelope(self.identity, *values))
        return [str(message["id"]) for message in messages]

    async def statuses(self, send: GraphSend, *words: str, times: int = 1, code: int = 0) -> None:
        """Reports about a message, one delivery each, in this order."""
        for word in words:
            report = payloads.status(
                send.id, word, send.to, at=self._now, key=send.key, code=code, reason="Undelivered"
            )
            value = payloads.value_of(self.identity, statuses=[report])
            await self.deliver(payloads.envelope(self.identity, value), times=times, tries=3)

    async def sent_to(self, person: Person, *, seconds: float = 20.0) -> GraphSend:
        """The next message this person got that was not asked about yet. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._sent:
            while True:
                got = [send for send in self.ledger.sends if send.to in (person.number, person.user_id)]
                seen = self._told.get(person.key, 0)
                if len(got) > seen:
                    self._told[person.key] = seen + 1
                    return got[seen]
                await self._sent.wait()

    async def settled(self) -> None:
        """Every report that follows a send by itself has been delivered."""
        while self._reports:
            await asyncio.gather(*self._reports, return_exceptions=True)

    # --- inside ---------------------------------------------------------------------------------

    @property
    def _now(self) -> int:
        return int(self._clock())

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            raise RuntimeError("The simulator is not running: use `async with`.")
        return self._http

    def _heard(self, person: Person) -> None:
        for name in (person.number, person.user_id):
            if name:
                self.graph.heard[name] = self._clock()

    async def _say(self, person: Person, message: Json, times: int) -> str:
        self._heard(person)
        value = payloads.value_of(self.identity, people=[person], messages=[message])
        await self.deliver(payloads.envelope(self.identity, value), times=times)
        return str(message["id"])

    def _report(self, send: GraphSend) -> None:
        task = asyncio.create_task(self._after(send))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _after(self, send: GraphSend) -> None:
        async with self._sent:
            self._sent.notify_all()
        if self.hook and self.faults.statuses:
            await self.statuses(send, *self.faults.statuses, times=self.faults.report_times)
