"""The operator's socket around a seat: who is let in, what is sent to whom, and that a slow reader costs only itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from channels_io.live import operator_socket
from channels_io.live.hub import LocalHub
from channels_io.live.operator_socket import EVENTS, OperatorSocket
from channels_io.live.watch_events import CALLER, OwnerIs, PartialWords, Person, encode_event, pack_sound
from channels_io.operator_tickets import OperatorTicket
from tests.support.virtual_time import run_virtual

HOST = b"parley.example"
ALICE = OperatorTicket(workspace="ws_1", conversation="cv_1", user="us_1", name="Alice", listen=True, speak=True)
VIEWER = msgspec.structs.replace(ALICE, listen=False, speak=False)


class Browser:
    """What a page sends and is sent. `stuck`: it reads nothing."""

    def __init__(self, hub: LocalHub, *, conversation: str = "cv_1", origin: bytes = b"https://" + HOST) -> None:
        self.up: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.up.put_nowait({"type": "websocket.connect"})
        self.down: list[dict[str, Any]] = []
        self.stuck = False
        scope = {
            "headers": [(b"host", HOST), (b"origin", origin)],
            "query_string": b"ticket=secret",
            "url_route": {"kwargs": {"conversation": conversation}},
        }
        self.socket = OperatorSocket(scope, self.up.get, self._take, hub)

    async def _take(self, message: dict[str, Any]) -> None:
        if self.stuck and message["type"] == "websocket.send":
            await asyncio.Event().wait()
        self.down.append(message)

    def say(self, **message: Any) -> None:
        self.up.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def send(self, pcm: bytes) -> None:
        self.up.put_nowait({"type": "websocket.receive", "bytes": pcm})

    def leave(self) -> None:
        self.up.put_nowait({"type": "websocket.disconnect"})

    @property
    def code(self) -> int | None:
        last = self.down[-1]
        return int(last["code"]) if last["type"] == "websocket.close" else None

    def texts(self) -> list[dict[str, Any]]:
        return [json.loads(message["text"]) for message in self.down if message.get("text")]

    def sounds(self) -> list[bytes]:
        return [message["bytes"] for message in self.down if message.get("bytes")]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[OperatorTicket | None, Callable[..., Coroutine[Any, Any, None]]], None]:
    """`run(ticket, scene)`: the scene with every ticket being this one, in virtual time."""

    def played(ticket: OperatorTicket | None, scene: Callable[..., Coroutine[Any, Any, None]]) -> None:
        async def redeemed(secret: str) -> OperatorTicket | None:
            return ticket

        monkeypatch.setattr(operator_socket, "redeem_operator_ticket", redeemed)
        run_virtual(scene())

    return played


@pytest.mark.parametrize(
    ("ticket", "more", "code"),
    [
        (None, {}, 4401),
        (ALICE, {"conversation": "cv_2"}, 4401),
        (ALICE, {"origin": b"https://elsewhere.example"}, 4403),
    ],
)
def test_who_is_not_let_in(run: Any, ticket: OperatorTicket | None, more: dict[str, Any], code: int) -> None:
    async def scene() -> None:
        hub = LocalHub()
        browser = Browser(hub, **more)
        await browser.socket.run()
        assert browser.code == code
        assert hub._listeners == {}

    run(ticket, scene)


def test_events_come_down_and_the_microphone_goes_up_while_it_is_theirs(run: Any) -> None:
    async def scene() -> None:
        hub = LocalHub()
        browser = Browser(hub)
        with (
            hub.listening("live:cv_1:control") as control,
            hub.listening("live:cv_1:microphone") as microphone,
        ):
            running = asyncio.create_task(browser.socket.run())
            await asyncio.sleep(0.05)
            assert msgspec.json.decode(await control.get())["do"] == "watch"
            browser.send(bytes(640))
            await asyncio.sleep(0.05)
            assert not microphone._items
            hub.publish("live:cv_1:events", encode_event(OwnerIs("human", Person("us_1", "Alice"), 7)))
            await asyncio.sleep(0.05)
            assert browser.texts() == [
                {"type": "owner", "owner": "human", "user": {"id": "us_1", "name": "Alice"}, "number": 7}
            ]
            browser.send(bytes(640))
            await asyncio.sleep(0.15)
            assert (await microphone.get())[:5] == b"\x01\x00\x00\x00\x07"
            browser.leave()
            await running
            notes = []
            while control._items:
                notes.append(msgspec.json.decode(await control.get()))
            assert {"do": "here", "number": 7} in notes
            assert notes[-1]["do"] == "left"
        assert hub._listeners == {}

    run(ALICE, scene)


@pytest.mark.parametrize(("ticket", "hears"), [(ALICE, True), (VIEWER, False)])
def test_sound_is_for_who_may_listen_and_wants_to(run: Any, ticket: OperatorTicket, hears: bool) -> None:
    async def scene() -> None:
        hub = LocalHub()
        browser = Browser(hub)
        running = asyncio.create_task(browser.socket.run())
        await asyncio.sleep(0.05)
        hub.publish("live:cv_1:sound", pack_sound(CALLER, 20, bytes(640)))
        browser.say(type="listen", on=True)
        await asyncio.sleep(0.05)
        assert ("live:cv_1:sound" in hub._listeners) == hears
        hub.publish("live:cv_1:sound", pack_sound(CALLER, 40, bytes(640)))
        await asyncio.sleep(0.05)
        assert browser.sounds() == ([pack_sound(CALLER, 40, bytes(640))] if hears else [])
        browser.leave()
        await running

    run(ticket, scene)


def test_a_reader_who_takes_nothing_is_closed_and_whoever_speaks_waits_for_nothing(run: Any) -> None:
    async def scene() -> None:
        hub = LocalHub()
        browser = Browser(hub)
        running = asyncio.create_task(browser.socket.run())
        await asyncio.sleep(0.05)
        browser.stuck = True
        for number in range(EVENTS * 2):
            hub.publish("live:cv_1:events", encode_event(PartialWords(str(number))))
        assert len(hub._listeners["live:cv_1:events"][0]._items) == EVENTS
        await asyncio.sleep(20)
        await running
        assert browser.code == 4410

    run(ALICE, scene)


@pytest.mark.parametrize("wrong", [{"text": "{"}, {"text": '{"type":"own"}'}, {"bytes": bytes(641)}])
def test_what_it_does_not_take_closes_it(run: Any, wrong: dict[str, Any]) -> None:
    async def scene() -> None:
        browser = Browser(LocalHub())
        browser.up.put_nowait({"type": "websocket.receive", **wrong})
        await browser.socket.run()
        assert browser.code in (4413, 4422)

    run(ALICE, scene)
