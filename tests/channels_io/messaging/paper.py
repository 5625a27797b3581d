"""A provider made of paper: what is sent lies in `POST.sent`, and what goes wrong is written down beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from channels_io.base import ChannelKind
from channels_io.messaging.content import Content, as_text
from channels_io.messaging.provider import Abilities, IncomingMedia, IncomingMessage, SendFailed, Sent
from channels_io.models import Channel, MessageTemplate, OutboundMessage

KIND = ChannelKind(
    name="paper",
    label="Paper",
    icon="mail",
    media="text",
    provider="twilio",
    messenger="tests.channels_io.messaging.paper.messenger_for",
)


@dataclass(slots=True)
class Letter:
    to: str
    content: Content
    key: str
    provider_id: str

    @property
    def text(self) -> str:
        return as_text(self.content)


@dataclass(slots=True)
class Post:
    abilities: Abilities = Abilities(scope="sms", text_limit=1600, lists_messages=True)
    sent: list[Letter] = field(default_factory=list)
    failures: list[SendFailed | Exception] = field(default_factory=list)
    """Raised by the next sends, in this order."""
    taken_anyway: bool = False
    """A send that raises was taken all the same."""
    look_ups: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    came: list[IncomingMessage] = field(default_factory=list)
    """The provider's own list of what was written to us."""
    listed_most: int = 1000
    asked_since: list[datetime] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def can(self, **abilities: Any) -> None:
        self.abilities = replace(self.abilities, **abilities)

    @property
    def texts(self) -> list[str]:
        return [letter.text for letter in self.sent]


POST = Post()


class PaperMessenger:
    def __init__(self) -> None:
        self.abilities = POST.abilities

    def send(self, to: str, content: Content, *, key: str) -> Sent:
        failure = POST.failures.pop(0) if POST.failures else None
        letter = Letter(to, content, key, f"SM{len(POST.sent):032x}")
        if failure is None or POST.taken_anyway:
            POST.sent.append(letter)
        if failure is not None:
            raise failure
        return Sent(provider_id=letter.provider_id, segments=1)

    def look_up(self, message: OutboundMessage) -> Sent | None:
        POST.look_ups.append(message.public_id)
        if not POST.abilities.lists_messages:
            return None
        found = next((letter for letter in POST.sent if letter.key == message.public_id), None)
        return None if found is None else Sent(provider_id=found.provider_id, segments=1)

    def seen(self, message: IncomingMessage) -> None:
        POST.seen.append(message.key)

    def download(self, media: IncomingMedia, limit: int) -> bytes:
        if media.reference not in POST.files:
            raise SendFailed("It is gone.", code="media_gone", verdict="never")
        return POST.files[media.reference]

    def since(self, moment: datetime, until: datetime | None = None) -> Iterable[IncomingMessage]:
        POST.asked_since.append(moment)
        found = [
            each for each in POST.came if each.at is None or moment < each.at and (until is None or each.at < until)
        ]
        if len(found) > POST.listed_most:
            raise failed("later", "too_many")
        return found

    def templates(self) -> Sequence[MessageTemplate]:
        return []


def messenger_for(channel: Channel) -> PaperMessenger:
    return PaperMessenger()


def failed(verdict: Any, code: str = "trouble", retry_after: float = 0.0) -> SendFailed:
    return SendFailed("Trouble.", code=code, verdict=verdict, retry_after=retry_after)
