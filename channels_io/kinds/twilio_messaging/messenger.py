"""Speaks for one Twilio sender, through Twilio's own client. Blocking; raises SendFailed only."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from channels_io import carrier_files, recordings
from channels_io.hooks import hook_url
from channels_io.kinds.twilio_messaging.codec import address_for, is_whatsapp, media_of, message_of_list
from channels_io.kinds.twilio_messaging.problems import send_failed
from channels_io.kinds.twilio_messaging.templates import fields_of, variables
from channels_io.kinds.twilio_messaging.tickets import ticket_for
from channels_io.message_settings import MessageSettings
from channels_io.messaging.content import (
    ChoicesContent,
    Content,
    MediaContent,
    TemplateContent,
    TextContent,
    VoiceNoteContent,
    as_text,
    from_json,
)
from channels_io.messaging.provider import Abilities, IncomingMedia, IncomingMessage, SendFailed, Sent
from channels_io.messaging.segments import length_of, segments_of
from channels_io.models import Account, Channel, MessageTemplate, OutboundMessage
from channels_io.twilio_rest import TwilioFailed, base_url, rest_client, sign_in, told_apart

TEXT_LIMIT: Final = 1600
WHATSAPP_HOURS: Final = 24
LOOKED_THROUGH: Final = 50
"""Newest messages to one person that are searched for one whose sending had no answer."""
SINCE_MOST: Final = 5_000
PAGE: Final = 500
CLOCKS: Final = timedelta(minutes=2)
"""Twilio's clock and ours may differ by so much."""
VOICE_NOTE_MOST: Final = 16_000_000
CONTENT_URL: Final = "https://content.twilio.com"


class TwilioMessenger:
    def __init__(self, channel: Channel, account: Account) -> None:
        self.channel = channel
        self.account = account
        self._settings = MessageSettings.of(channel.settings)
        whatsapp = is_whatsapp(channel.address)
        self.abilities = Abilities(
            scope="whatsapp" if whatsapp else "sms",
            text_limit=TEXT_LIMIT,
            buttons=self._most_choices(1, 3) if whatsapp else 0,
            rows=self._most_choices(4, 10) if whatsapp else 0,
            voice_notes=whatsapp,
            templates=whatsapp,
            window_hours=WHATSAPP_HOURS if whatsapp else 0,
            lists_messages=True,
            confirms_stop=not whatsapp,  # its default for SMS; ours would be refused with 21610
        )

    def send(self, to: str, content: Content, *, key: str) -> Sent:
        words = self._words_of(content)
        with _failing():
            client = rest_client(self.account)
            sent = client.messages.create(
                to=address_for(to, self.channel.address),
                status_callback=f"{hook_url(self.channel, 'status')}?key={quote(key)}",
                **self._sender(),
                **words,
            )
            provider_id, counted = str(sent.sid or ""), str(sent.num_segments or "")
        if not provider_id:
            raise SendFailed("Twilio named no message.", code="bad_answer", verdict="unknown")
        return Sent(provider_id=provider_id, segments=self._segments(counted, words))

    def look_up(self, message: OutboundMessage) -> Sent | None:
        """One that is to this person, from us, since then, with these words, and not another message of ours."""
        content = from_json(message.content)
        expected = _plain(as_text(content))
        began = message.created_at - CLOCKS
        with _failing():
            listed = rest_client(self.account).messages.list(
                to=address_for(message.thread.address, self.channel.address), limit=LOOKED_THROUGH
            )
        ours = [
            entry
            for entry in listed
            if str(entry.direction).startswith("outbound")
            and (entry.date_created is None or _aware(entry.date_created) >= began)
            and (_plain(entry.body or "") == expected or not isinstance(content, TextContent | ChoicesContent))
        ]
        known = set(
            OutboundMessage.objects.filter(
                channel=self.channel, provider_id__in=[entry.sid for entry in ours]
            ).values_list("provider_id", flat=True)
        )
        for entry in reversed(ours):
            if entry.sid and entry.sid not in known:
                return Sent(provider_id=entry.sid, segments=_count(str(entry.num_segments or "")))
        return None

    def seen(self, message: IncomingMessage) -> None:
        """Twilio has neither read marks nor typing for these lines."""

    def download(self, media: IncomingMedia, limit: int) -> bytes:
        with _failing():
            user, password = sign_in(self.account)
            base = base_url(self.account)
        basic = b64encode(f"{user}:{password}".encode()).decode()
        return carrier_files.fetch(media.reference, limit, base=base, credentials={"Authorization": f"Basic {basic}"})

    def since(self, moment: datetime, until: datetime | None = None) -> Iterable[IncomingMessage]:
        before = {} if until is None else {"date_sent_before": until.astimezone(UTC)}
        with _failing():
            client = rest_client(self.account)
            listed = client.messages.list(
                to=self.channel.address,
                date_sent_after=moment.astimezone(UTC),
                limit=SINCE_MOST,
                page_size=PAGE,
                **before,
            )
            if len(listed) >= SINCE_MOST:  # Twilio lists the newest first: the rest would be the older ones.
                raise SendFailed("The list of messages is too long.", code="too_many", verdict="later")
            came = [entry for entry in listed if entry.direction == "inbound"]
            found = [
                message_of_list(
                    str(entry.sid),
                    str(entry.from_ or ""),
                    str(entry.body or ""),
                    _moment(entry.date_sent or entry.date_created),
                    self._media(client, entry),
                )
                for entry in reversed(came)
            ]
        return [message for message in found if message is not None]

    def templates(self) -> Sequence[MessageTemplate]:
        with _failing():
            client = rest_client(self.account)
            base = base_url(self.account)
            client.content.base_url = CONTENT_URL if base == "https://api.twilio.com" else base
            listed = client.content.v1.content_and_approvals.list(limit=PAGE, page_size=100)
        now = timezone.now()
        rows = []
        for entry in listed:
            approval = entry.approval_requests if isinstance(entry.approval_requests, dict) else {}
            types = entry.types if isinstance(entry.types, dict) else {}
            fields = fields_of(str(entry.friendly_name or ""), str(entry.language or ""), types, approval)
            if fields is not None and entry.sid:
                rows.append(
                    MessageTemplate(
                        workspace_id=self.account.workspace_id,
                        account=self.account,
                        reference=entry.sid,
                        fetched_at=now,
                        **fields,
                    )
                )
        return rows

    # --- what is sent ---------------------------------------------------------------------------

    def _sender(self) -> dict[str, str]:
        service = self._settings.messaging_service
        along = {"messaging_service_sid": service} if service else {}
        return {"from_": self.channel.address, **along}

    def _words_of(self, content: Content) -> dict[str, Any]:
        """Arguments of messages.create. Raises SendFailed."""
        match content:
            case TemplateContent(reference=reference, language=language, values=values):
                row = MessageTemplate.objects.filter(account=self.account, reference=reference, language=language)
                template = row.first()
                parts = template.parts if template is not None else []
                return {"content_sid": reference, "content_variables": variables(parts, values)}
            case ChoicesContent() if sid := self._tappable(content):
                return {"content_sid": sid, "content_variables": _choices_variables(content)}
            case VoiceNoteContent(audio=audio) if is_whatsapp(self.channel.address) and self._can_be_fetched(audio):
                ticket = ticket_for(self.channel.public_id, audio)
                return {"media_url": [hook_url(self.channel, f"media/{ticket}")]}
            case MediaContent(url=url, caption=caption) if is_whatsapp(self.channel.address):
                return {"media_url": [url], **({"body": _bounded(caption)} if caption else {})}
        return {"body": _bounded(as_text(content))}

    def _tappable(self, content: ChoicesContent) -> str:
        if not is_whatsapp(self.channel.address) or length_of(content.text) > 1024:
            return ""
        most = 20 if len(content.choices) <= 3 else 24
        fits = all(0 < length_of(choice.label) <= most and choice.value for choice in content.choices)
        return self._choices_content(len(content.choices)) if fits else ""

    def _choices_content(self, count: int) -> str:
        """SID of the content for so many answers (quick reply, list picker), where one is set."""
        return self._settings.choices_content.get(str(count), "")

    def _most_choices(self, least: int, most: int) -> int:
        return max((count for count in range(least, most + 1) if self._choices_content(count)), default=0)

    def _can_be_fetched(self, audio: str) -> bool:
        """Twilio comes for it over the internet; the simulator is here."""
        if not self.account.simulated and not settings.PARLEY_PUBLIC_URL.startswith("https://"):
            return False
        try:
            return 0 < recordings.path_of(audio).stat().st_size <= VOICE_NOTE_MOST
        except (OSError, ValueError):
            return False

    def _segments(self, counted: str, words: dict[str, Any]) -> int:
        """Twilio says 0 while a messaging service has not chosen a sender."""
        if self.abilities.scope == "sms" and not _count(counted):
            return segments_of(str(words.get("body", ""))).count
        return _count(counted)

    def _media(self, client: Any, entry: Any) -> list[IncomingMedia]:
        if not _count(str(entry.num_media or "")):
            return []
        base, whatsapp = base_url(self.account), is_whatsapp(str(entry.from_))
        return [
            media_of(
                base + str(file.uri).removesuffix(".json"), str(file.content_type or "").lower(), whatsapp=whatsapp
            )
            for file in client.messages(entry.sid).media.list(limit=10)
        ]


def messenger_for(channel: Channel) -> TwilioMessenger:
    """Raises LookupError for a channel without an account."""
    if channel.account is None:
        raise LookupError("This channel has no account at Twilio.")
    return TwilioMessenger(channel, channel.account)


@contextmanager
def _failing() -> Iterator[None]:
    try:
        with told_apart():
            yield
    except TwilioFailed as error:
        raise send_failed(error) from error


def _choices_variables(content: ChoicesContent) -> str:
    """{{1}} is the question, then the labels, then the values, in order."""
    texts = [content.text, *(choice.label for choice in content.choices), *(choice.value for choice in content.choices)]
    return json.dumps({str(number): text for number, text in enumerate(texts, 1)}, ensure_ascii=False)


def _bounded(text: str) -> str:
    if length_of(text) > TEXT_LIMIT:
        raise SendFailed(f"A message has at most {TEXT_LIMIT} characters.", code="too_long", verdict="never")
    if not text.strip():
        raise SendFailed("There is nothing to send.", code="empty", verdict="never")
    return text


def _plain(text: str) -> str:
    return " ".join(text.split())


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _aware(moment: datetime) -> datetime:
    """Twilio's client gives UTC, some versions without saying so."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else _aware(moment)
