"""What a channel kind is, and what a live session needs from a transport.

A kind is a folder under `kinds/` plus one line in `registry.py`. Its `Channel` adapter translates
between the provider's socket and the session: no decisions, no ORM.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, Protocol

from channels_io.live.messages import ChannelEvent, Inbound
from inference.events import Media

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


HOOK_BYTES: Final = 64 * 1024
"""The largest body of a webhook, where a kind says nothing else."""


class CloseCode(IntEnum):
    """Why a socket of ours was closed. Sent after accepting it: a refused handshake shows no code.

    Below 3000 servers let an application send 1000 only.
    """

    NORMAL = 1000
    BAD_TICKET = 4401
    ORIGIN = 4403
    NOT_FOUND = 4404
    SILENT = 4408
    SECOND_SOCKET = 4409
    SLOW_READER = 4410
    TOO_LARGE = 4413
    PROTOCOL = 4422
    WORKER_FULL = 4429
    SERVER_ERROR = 4500
    NO_WORKER = 4503
    RESTARTING = 4512


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """A kind's account of itself: data only, so that pages can list kinds without importing them all."""

    name: str
    label: StrOrPromise
    icon: str
    """Name of a Material Symbol."""
    media: Literal["voice", "text"]
    consumer: str = ""
    """Dotted path of the WebSocket consumer; empty = this kind has no socket of ours."""
    socket_path: str = ""
    """Django route of the socket below `ws/<kind>/`, such as "<str:channel>/"; empty = nothing more."""
    settings: str = ""
    """Dotted path of `(Mapping) -> dict`: what strangers send as `Channel.settings`, checked (ValidationError) and completed.
    Empty = the kind keeps none."""
    provider: str = ""
    """`Account.Provider` that stands behind it; empty = no carrier."""
    webhooks: str = ""
    """Dotted path of URL patterns, served below `hooks/<kind>/`."""
    hook_bytes: int = HOOK_BYTES
    """The largest body that these take."""
    messenger: str = ""
    """Dotted path of `(Channel) -> channels_io.messaging.provider.Messenger`; empty = no messages."""
    dialer: str = ""
    """Dotted path of `(Channel) -> channels_io.telephony.Dialer`; empty = no calls can be placed."""
    setup: str = ""
    """Dotted path of `(Account) -> channels_io.setting_up.SetUp`; empty = there is nothing to set up at a carrier."""


class Channel(Protocol):
    """One open line to a caller. Everything after `close` is silently ignored."""

    kind: str
    media: Media
    can_hold: bool
    """The caller's player can stop and later go on with what it was sent. If not, it drops that on `hold`."""

    def inbound(self) -> AsyncIterator[Inbound]:
        """Caller frames, typed text, digits and played reports, in order; ends with Gone or Hangup."""

    async def send_audio(self, turn: int, pcm: bytes) -> None:
        """Agent audio of reply `turn`, PCM s16le mono at `media.rate_out`, already paced."""

    async def send_tone(self, pcm: bytes) -> None:
        """A sound that is no reply (it rings elsewhere): paced already, and never reported as played."""

    async def clear(self, turn: int) -> None:
        """Reply `turn` was cut: the caller's player must fall silent at once."""

    async def duck(self, turn: int) -> None:
        """Something like speech began: play reply `turn` softer if the transport can."""

    async def hold(self, turn: int, heard: int) -> None:
        """The caller speaks over reply `turn`: silence at once. `release` or `clear` follows.

        Where the player cannot hold, drop what it has: after `release` the session goes on after sample `heard`.
        """

    async def release(self, turn: int) -> None:
        """It was no interruption: full volume, and go on from where it was held."""

    async def send(self, event: ChannelEvent) -> None: ...

    def backlog(self) -> int:
        """Bytes that wait in this process because the caller reads slowly; 0 when unknown."""

    async def close(self, code: int) -> None: ...
