"""The account itself, its balance, its numbers and senders, its message templates."""

from __future__ import annotations

import uuid
from typing import Any, Final

from starlette.responses import Response

from channels_io.simulators.twilio.errors import RestError
from channels_io.simulators.twilio.records import utc_now
from channels_io.simulators.twilio.rest.guard import Answer, Asked, page_of
from channels_io.simulators.twilio.rest.shapes import date, number_shape
from channels_io.simulators.twilio.templates import Template
from channels_io.simulators.twilio.world import Number, World

FIELDS: Final = {
    "FriendlyName": "name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceApplicationSid": "voice_application_sid",
    "StatusCallback": "status_callback",
    "SmsUrl": "sms_url",
    "SmsFallbackUrl": "sms_fallback_url",
    "TrunkSid": "trunk_sid",
}
"""What a number can be given, and where it is kept here."""


async def fetch(world: World, asked: Asked) -> Answer:
    now = date(utc_now())
    return {
        "sid": world.account_sid,
        "owner_account_sid": world.account_sid,
        "auth_token": "",
        "friendly_name": world.name,
        "status": world.account_status,
        "type": "Full",
        "date_created": now,
        "date_updated": now,
        "uri": f"/2010-04-01/Accounts/{world.account_sid}.json",
        "subresource_uris": {},
    }


async def balance(world: World, asked: Asked) -> Answer:
    return {"account_sid": world.account_sid, "balance": world.balance, "currency": "USD"}


async def numbers(world: World, asked: Asked) -> Answer:
    wanted = asked.query
    rows = [
        number_shape(world.account_sid, number)
        for number in world.numbers.values()
        if not number.whatsapp
        and wanted.get("PhoneNumber", number.address) in number.address
        and wanted.get("FriendlyName", number.name) == number.name
    ]
    return page_of(asked, "incoming_phone_numbers", rows)


async def number(world: World, asked: Asked) -> Answer:
    return number_shape(world.account_sid, _number(world, asked))


async def change_number(world: World, asked: Asked) -> Answer:
    found = _number(world, asked)
    for field, name in FIELDS.items():
        if field in asked.form:
            setattr(found, name, asked.form[field])
    return number_shape(world.account_sid, found)


async def senders(world: World, asked: Asked) -> Answer:
    """WhatsApp senders, as messaging.twilio.com/v2/Channels/Senders lists them."""
    found = [_sender_shape(number) for number in world.numbers.values() if number.whatsapp]
    url = f"{world.exchange.url}{asked.url_path}"
    meta = {
        "page": 0,
        "page_size": 50,
        "first_page_url": url,
        "previous_page_url": None,
        "url": url,
        "next_page_url": None,
    }
    return {"senders": found, "meta": {**meta, "key": "senders"}}


async def sender(world: World, asked: Asked) -> Answer:
    return _sender_shape(_sender(world, asked))


async def change_sender(world: World, asked: Asked) -> Answer:
    found = _sender(world, asked)
    webhook: dict[str, Any] = (asked.body or {}).get("webhook", {})
    found.sms_url = str(webhook.get("callback_url", found.sms_url))
    found.sms_fallback_url = str(webhook.get("fallback_url", found.sms_fallback_url))
    found.status_callback = str(webhook.get("status_callback_url", found.status_callback))
    return _sender_shape(found)


async def templates(world: World, asked: Asked) -> Answer:
    """Content, with what WhatsApp said of it under `approval_requests`."""
    url = f"{world.exchange.url}{asked.url_path}"
    meta = {
        "page": 0,
        "page_size": 500,
        "first_page_url": url,
        "previous_page_url": None,
        "url": url,
        "next_page_url": None,
    }
    rows = [_template_shape(world, template) for template in world.centre.templates.values()]
    return {"contents": rows, "meta": {**meta, "key": "contents"}}


async def template(world: World, asked: Asked) -> Answer:
    return _template_shape(world, _template(world, asked))


async def create_template(world: World, asked: Asked) -> Answer:
    told = asked.body or {}
    if not told.get("types") or not told.get("language"):
        raise RestError(20001, "types and language are required")
    made = Template(
        sid=f"HX{uuid.uuid4().hex}",
        name=str(told.get("friendly_name", "")),
        types=told["types"],
        language=str(told["language"]),
        variables=told.get("variables") or {},
        approval="",
    )
    world.centre.templates[made.sid] = made
    return _template_shape(world, made)


async def delete_template(world: World, asked: Asked) -> Answer:
    del world.centre.templates[_template(world, asked).sid]
    return Response(status_code=204)


async def approval(world: World, asked: Asked) -> Answer:
    return {
        "sid": asked.path["template"],
        "account_sid": world.account_sid,
        "whatsapp": _approval(_template(world, asked)),
    }


def _template_shape(world: World, template: Template) -> dict[str, Any]:
    url = f"https://content.twilio.com/v1/Content/{template.sid}"
    now = "2026-01-01T00:00:00Z"
    return {
        "sid": template.sid,
        "account_sid": world.account_sid,
        "friendly_name": template.name,
        "language": template.language,
        "variables": dict(template.variables),
        "types": dict(template.types),
        "date_created": now,
        "date_updated": now,
        "approval_requests": _approval(template),
        "url": url,
        "links": {"approval_fetch": f"{url}/ApprovalRequests", "approval_create": f"{url}/ApprovalRequests/whatsapp"},
    }


def _approval(template: Template) -> dict[str, Any]:
    return {
        "type": "whatsapp",
        "name": template.name,
        "category": template.category,
        "content_type": next(iter(template.types), ""),
        "status": template.approval or "unsubmitted",
        "rejection_reason": "",
        "allow_category_change": True,
    }


def _sender_shape(number: Number) -> dict[str, Any]:
    return {
        "sid": number.sid.replace("PN", "XE", 1),
        "status": "ONLINE",
        "sender_id": number.address,
        "configuration": {"waba_id": "100000000000000"},
        "webhook": {
            "callback_url": number.sms_url,
            "callback_method": "POST",
            "fallback_url": number.sms_fallback_url,
            "fallback_method": "POST",
            "status_callback_url": number.status_callback,
            "status_callback_method": "POST",
        },
        "profile": {"name": number.name},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "1K Customers/24hr"},
        "offline_reasons": None,
        "url": f"https://messaging.twilio.com/v2/Channels/Senders/{number.sid.replace('PN', 'XE', 1)}",
    }


def _number(world: World, asked: Asked) -> Number:
    found = next((number for number in world.numbers.values() if number.sid == asked.path["number"]), None)
    if found is None or found.whatsapp:
        raise RestError(20404, asked.url_path)
    return found


def _sender(world: World, asked: Asked) -> Number:
    sid = asked.path["sender"].replace("XE", "PN", 1)
    found = next((number for number in world.numbers.values() if number.sid == sid and number.whatsapp), None)
    if found is None:
        raise RestError(20404, asked.url_path)
    return found


def _template(world: World, asked: Asked) -> Template:
    found = world.centre.templates.get(asked.path["template"])
    if found is None:
        raise RestError(20404, asked.url_path)
    return found
