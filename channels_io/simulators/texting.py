"""One person who writes to an agent and reads its answers, over whichever carrier's simulator stands behind the channel."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from channels_io.simulators.meta import MetaSimulator
from channels_io.simulators.meta import Person as Correspondent
from channels_io.simulators.stand_in import META, StandIn
from channels_io.simulators.twilio import TwilioSimulator
from channels_io.simulators.twilio.message_centre import WHATSAPP
from channels_io.simulators.world import World

FIRST_SECONDS = 60.0
"""So long an answer may take."""
MORE_SECONDS = 4.0
"""After an answer, until no further one is expected."""


class NotTaken(Exception):
    """The webhook did not take the message; the message says how it answered."""


@dataclass(frozen=True, slots=True)
class Got:
    """What the person reads."""

    text: str
    media: tuple[str, ...] = ()
    status: str = ""


class Texter(Protocol):
    async def send(self, text: str, media: Path | None) -> None:
        """Raises NotTaken."""

    def got(self) -> list[Got]:
        """All that came, oldest first."""


async def answers(
    texter: Texter, text: str, media: Path | None = None, *, more_seconds: float = MORE_SECONDS
) -> list[Got]:
    """Send, then wait for what comes back: at least one answer, or nothing within a minute. Raises NotTaken."""
    before = len(texter.got())
    await texter.send(text, media)
    loop = asyncio.get_running_loop()
    ends, seen = loop.time() + FIRST_SECONDS, before
    while loop.time() < ends:
        if len(texter.got()) > seen:
            seen = len(texter.got())
            ends = loop.time() + more_seconds
        await asyncio.sleep(0.1)
    return texter.got()[before:]


class TwilioTexter:
    def __init__(self, twilio: TwilioSimulator, stand_in: StandIn, sender: str) -> None:
        self._twilio = twilio
        self._to = stand_in.channel.address
        self._sender = f"{WHATSAPP}{sender}" if self._to.startswith(WHATSAPP) else sender

    async def send(self, text: str, media: Path | None) -> None:
        record = await self._twilio.sms(text, sender=self._sender, to=self._to, media=read_media(media))
        if not record.hooks:
            raise NotTaken(f"{self._to} has no webhook for messages.")
        hook = record.hooks[-1]
        if not hook.ok:
            raise NotTaken(refusal(hook.status, hook.url))

    def got(self) -> list[Got]:
        return [
            Got(record.body, tuple(url for url, _ in record.media), record.status)
            for record in self._twilio.sent_to(self._sender)
        ]


class MetaTexter:
    def __init__(self, meta: MetaSimulator, sender: str) -> None:
        self._meta = meta
        self._person = Correspondent(sender.removeprefix("+"))

    async def send(self, text: str, media: Path | None) -> None:
        if media is not None:
            [(data, mime)] = read_media(media)
            kind = mime.partition("/")[0]
            kind = kind if kind in {"image", "audio", "video"} else "document"
            await self._meta.media(self._person, data, mime, kind=kind, voice=kind == "audio", caption=text)
        else:
            await self._meta.text(self._person, text)
        delivery = self._meta.ledger.deliveries[-1]
        if not 200 <= delivery.status < 300:
            raise NotTaken(refusal(delivery.status or None, self._meta.hook))

    def got(self) -> list[Got]:
        return [
            Got(send.text or f"({send.type})", (send.type,) if not send.text else ())
            for send in self._meta.ledger.sends
            if send.to == self._person.number
        ]


def texter_of(world: World, stand_in: StandIn, sender: str) -> Texter:
    """`sender` is E.164."""
    if is_meta(stand_in) and world.meta is not None:
        return MetaTexter(world.meta, sender)
    return TwilioTexter(world.twilio, stand_in, sender)


def is_meta(stand_in: StandIn) -> bool:
    return stand_in.channel.kind == META


def read_media(path: Path | None) -> Sequence[tuple[bytes, str]]:
    """Raises OSError."""
    if path is None:
        return ()
    return [(path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream")]


def refusal(status: int | None, url: str) -> str:
    """Why a webhook took nothing, and what to do."""
    match status:
        case None:
            return f"Nobody answers at {url}. Start Parley with `make run` and try again."
        case 403:
            return (
                f"{url} refused the signature. Was the account made on another server, or is PARLEY_PUBLIC_URL here "
                "another one than that of the running server?"
            )
        case 404:
            return f"{url} is not known there. Does the running server have the same version as this command?"
        case 503:
            return f"{url} cannot take it now: its database is away. Look at the web process's log."
    return f"{url} answered {status}. Look at the web process's log."
