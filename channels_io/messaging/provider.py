"""What a messaging kind brings: its provider's words turned into ours, and a `Messenger` that sends. Data and Protocols only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec
from msgspec import Struct

from inference.errors import ParleyError

if TYPE_CHECKING:
    from channels_io.messaging.content import Content
    from channels_io.models import MessageTemplate, OutboundMessage


class IncomingMedia(Struct, frozen=True):
    """`reference`: the provider's URL or media id, good for `Messenger.download`."""

    reference: str
    mime: str = ""
    voice: bool = False
    """Recorded as a voice note: to be transcribed, not just noted."""
    name: str = ""
    size: int = 0


class IncomingMessage(Struct, frozen=True):
    """`InboundEvent.body` of a message."""

    key: str
    """The provider's message id."""
    address: str
    """Where an answer goes: E.164; on WhatsApp the user id of who shows no number."""
    identities: tuple[tuple[str, str], ...]
    """(kind, value) as in `Identity`, the most lasting one first."""
    text: str = ""
    name: str = ""
    """As the person calls themselves."""
    at: datetime | None = None
    media: tuple[IncomingMedia, ...] = ()
    choice: str = ""
    """Value of the button or list row that was tapped; `text` is then its label."""
    reply_to: str = ""
    """Provider's id of the message that is answered."""


class DeliveryReport(Struct, frozen=True):
    """`InboundEvent.body` of a status."""

    provider_id: str
    status: Literal["sent", "delivered", "read", "failed"]
    at: datetime | None = None
    error_code: str = ""
    error: str = ""
    key: str = ""
    """Our `OutboundMessage.public_id`, where the provider gives it back."""


def body_of(incoming: IncomingMessage | DeliveryReport) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(incoming)
    return built


def message_of(body: dict[str, Any]) -> IncomingMessage:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(body, IncomingMessage)


def report_of(body: dict[str, Any]) -> DeliveryReport:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(body, DeliveryReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a provider's line can carry."""

    scope: Literal["sms", "whatsapp"]
    text_limit: int
    """Characters of one message."""
    buttons: int = 0
    """Most answers as buttons; 0 = none."""
    rows: int = 0
    """Most answers as a list; 0 = none."""
    voice_notes: bool = False
    templates: bool = False
    window_hours: int = 0
    """Free words only so long after the person's last message; 0 = always."""
    lists_messages: bool = False
    """`look_up` and `since` have something to look in."""
    confirms_stop: bool = False
    """The provider itself answers STOP, START and HELP: an answer of ours would come on top, or be refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    provider_id: str
    segments: int = 0


class SendFailed(ParleyError):
    """`verdict`: "never" = as it is it will not be taken (bad number, closed window, opted out);
    "later" = try again, after `retry_after` seconds if given; "unknown" = it may have been taken: look it up first.
    """

    code = "send_failed"

    def __init__(
        self, message: str, *, code: str, verdict: Literal["never", "later", "unknown"], retry_after: float = 0.0
    ) -> None:
        super().__init__(message, code=code)
        self.verdict = verdict
        self.retry_after = retry_after


class Messenger(Protocol):
    """Speaks for one channel. Blocking; every call has a time limit of its own and raises SendFailed only."""

    abilities: Abilities

    def send(self, to: str, content: Content, *, key: str) -> Sent:
        """`key` goes along where the provider gives it back or takes it as an idempotency key."""

    def look_up(self, message: OutboundMessage) -> Sent | None:
        """Whether the provider has it although no answer came. None = it certainly has not, or cannot say."""

    def seen(self, message: IncomingMessage) -> None:
        """Read mark, and "is typing" where there is one. Never raises."""

    def download(self, media: IncomingMedia, limit: int) -> bytes:
        """At most `limit` bytes, or SendFailed (code "too_large", "media_gone")."""

    def since(self, moment: datetime, until: datetime | None = None) -> Iterable[IncomingMessage]:
        """Every message that came to this channel after `moment` (and before `until`), oldest first, for filling gaps.

        All of them or SendFailed: code "too_many" where the list is longer than can be asked for at once.
        """

    def templates(self) -> Sequence[MessageTemplate]:
        """Unsaved rows of what the provider has approved."""
