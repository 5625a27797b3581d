"""Meta's webhook bodies → our words: every entry, every change, every message and status of a batch. Pure.

Nothing in here raises: one piece that cannot be read must not hold up the others of its batch, which Meta would send
again and again with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from msgspec import Struct

from channels_io.messaging.provider import DeliveryReport, IncomingMedia, IncomingMessage
from channels_io.sanitize import clean_text

Json = Mapping[str, Any]

MAX_WORDS: Final = 16_000
MAX_ID: Final = 240
MAX_NAME: Final = 200
STATUSES: Final[Mapping[str, Literal["sent", "delivered", "read", "failed"]]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
MEDIA: Final = ("image", "video", "document", "audio")
IGNORED: Final = frozenset({"reaction", "system", "request_welcome", "ephemeral"})
"""Not said to the agent: a thumb up wants no answer, a changed number is no message."""

_DIGITS: Final = re.compile(r"[1-9][0-9]{5,14}", re.ASCII)


class Received(Struct, frozen=True):
    """One thing of a batch. `sender`: the phone number id it came to, or was sent from."""

    sender: str
    event: IncomingMessage | DeliveryReport
    word: str = ""
    """Of a report: Meta's own status."""


def received(payload: Any) -> list[Received]:
    """Everything in a webhook's body that is for us, in its order."""
    found: list[Received] = []
    for value in _values(payload):
        sender = clean_text(_text(_dict(value.get("metadata")).get("phone_number_id")), 80)
        people = [_dict(person) for person in _list(value.get("contacts"))]
        for entry in _list(value.get("messages")):
            if (message := _message(_dict(entry), people)) is not None:
                found.append(Received(sender, message))
        for entry in _list(value.get("statuses")):
            if (told := _report(_dict(entry))) is not None:
                found.append(Received(sender, told[1], told[0]))
    return found


def _values(payload: Any) -> Iterator[Json]:
    for entry in _list(_dict(payload).get("entry")):
        for change in _list(_dict(entry).get("changes")):
            if _dict(change).get("field") == "messages":
                yield _dict(_dict(change).get("value"))


# --- messages -----------------------------------------------------------------------------------


def _message(entry: Json, people: list[Json]) -> IncomingMessage | None:
    key, kind = _text(entry.get("id")), _text(entry.get("type"))
    if not key or len(key) > MAX_ID or kind in IGNORED:
        return None
    number, user_id = _text(entry.get("from")), _text(entry.get("from_user_id"))
    person = _person(people, number, user_id)
    user_id = clean_text(user_id or _text(person.get("user_id")), MAX_NAME)
    number = number or _text(person.get("wa_id"))
    if not _DIGITS.fullmatch(number):
        user_id, number = user_id or clean_text(number, MAX_NAME), ""
    if not number and not user_id:
        return None
    part = _dict(entry.get(kind))
    words, choice = _said(kind, part)
    if kind == "interactive" and _text(part.get("type")) == "call_permission_reply":
        return None
    media = _media(kind, part)
    return IncomingMessage(
        key=key,
        address=f"+{number}" if number else user_id,
        identities=_identities(user_id, number),
        text=clean_text(words, MAX_WORDS) or ("" if media else f"[{clean_text(kind, 40) or 'unsupported'}]"),
        name=clean_text(_text(_dict(person.get("profile")).get("name")), MAX_NAME),
        at=_moment(entry.get("timestamp")),
        media=media,
        choice=clean_text(choice, 256),
        reply_to=clean_text(_text(_dict(entry.get("context")).get("id")), MAX_ID),
    )


def _person(people: list[Json], number: str, user_id: str) -> Json:
    """Who of the value's contacts wrote it. A value with one contact is about that one."""
    for person in people:
        if (number and person.get("wa_id") == number) or (user_id and person.get("user_id") == user_id):
            return person
    return people[0] if len(people) == 1 else {}


def _identities(user_id: str, number: str) -> tuple[tuple[str, str], ...]:
    return (*((("whatsapp", user_id),) if user_id else ()), *((("phone", f"+{number}"),) if number else ()))


def _said(kind: str, part: Json) -> tuple[str, str]:
    """(words, value of what was tapped)"""
    match kind:
        case "text":
            return _text(part.get("body")), ""
        case "button":
            return _text(part.get("text")), _text(part.get("payload"))
        case "interactive":
            return _answered(part)
        case "location":
            return _place(part), ""
        case "image" | "video" | "document":
            return _text(part.get("caption")), ""
        case _:
            return "", ""


def _answered(part: Json) -> tuple[str, str]:
    kind = _text(part.get("type"))
    answer = _dict(part.get(kind))
    match kind:
        case "button_reply" | "list_reply":
            return _text(answer.get("title")), _text(answer.get("id"))
        case "nfm_reply":
            return _form(answer), ""
        case _:
            return "", ""


def _form(answer: Json) -> str:
    """A form that was filled in: "name: value" lines."""
    try:
        fields = _dict(json.loads(_text(answer.get("response_json"))))
    except (ValueError, RecursionError):
        fields = {}
    lines = [
        f"{name}: {value}" for name, value in fields.items() if name != "flow_token" and not isinstance(value, dict)
    ]
    return "\n".join(lines) or _text(answer.get("body"))


def _place(part: Json) -> str:
    where = [part.get("latitude"), part.get("longitude")]
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in where):
        return ""
    words = [_text(part.get(name)) for name in ("name", "address")]
    return ", ".join([*filter(None, words), f"[location {where[0]}, {where[1]}]"])


def _media(kind: str, part: Json) -> tuple[IncomingMedia, ...]:
    if kind == "contacts":
        return (IncomingMedia(reference="", mime="text/vcard"),)
    reference = _text(part.get("id"))
    if kind not in MEDIA or not reference:
        return ()
    return (
        IncomingMedia(
            reference=clean_text(reference, 200),
            mime=clean_text(_text(part.get("mime_type")), 100).lower(),
            voice=kind == "audio" and part.get("voice") is True,
            name=clean_text(_text(part.get("filename")), 200),
        ),
    )


# --- statuses -----------------------------------------------------------------------------------


def _report(entry: Json) -> tuple[str, DeliveryReport] | None:
    """(Meta's word, report)"""
    provider_id, word = _text(entry.get("id")), _text(entry.get("status"))
    status = STATUSES.get(word)
    if status is None or not provider_id or len(provider_id) > MAX_ID:
        return None
    errors = [_dict(error) for error in _list(entry.get("errors"))]
    error: Json = errors[0] if errors and status == "failed" else {}
    reason = _text(_dict(error.get("error_data")).get("details")) or _text(error.get("title"))
    code = error.get("code")
    return word, DeliveryReport(
        provider_id=provider_id,
        status=status,
        at=_moment(entry.get("timestamp")),
        error_code=str(code) if isinstance(code, int) and not isinstance(code, bool) else "",
        error=clean_text(reason, 300),
        key=clean_text(_text(entry.get("biz_opaque_callback_data")), 40),
    )


# --- whatever JSON holds ------------------------------------------------------------------------


def _moment(value: Any) -> datetime | None:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text.isascii() or not text.isdigit() or len(text) > 11:
        return None
    return datetime.fromtimestamp(int(text), UTC)


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
