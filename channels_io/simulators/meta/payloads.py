"""Webhook bodies as Meta writes them. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from channels_io.simulators.meta.people import MetaIdentity, Person

Json = dict[str, Any]


def raw(payload: Mapping[str, Any]) -> bytes:
    """As on the wire: everything beyond ASCII escaped in lower case, slashes too. It is these bytes that are signed."""
    return json.dumps(payload, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def signed(body: bytes, app_secret: str) -> str:
    """X-Hub-Signature-256."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def new_wamid() -> str:
    return "wamid." + b64encode(secrets.token_bytes(36)).decode()


def envelope(identity: MetaIdentity, *values: Json) -> Json:
    """One entry with a change for every value."""
    return {"object": "whatsapp_business_account", "entry": [entry(identity, *values)]}


def entry(identity: MetaIdentity, *values: Json) -> Json:
    return {"id": identity.waba, "changes": [{"field": "messages", "value": value} for value in values]}


def value_of(
    identity: MetaIdentity,
    *,
    people: Sequence[Person] = (),
    messages: Sequence[Json] = (),
    statuses: Sequence[Json] = (),
) -> Json:
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": identity.display_number,
            "phone_number_id": identity.phone_number_id,
        },
    }
    if people:
        value["contacts"] = [contact(person) for person in people]
    if messages:
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = list(statuses)
    return value


def contact(person: Person) -> Json:
    profile = {"name": person.name} | ({"username": person.username} if person.username else {})
    return (
        {"profile": profile}
        | ({"wa_id": person.number} if person.number else {})
        | ({"user_id": person.user_id} if person.user_id else {})
    )


def message(person: Person, kind: str, part: Json, *, at: int, message_id: str = "", reply_to: str = "") -> Json:
    """`part` under its type's name, as in {"type": "text", "text": {"body": ...}}."""
    built: Json = {"id": message_id or new_wamid(), "timestamp": str(at), "type": kind, kind: part}
    if person.number:
        built["from"] = person.number
    if person.user_id:
        built["from_user_id"] = person.user_id
    if reply_to:
        built["context"] = {"from": "", "id": reply_to}
    return built


def text(person: Person, words: str, *, at: int, message_id: str = "", reply_to: str = "") -> Json:
    return message(person, "text", {"body": words}, at=at, message_id=message_id, reply_to=reply_to)


def tap(person: Person, choice: str, label: str, *, at: int, listed: bool = False, message_id: str = "") -> Json:
    """A button, or with `listed` a row of a list."""
    kind = "list_reply" if listed else "button_reply"
    part = {"type": kind, kind: {"id": choice, "title": label}}
    return message(person, "interactive", part, at=at, message_id=message_id)


def status(message_id: str, word: str, person: str, *, at: int, key: str = "", code: int = 0, reason: str = "") -> Json:
    built: Json = {"id": message_id, "status": word, "timestamp": str(at), "recipient_id": person}
    if word == "failed":
        built["errors"] = [{"code": code, "title": reason, "message": reason, "error_data": {"details": reason}}]
    if key:
        built["biz_opaque_callback_data"] = key
    return built
