"""A person of the team, played from outside: signs in, watches a live call, listens, whispers, takes over, talks, gives back.

    async with Operator.signed_in("http://127.0.0.1:8000", session) as alice:
        await alice.watch("cv_…")
        await alice.wait(lambda: alice.hello is not None)
        await alice.take_over()
        await alice.speak(samples)
        await alice.give_back()

It goes the way of the page: the session's cookie, the page's token, JSON over HTTP, one socket with a ticket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any, Final

import httpx
import numpy as np
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from channels_io.live.watch_events import SOUND_RATE, Hello, OwnerIs, WatchEvent, decode_event, unpack_sound
from channels_io.simulators.microphone import Microphone, speech_of
from inference.audio import FRAME_MS, Samples

RATE: Final = 16_000
WAIT_SECONDS: Final = 10.0
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


class Refused(Exception):
    """What was asked was not done: `status` and the JSON that says why."""

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        super().__init__(str(answer.get("error", answer)))
        self.status = status
        self.answer = answer


class Operator:
    def __init__(self, place: str, browser: httpx.AsyncClient) -> None:
        self._place = place.rstrip("/")
        self._browser = browser
        self._conversation = ""
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._microphone: Microphone | None = None
        self.ticket: dict[str, Any] = {}
        self.hello: Hello | None = None
        self.owner = OwnerIs("ai", None, 0)
        self.events: list[tuple[float, WatchEvent]] = []
        self.sound: list[tuple[int, int, bytes]] = []
        """(side, ms since the leg began, PCM)"""

    @classmethod
    @asynccontextmanager
    async def signed_in(cls, place: str, session: str) -> AsyncGenerator[Operator]:
        """`place`: "http://host:port"; `session`: the key of a session of theirs (`login_session`)."""
        cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: "a" * 32}
        headers = {"X-CSRFToken": "a" * 32, "Origin": place.rstrip("/")}
        async with httpx.AsyncClient(cookies=cookies, headers=headers, trust_env=False, timeout=20.0) as browser:
            operator = cls(place, browser)
            try:
                yield operator
            finally:
                await operator.leave()

    # --- the line ---------------------------------------------------------------------------------

    async def watch(self, conversation: str, *, listen: bool = True) -> None:
        """Open the line. Raises Refused."""
        self._conversation = conversation
        self.ticket = await self.ask("watch", {})
        address = f"{self._place.replace('http', 'ws', 1)}{self.ticket['socket']}?ticket={self.ticket['ticket']}"
        self._socket = await connect(address, origin=self._place, compression=None, proxy=None)  # type: ignore[arg-type]
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._speak_frames())]
        if listen:
            await self._socket.send('{"type":"listen","on":true}')

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.close()

    def die(self) -> None:
        """As a browser that is killed: not a word more."""
        assert self._socket is not None
        self._socket.transport.abort()

    @property
    def close_code(self) -> int | None:
        return None if self._socket is None else self._socket.close_code

    # --- what is done -----------------------------------------------------------------------------

    async def ask(self, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST to the conversation. Raises Refused."""
        answer = await self._browser.post(f"{self._place}/conversations/{self._conversation}/{verb}/", json=body)
        try:
            said: dict[str, Any] = answer.json()
        except ValueError:
            said = {"error": {"code": "no_json", "message": answer.text[:200]}}
        if answer.is_error or answer.is_redirect:
            raise Refused(answer.status_code, said)
        return said

    async def take_over(self) -> None:
        """And open the microphone. Raises Refused."""
        await self.ask("take-over", {"number": self.owner.number})
        await self.wait(lambda: self.owner.owner == "human")
        self._microphone = Microphone()

    async def give_back(self, node: str = "") -> None:
        await self.ask("give-back", {"node": node})
        self._microphone = None
        await self.wait(lambda: self.owner.owner == "ai")

    async def whisper(self, text: str) -> None:
        await self.ask("whisper", {"text": text})

    async def speak(self, samples: Samples) -> None:
        """int16 at 16 kHz, in real time; returns when the last was sent."""
        assert self._microphone is not None, "take over first"
        speech = speech_of(samples)
        self._microphone.say(speech)
        await asyncio.sleep(len(speech.frames) * FRAME_MS / 1000 + 0.1)

    # --- what is waited for -----------------------------------------------------------------------

    async def wait(self, condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def told(self, kind: type[WatchEvent]) -> list[WatchEvent]:
        return [event for _, event in self.events if isinstance(event, kind)]

    def heard(self, side: int) -> Samples:
        """All that came of one side, one piece behind the other, at 16 kHz."""
        assert SOUND_RATE == RATE
        pcm = b"".join(pcm for of, _, pcm in self.sound if of == side)
        return np.frombuffer(pcm, dtype="<i2")

    # --- the socket -------------------------------------------------------------------------------

    async def _read(self) -> None:
        assert self._socket is not None
        with suppress(ConnectionClosed):
            async for message in self._socket:
                if isinstance(message, bytes):
                    self.sound.append(unpack_sound(message))
                    continue
                event = decode_event(message)
                self.events.append((time.monotonic(), event))
                if isinstance(event, Hello):
                    self.hello = event
                    self.owner = OwnerIs(event.owner, event.owner_user, event.number)
                elif isinstance(event, OwnerIs):
                    self.owner = event
                self._changed.set()
        self._changed.set()

    async def _speak_frames(self) -> None:
        assert self._socket is not None
        due = time.monotonic()
        with suppress(ConnectionClosed):
            while True:
                if self._microphone is not None:
                    await self._socket.send(self._microphone.next().pcm)
                due += FRAME_MS / 1000
                await asyncio.sleep(max(0.0, due - time.monotonic()))


def login_session(user: Any) -> str:
    """The key of a new session of this user, as signing in would make it. ORM."""
    engine: Any = import_module(settings.SESSION_ENGINE)
    session = engine.SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
