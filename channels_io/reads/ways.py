"""How the words of a person reach the contact of a conversation: the open page, a message, or whoever asks the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.messaging.permitted import FALLBACK, is_open, opted_out
from channels_io.messaging.provider import Messenger
from channels_io.models import Channel, Conversation, Leg, MessageTemplate, Thread
from channels_io.registry import UnknownKind, messenger_of
from inference.errors import ParleyError

ALIVE_SECONDS: Final = 40.0
"""A leg that showed no life for so long is not there."""
ASKED_FOR: Final = ("api",)
"""Kinds whose other side comes and asks."""


@dataclass(frozen=True, slots=True)
class Way:
    """`refused`: code of what stands against free words now, "" for nothing; `why` says it. `until`: when WhatsApp's
    hours end. `templates`: what may be sent all the same."""

    by: Literal["page", "message", "asked", "none"]
    leg: Leg | None = None
    thread: Thread | None = None
    refused: str = ""
    why: str = ""
    until: datetime | None = None
    templates: tuple[MessageTemplate, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "by": self.by,
            "refused": self.refused,
            "why": self.why,
            "until": self.until.isoformat() if self.until else None,
            "templates": [
                {"id": row.public_id, "name": row.name, "language": row.language, "body": row.body}
                for row in self.templates
            ],
        }


def way_of(conversation: Conversation) -> Way:
    """At most six queries. A call that is spoken has none: the person speaks."""
    alive = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    open_legs = conversation.legs.filter(ended_at=None, seen_at__gt=alive).exclude(kind__in=ASKED_FOR)
    page = open_legs.filter(media=Leg.Media.TEXT, channel__account=None).order_by("-pk").first()
    if page is not None:
        return Way("page", leg=page)
    thread = (
        Thread.objects.filter(conversation=conversation)
        .select_related("channel__account", "channel__workspace", "channel__agent")
        .order_by("-heard_at", "-pk")
        .first()
    )
    if thread is not None:
        return _by_message(thread)
    last = conversation.legs.order_by("-pk").first()
    if last is not None and last.kind in ASKED_FOR:
        return Way("asked", leg=last)
    if last is not None and last.media == Leg.Media.VOICE:
        return Way("none", refused="spoken", why=_("This is a call. Take it over to speak with the caller."))
    return Way(
        "none", refused="nobody_there", why=_("The visitor has left the chat. Nothing can be written there now.")
    )


def _by_message(thread: Thread) -> Way:
    try:
        messenger: Messenger = messenger_of(thread.channel)
    except (UnknownKind, LookupError, ParleyError):
        return Way("message", None, thread, "not_connected", _("This channel is off, or its connection is broken."))
    abilities = messenger.abilities
    if not thread.channel.enabled:
        return Way("message", None, thread, "not_connected", _("This channel is off."))
    if opted_out(thread, abilities):
        return Way("message", None, thread, "opted_out", _("This person does not want messages any more (STOP)."))
    until = None
    if abilities.window_hours and thread.heard_at is not None:
        until = thread.heard_at + timedelta(hours=abilities.window_hours)
    templates = _templates(thread.channel) if abilities.templates else ()
    if not is_open(thread, abilities) and not thread.channel.settings.get(FALLBACK):
        why = _("Their last message is more than %(hours)d hours old: only an approved template may be sent.")
        return Way("message", None, thread, "window_closed", why % {"hours": abilities.window_hours}, until, templates)
    return Way("message", None, thread, until=until, templates=templates)


def _templates(channel: Channel) -> tuple[MessageTemplate, ...]:
    rows = MessageTemplate.objects.filter(account=channel.account).order_by("name", "language", "pk")
    return tuple(row for row in rows if row.status.lower() in ("approved", ""))
