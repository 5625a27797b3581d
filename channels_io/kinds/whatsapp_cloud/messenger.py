"""Speaks for one WhatsApp number at Meta. Blocking; raises SendFailed only."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from django.utils import timezone

from channels_io import carrier_files, recordings
from channels_io.kinds.whatsapp_cloud.graph import Graph
from channels_io.kinds.whatsapp_cloud.requests import (
    BUTTONS,
    ROWS,
    TEXT_LIMIT,
    Json,
    addressed,
    choices_part,
    media_part,
    seen_body,
    template_part,
    text_part,
    voice_part,
)
from channels_io.kinds.whatsapp_cloud.templates import fields_of
from channels_io.messaging.content import (
    ChoicesContent,
    Content,
    MediaContent,
    TemplateContent,
    TextContent,
    VoiceNoteContent,
)
from channels_io.messaging.provider import Abilities, IncomingMedia, IncomingMessage, SendFailed, Sent
from channels_io.models import Account, Channel, MessageTemplate, OutboundMessage

logger = logging.getLogger(__name__)

VOICE_NOTE_MOST: Final = 512 * 1024
"""Beyond it WhatsApp shows a file to download instead of a voice note."""
VOICE_NOTE: Final = "audio/ogg"
SEEN_SECONDS: Final = 4.0
FILE_HOSTS: Final = ("facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net")
"""Meta's own, where files lie that the Graph names."""
TEMPLATE_PAGES: Final = 20
TEMPLATE_FIELDS: Final = "name,language,status,category,components"

ABILITIES: Final = Abilities(
    scope="whatsapp",
    text_limit=TEXT_LIMIT,
    buttons=BUTTONS,
    rows=ROWS,
    voice_notes=True,
    templates=True,
    window_hours=24,
    lists_messages=False,
)


class MetaMessenger:
    abilities = ABILITIES

    def __init__(self, channel: Channel, account: Account) -> None:
        self.channel = channel
        self.account = account
        self._number = quote(channel.address, safe="")

    def send(self, to: str, content: Content, *, key: str) -> Sent:
        graph = Graph(self.account)
        answer = graph.post(f"{self._number}/messages", addressed(to, self._part(graph, content), key=key))
        messages = answer.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        provider_id = first.get("id") if isinstance(first, dict) else None
        if not isinstance(provider_id, str) or not provider_id:
            raise SendFailed("Meta named no message.", code="bad_answer", verdict="unknown")
        return Sent(provider_id=provider_id)

    def look_up(self, message: OutboundMessage) -> Sent | None:
        """Meta lists no messages. Its statuses bring our key back: they settle it, when there are any."""
        return None

    def seen(self, message: IncomingMessage) -> None:
        try:
            Graph(self.account).post(f"{self._number}/messages", seen_body(message.key), seconds=SEEN_SECONDS)
        except SendFailed as error:
            logger.info("Channel %s: a message could not be marked as read (%s).", self.channel.public_id, error.code)

    def download(self, media: IncomingMedia, limit: int) -> bytes:
        if not media.reference:
            raise SendFailed("There is no file.", code="media_gone", verdict="never")
        graph = Graph(self.account)
        try:
            about = graph.get(quote(media.reference, safe=""))
        except SendFailed as error:
            if error.verdict == "never":  # The Graph says "unsupported request" of a file that is gone.
                raise SendFailed(error.message, code="media_gone", verdict="never") from error
            raise SendFailed(error.message, code=error.code, verdict="later", retry_after=error.retry_after) from error
        url, size = about.get("url"), about.get("file_size")
        if isinstance(size, int) and size > limit:
            raise SendFailed("The file is too large.", code="too_large", verdict="never")
        if not isinstance(url, str) or not url:
            raise SendFailed("Meta names no place of the file.", code="media_gone", verdict="never")
        return carrier_files.fetch(url, limit, base=graph.base, credentials=graph.credentials, hosts=FILE_HOSTS)

    def since(self, moment: datetime, until: datetime | None = None) -> Iterable[IncomingMessage]:
        """Meta lists none. What we did not acknowledge it delivers again by itself."""
        return ()

    def templates(self) -> Sequence[MessageTemplate]:
        graph = Graph(self.account)
        query = {"fields": TEMPLATE_FIELDS, "limit": "100"}
        rows: list[MessageTemplate] = []
        now = timezone.now()
        for _page in range(TEMPLATE_PAGES):
            page = graph.get(f"{quote(self.account.number, safe='')}/message_templates", query)
            for listed in _dicts(page.get("data")):
                if (fields := fields_of(listed)) is not None:
                    rows.append(
                        MessageTemplate(
                            workspace_id=self.account.workspace_id, account=self.account, fetched_at=now, **fields
                        )
                    )
            after = _after(page)
            if not after:
                break
            query = {**query, "after": after}
        return rows

    def _part(self, graph: Graph, content: Content) -> Json:
        """Raises SendFailed."""
        match content:
            case TextContent(text=text):
                return text_part(text)
            case ChoicesContent():
                return choices_part(content)
            case MediaContent():
                return media_part(content)
            case TemplateContent(reference=reference, language=language):
                row = MessageTemplate.objects.filter(account=self.account, reference=reference, language=language)
                template = row.first()
                return template_part(content, template.parts if template is not None else [])
            case VoiceNoteContent(audio=audio, text=text):
                sound = _sound(audio)
                if not sound:
                    return text_part(text)
                return voice_part(graph.upload(f"{self._number}/media", "voice.ogg", sound, VOICE_NOTE))


def messenger_for(channel: Channel) -> MetaMessenger:
    """Raises LookupError for a channel without an account."""
    if channel.account is None:
        raise LookupError("This channel has no account at Meta.")
    return MetaMessenger(channel, channel.account)


def _sound(name: str) -> bytes:
    """b"" for what is not there or too long for a voice note: its text goes out instead."""
    try:
        path = recordings.path_of(name)
        return path.read_bytes() if path.stat().st_size <= VOICE_NOTE_MOST else b""
    except (OSError, ValueError):
        return b""


def _after(page: Json) -> str:
    """The cursor, never Meta's ready-made address: the token goes to the configured base only."""
    paging = page.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) else ""


def _dicts(value: Any) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
