"""The media socket from outside, without a worker behind it: what is refused, and that it is refused before anything changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.conf import settings
from twilio.request_validator import RequestValidator

from channels_io.kinds.twilio_voice import consumer
from channels_io.kinds.twilio_voice.consumer import TwilioVoiceConsumer
from channels_io.kinds.twilio_voice.gate import Gate
from channels_io.models import Channel, Contact, Conversation, Leg, PhoneCall
from channels_io.twilio_hooks import socket_address
from parley.accounts.models import Workspace
from tests.support.telephone import AUTH_TOKEN, SID, ask, telephone, token_in

pytestmark = pytest.mark.django_db(transaction=True)

FORBIDDEN = {"type": "websocket.close", "code": 1008}


@pytest.fixture
def line(acme: Workspace) -> Channel:
    return telephone(acme)


async def rows(query: Any, *arguments: Any, **named: Any) -> Any:
    return await database_sync_to_async(query)(*arguments, **named)


def socket(
    channel: Channel, *, url: str = "", token: str = AUTH_TOKEN, query: bytes = b"", signed: bool = True
) -> ApplicationCommunicator:
    path = f"/ws/twilio_voice/{channel.public_id}/"
    signature = RequestValidator(token).compute_signature(url or socket_address(path), {})
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": query,
        "headers": [(b"x-twilio-signature", str(signature).encode())] if signed else [],
        "client": ("192.0.2.1", 40000),
        "url_route": {"kwargs": {"channel": channel.public_id}},
    }
    return ApplicationCommunicator(TwilioVoiceConsumer.as_asgi(), scope)


def start_frame(channel: Channel, token: str, sid: str = SID, **more: Any) -> str:
    assert channel.account is not None
    details = {
        "streamSid": "MZ1",
        "accountSid": channel.account.number,
        "callSid": sid,
        "tracks": ["inbound"],
        "customParameters": {"token": token},
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        **more,
    }
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": details})


@asynccontextmanager
async def connected(line: ApplicationCommunicator) -> AsyncIterator[ApplicationCommunicator]:
    await line.send_input({"type": "websocket.connect"})
    assert (await line.receive_output(5))["type"] == "websocket.accept"
    try:
        yield line
    finally:
        await line.send_input({"type": "websocket.disconnect", "code": 1000})
        await line.wait(5)


async def nothing_changed() -> None:
    assert await rows(lambda: [Leg.objects.count(), Conversation.objects.count(), Contact.objects.count()]) == [0, 0, 0]
    call = await rows(lambda: PhoneCall.objects.first())
    assert call is None or (call.status == "ringing" and call.leg_id is None)


async def test_without_twilios_signature_nothing_is_accepted(line: Channel) -> None:
    path = f"/ws/twilio_voice/{line.public_id}/"
    for forged in (
        socket(line, signed=False),
        socket(line, token="another"),
        socket(line, url=settings.PARLEY_PUBLIC_URL + path),
        socket(line, url=f"wss://evil.example{path}"),
        socket(line, query=b"token=x"),
    ):
        await forged.send_input({"type": "websocket.connect"})
        assert await forged.receive_output(5) == FORBIDDEN
    await nothing_changed()


async def test_a_channel_that_is_off_accepts_nothing(line: Channel) -> None:
    await rows(Channel.objects.update, enabled=False)
    handshake = socket(line)
    await handshake.send_input({"type": "websocket.connect"})
    assert await handshake.receive_output(5) == FORBIDDEN


@pytest.mark.parametrize(
    "first",
    [
        "no json",
        '{"event":"media","media":{"payload":"////"}}',
        '{"event":"stop"}',
        '{"event":"hello"}',
        '{"event":"start"}',
        "x" * 20_000,
    ],
)
async def test_a_stream_begins_with_its_start(line: Channel, first: str) -> None:
    await rows(ask, line, "voice")
    async with connected(socket(line)) as twilio:
        await twilio.send_input({"type": "websocket.receive", "text": '{"event":"connected","protocol":"Call"}'})
        await twilio.send_input({"type": "websocket.receive", "text": first})
        assert await twilio.receive_output(5) == FORBIDDEN
    await nothing_changed()


async def test_a_token_that_is_not_this_calls_closes_the_socket(acme: Workspace, line: Channel) -> None:
    token = token_in(await rows(ask, line, "voice"))
    other = token_in(await rows(ask, line, "voice", CallSid="CA2"))
    digest = (await rows(PhoneCall.objects.get, provider_id=SID)).stream_digest
    for frame in (
        start_frame(line, ""),
        start_frame(line, "x" * 43),
        start_frame(line, other),
        start_frame(line, digest),
        start_frame(line, token, sid="CA2"),
        start_frame(line, token, sid="CA404"),
        start_frame(line, token, accountSid="AC" + "f" * 32),
    ):
        async with connected(socket(line)) as twilio:
            await twilio.send_input({"type": "websocket.receive", "text": frame})
            assert await twilio.receive_output(5) == FORBIDDEN
    await nothing_changed()
    assert (await rows(PhoneCall.objects.get, provider_id=SID)).stream_digest == digest, "and it still opens"


async def test_a_socket_that_keeps_silent_is_closed(line: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "START_SECONDS", 0.05)
    async with connected(socket(line)) as twilio:
        assert await twilio.receive_output(5) == FORBIDDEN
    await nothing_changed()


async def test_five_hundred_silent_sockets_do_not_keep_a_call_from_being_taken(
    line: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(most=200, most_of_one=100)
    monkeypatch.setattr(consumer, "GATE", gate)
    trusted = await rows(Channel.objects.select_related("account__workspace", "agent", "workspace").get, pk=line.pk)

    async def believed(self: TwilioVoiceConsumer) -> Channel:
        return trusted

    with (
        monkeypatch.context() as patch
    ):  # Who has seen one handshake can repeat it: its signature is the same each time.
        patch.setattr(TwilioVoiceConsumer, "_trusted", believed)
        silent = [socket(line) for _ in range(500)]
        for each in silent:
            await each.send_input({"type": "websocket.connect"})
            assert (await each.receive_output(5))["type"] == "websocket.accept"
    assert len(gate) == 100, "of one address no more wait"
    assert gate.dropped == 400
    taken = asyncio.Event()

    async def carried(self: TwilioVoiceConsumer, channel: Channel, call: PhoneCall, start: object) -> None:
        assert call.provider_id == SID
        taken.set()

    monkeypatch.setattr(TwilioVoiceConsumer, "_carry", carried)
    token = token_in(await rows(ask, line, "voice"))
    async with asyncio.timeout(1.0):
        call = socket(line)
        await call.send_input({"type": "websocket.connect"})
        assert (await call.receive_output(1))["type"] == "websocket.accept"
        await call.send_input({"type": "websocket.receive", "text": start_frame(line, token)})
        await taken.wait()
    for each in silent:
        await each.send_input({"type": "websocket.disconnect", "code": 1000})
        await each.wait(5)
    assert len(gate) == 0
