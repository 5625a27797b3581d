"""Twilio's forms and lists → our words. Pure.

An address on WhatsApp reads "whatsapp:+353..." at Twilio and "+353..." with us: whether a channel is SMS or WhatsApp is said
by the channel's own address, which keeps the prefix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from channels_io.messaging.provider import DeliveryReport, IncomingMedia, IncomingMessage
from channels_io.sanitize import clean_text

WHATSAPP: Final = "whatsapp:"
MOST_MEDIA: Final = 10
MAX_WORDS: Final = 8_000
"""Twice what any sender of theirs can write."""
MAX_NAME: Final = 200
MAX_ADDRESS: Final = 200
STATUSES: Final[Mapping[str, Literal["sent", "delivered", "read", "failed"]]] = {
    "sent": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
"""Any other status says that the message is on its way, which we know."""

_E164: Final = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)
_SID: Final = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,10})?", re.ASCII)


def is_whatsapp(address: str) -> bool:
    return address.startswith(WHATSAPP)


def person_of(address: str) -> str:
    """ "whatsapp:+353..." → "+353..."."""
    return address.removeprefix(WHATSAPP)


def address_for(person: str, sender: str) -> str:
    """How `person` is written to from `sender`."""
    return f"{WHATSAPP}{person}" if is_whatsapp(sender) else person


def message_of_form(form: Mapping[str, str]) -> IncomingMessage | None:
    """What came in; None for what is no message of a person."""
    key = form.get("MessageSid") or form.get("SmsSid", "")
    sender = clean_text(form.get("From", ""), MAX_ADDRESS)
    person = person_of(sender)
    if not _SID.fullmatch(key) or not person:
        return None
    media = tuple(_media_of_form(form))
    choice = clean_text(form.get("ButtonPayload", ""), 256) if form.get("ButtonType", "REPLY") == "REPLY" else ""
    text = clean_text(form.get("Body", ""), MAX_WORDS)
    return IncomingMessage(
        key=key,
        address=person,
        identities=identities_of(sender),
        text=text or clean_text(form.get("ButtonText", ""), MAX_WORDS) or _place(form),
        name=clean_text(form.get("ProfileName", ""), MAX_NAME),
        media=media,
        choice=choice,
        reply_to=clean_text(form.get("OriginalRepliedMessageSid", ""), 64),
    )


def report_of_form(form: Mapping[str, str], key: str) -> tuple[str, DeliveryReport] | None:
    """(Twilio's word, report); `key`: our message, as it stood in the callback's address."""
    word = form.get("MessageStatus") or form.get("SmsStatus", "")
    provider_id = form.get("MessageSid") or form.get("SmsSid", "")
    status = STATUSES.get(word)
    if status is None or not _SID.fullmatch(provider_id):
        return None
    failed = status == "failed"
    report = DeliveryReport(
        provider_id=provider_id,
        status=status,
        error_code=clean_text(form.get("ErrorCode", ""), 20) if failed else "",
        error=clean_text(form.get("ErrorMessage", ""), 300) if failed else "",
        key=clean_text(key, 40),
    )
    return word, report


def message_of_list(
    sid: str, sender: str, body: str, at: datetime | None, media: Sequence[IncomingMedia] = ()
) -> IncomingMessage | None:
    """An entry of the message list: it knows neither the person's name nor what was tapped."""
    if not _SID.fullmatch(sid) or not person_of(sender):
        return None
    return IncomingMessage(
        key=sid,
        address=person_of(clean_text(sender, MAX_ADDRESS)),
        identities=identities_of(clean_text(sender, MAX_ADDRESS)),
        text=clean_text(body, MAX_WORDS),
        at=at,
        media=tuple(media),
    )


def identities_of(sender: str) -> tuple[tuple[str, str], ...]:
    """A number where it is one; a short code or a name is a sender of its own; on WhatsApp what is no number is a user id."""
    person = person_of(sender)
    if _E164.fullmatch(person):
        return (("phone", person),)
    return (("whatsapp" if is_whatsapp(sender) else "sender", person),)


def _media_of_form(form: Mapping[str, str]) -> list[IncomingMedia]:
    announced = form.get("NumMedia", "0")
    count = min(int(announced), MOST_MEDIA) if announced.isascii() and announced.isdigit() and len(announced) < 4 else 0
    found = []
    for number in range(count):
        url = clean_text(form.get(f"MediaUrl{number}", ""), 2_000)
        mime = clean_text(form.get(f"MediaContentType{number}", ""), 100).lower()
        if url:
            found.append(media_of(url, mime, whatsapp=is_whatsapp(form.get("From", ""))))
    return found


def media_of(url: str, mime: str, *, whatsapp: bool) -> IncomingMedia:
    """On WhatsApp a sound in Ogg is what its microphone button records."""
    return IncomingMedia(reference=url, mime=mime, voice=whatsapp and mime.split(";")[0] == "audio/ogg")


def _place(form: Mapping[str, str]) -> str:
    latitude, longitude = form.get("Latitude", ""), form.get("Longitude", "")
    if not _NUMBER.fullmatch(latitude) or not _NUMBER.fullmatch(longitude):
        return ""
    words = [clean_text(form.get(name, ""), 300) for name in ("Label", "Address")]
    return ", ".join([*filter(None, words), f"[location {latitude}, {longitude}]"])
