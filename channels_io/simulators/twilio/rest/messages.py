"""Messages: send, list, look up; media of messages that came in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import RedirectResponse, Response

from channels_io.simulators.twilio.errors import RestError
from channels_io.simulators.twilio.message_centre import WHATSAPP, MediaItem, Out, variables_of
from channels_io.simulators.twilio.records import MessageRecord
from channels_io.simulators.twilio.rest.calls import within
from channels_io.simulators.twilio.rest.guard import Answer, Asked, page_of
from channels_io.simulators.twilio.rest.shapes import date, message_shape
from channels_io.simulators.twilio.templates import Template
from channels_io.simulators.twilio.world import World


async def create(world: World, asked: Asked) -> Answer:
    form = asked.form
    variables_of(form.get("ContentVariables", ""))
    out = Out(
        sender=form.get("From", "") or _of_service(world, form),
        to=form.get("To", ""),
        body=form.get("Body", ""),
        media=asked.several.get("MediaUrl", []),
        callback=form.get("StatusCallback", ""),
        params=form,
        template=_template(world, form.get("ContentSid", "")),
    )
    return message_shape(world.centre.send(out))


async def collection(world: World, asked: Asked) -> Answer:
    wanted = asked.query
    in_time = within(wanted, "DateSent")
    records = [
        record
        for record in reversed(world.centre.records.values())
        if wanted.get("To", record.to) == record.to
        and wanted.get("From", record.sender) == record.sender
        and in_time(record.when)
    ]
    return page_of(asked, "messages", records, message_shape)


async def fetch(world: World, asked: Asked) -> Answer:
    return message_shape(_message(world, asked))


async def media(world: World, asked: Asked) -> Answer:
    record = _message(world, asked)
    found = [item for item in world.centre.media.values() if item.message_sid == record.sid]
    return page_of(asked, "media_list", _media_shapes(world, found))


async def media_item(world: World, asked: Asked) -> Answer:
    """The address that webhooks name: it leads on to where the bytes are, as Twilio's does."""
    item = _media(world, asked)
    return RedirectResponse(f"{world.exchange.url}/media/{item.sid}", 307)


async def media_bytes(world: World, asked: Asked) -> Answer:
    item = world.centre.media.get(asked.path["media"])
    if item is None:
        raise RestError(20404, asked.url_path)
    return Response(item.data, media_type=item.mime)


async def delete_media(world: World, asked: Asked) -> Answer:
    item = _media(world, asked)
    del world.centre.media[item.sid]
    return Response(status_code=204)


def _media_shapes(world: World, items: Iterable[MediaItem]) -> Iterable[dict[str, Any]]:
    for item in items:
        record = world.centre.records[item.message_sid]
        yield {
            "sid": item.sid,
            "account_sid": world.account_sid,
            "parent_sid": item.message_sid,
            "content_type": item.mime,
            "date_created": date(record.when),
            "date_updated": date(record.when),
            "uri": f"/2010-04-01/Accounts/{world.account_sid}/Messages/{item.message_sid}/Media/{item.sid}.json",
        }


def _of_service(world: World, form: dict[str, str]) -> str:
    """A messaging service sends from the first number that fits the channel of the person."""
    if not form.get("MessagingServiceSid"):
        return ""
    whatsapp = form.get("To", "").startswith(WHATSAPP)
    return next((number.address for number in world.numbers.values() if number.whatsapp == whatsapp), "")


def _template(world: World, sid: str) -> Template | None:
    if not sid:
        return None
    if sid not in world.centre.templates:
        raise RestError(21655, sid)
    return world.centre.templates[sid]


def _message(world: World, asked: Asked) -> MessageRecord:
    found = world.centre.records.get(asked.path["message"])
    if found is None:
        raise RestError(20404, asked.url_path)
    return found


def _media(world: World, asked: Asked) -> MediaItem:
    found = world.centre.media.get(asked.path["media"])
    if found is None or found.message_sid != asked.path["message"]:
        raise RestError(20404, asked.url_path)
    return found
