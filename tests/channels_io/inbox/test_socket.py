"""The inbox's live line on the real application, with the real Valkey."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from channels_io.announce import announce
from channels_io.inbox import socket as module
from channels_io.inbox.socket import InboxSocket
from channels_io.live.hub import LocalHub
from channels_io.models import Conversation, OperatorPresence
from parley.accounts.models import Membership, User, Workspace
from parley.asgi import application
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

HOST = b"parley.example"
ClientOf = Callable[[User], Client]


def headers(client: Client | None, origin: bytes = b"http://" + HOST) -> list[tuple[bytes, bytes]]:
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value if client else "nothing"
    return [(b"host", HOST), (b"origin", origin), (b"cookie", f"a=b; {settings.SESSION_COOKIE_NAME}={cookie}".encode())]


def line(client: Client | None, **more: Any) -> WebsocketCommunicator:
    return WebsocketCommunicator(application, "/ws/inbox/", headers=headers(client, **more))


async def close_code(communicator: WebsocketCommunicator, seconds: float = 10.0) -> int:
    async with asyncio.timeout(seconds):
        while (event := await communicator.receive_output(seconds))["type"] != "websocket.close":
            pass
    return int(event["code"])


async def connected(communicator: WebsocketCommunicator) -> WebsocketCommunicator:
    accepted, _ = await communicator.connect(timeout=10)
    assert accepted
    return communicator


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(module.InboxSocket.__init__, "__defaults__", (0.05,))


@pytest.fixture(autouse=True)
async def _let_the_database_go() -> AsyncIterator[None]:
    """A socket that ends leaves its last question to the database's thread: the next one waits for that."""
    yield
    await database_sync_to_async(lambda: None)()


@pytest.fixture
async def alices(alice: User, client_of: ClientOf) -> AsyncIterator[WebsocketCommunicator]:
    opened = await connected(line(await database_sync_to_async(client_of)(alice)))
    await opened.send_json_to({"type": "here", "available": True})
    await until(lambda: OperatorPresence.objects.exists())
    yield opened
    await opened.disconnect()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await database_sync_to_async(condition)():
            await asyncio.sleep(0.02)


async def test_strangers_and_foreign_pages_are_refused(alice: User, client_of: ClientOf) -> None:
    assert await close_code(await connected(line(None))) == 4401
    client = await database_sync_to_async(client_of)(alice)
    assert await close_code(await connected(line(client, origin=b"http://evil.example"))) == 4403


async def test_changes_of_the_workspace_and_of_no_other(
    alices: WebsocketCommunicator, acme: Workspace, globex: Workspace
) -> None:
    await database_sync_to_async(announce)(globex, None, "words")
    heard: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while heard.get("what") != ["alert"]:  # The subscription may begin a moment after the socket.
            await database_sync_to_async(announce)(acme, None, "alert")
            heard = json.loads(await alices.receive_from(timeout=10))
    assert heard == {"type": "changed", "conversation": "", "what": ["alert"]}


async def test_a_conversation_that_begins_is_told(alices: WebsocketCommunicator, acme: Workspace) -> None:
    def talk() -> Conversation:
        agent = make_agent(acme)
        publish(agent)
        return make_conversation(agent)

    await database_sync_to_async(announce)(acme, None, "alert")
    await alices.receive_from(timeout=10)
    made = await database_sync_to_async(talk)()
    what: set[str] = set()
    async with asyncio.timeout(10):
        while not {"live", "words", "status"} <= what:
            message = json.loads(await alices.receive_from(timeout=10))
            if message["conversation"] == made.public_id:
                what |= set(message["what"])


async def test_presence_is_noted(alices: WebsocketCommunicator, alice: User, acme: Workspace) -> None:
    row = await database_sync_to_async(OperatorPresence.objects.get)()
    assert (row.user_id, row.workspace_id, row.available) == (alice.pk, acme.pk, True)


async def test_who_only_looks_on_is_not_waited_for(vera: User, client_of: ClientOf) -> None:
    opened = await connected(line(await database_sync_to_async(client_of)(vera)))
    await opened.send_json_to({"type": "here", "available": True})
    await opened.send_to(text_data="[]")
    assert await close_code(opened) == 4422
    assert not await database_sync_to_async(OperatorPresence.objects.exists)()


async def test_signing_out_ends_it(alice: User, client_of: ClientOf) -> None:
    client = await database_sync_to_async(client_of)(alice)
    opened = await connected(line(client))
    await database_sync_to_async(client.logout)()
    assert await close_code(opened) == 4401


async def test_leaving_the_workspace_ends_it(alices: WebsocketCommunicator, alice: User) -> None:
    await database_sync_to_async(Membership.objects.filter(user=alice).delete)()
    assert await close_code(alices) == 4401


async def test_another_password_ends_it(alices: WebsocketCommunicator, alice: User) -> None:
    alice.set_password("another horse battery")
    await database_sync_to_async(alice.save)()
    assert await close_code(alices) == 4401


async def test_a_slow_reader_is_dropped(alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.02)
    client = await database_sync_to_async(client_of)(alice)
    hub, sent = LocalHub(), []
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await asyncio.Event().wait()
        sent.append(message)

    running = asyncio.create_task(InboxSocket({"headers": headers(client)}, incoming.get, send, hub, 60.0).run())
    topic = "workspace:" + (await database_sync_to_async(Workspace.objects.get)()).public_id
    async with asyncio.timeout(10):
        while not running.done():
            hub.publish(topic, b'{"type":"changed","conversation":"cv_a","what":["words"]}')
            await asyncio.sleep(0.01)
    assert sent[-1] == {"type": "websocket.close", "code": 4410}


async def test_noise_is_refused(alices: WebsocketCommunicator) -> None:
    await alices.send_to(text_data="x" * 2000)
    assert await close_code(alices) == 4422


async def test_one_person_has_so_many_at_most(
    alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PER_PERSON", 1)
    client = await database_sync_to_async(client_of)(alice)
    first = await connected(line(client))
    await first.send_json_to({"type": "here", "available": True})
    await until(lambda: OperatorPresence.objects.exists())
    assert await close_code(await connected(line(client))) == 4429
    await first.disconnect()
