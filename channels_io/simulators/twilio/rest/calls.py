"""Calls: place, list, look up, steer, end, record."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from channels_io.simulators.twilio.conductor import Goto
from channels_io.simulators.twilio.errors import RestError
from channels_io.simulators.twilio.orders import orders_from
from channels_io.simulators.twilio.records import CallRecord, RecordingRecord
from channels_io.simulators.twilio.rest.guard import Answer, Asked, page_of
from channels_io.simulators.twilio.rest.shapes import call_shape, recording_shape
from channels_io.simulators.twilio.twiml import Document, TwimlError, parse
from channels_io.simulators.twilio.world import World

CALLEE: Final = re.compile(r"^(\+[1-9]\d{6,14}|client:[\w.@-]+|sip:\S+)$")
URL: Final = re.compile(r"^https?://\S+$")


async def create(world: World, asked: Asked) -> Answer:
    to, sender = asked.form.get("To", ""), asked.form.get("From", "")
    if not to:
        raise RestError(21201)
    if not CALLEE.match(to):
        raise RestError(21211, to)
    if not sender:
        raise RestError(21213)
    if sender not in world.numbers:
        raise RestError(21210, sender)
    first = _first(asked)
    phone = world.exchange.open("outbound-api", sender, to, orders=orders_from(asked.form))
    world.exchange.spawn(world.exchange.go_out(phone, first))
    return call_shape(phone.record)


async def collection(world: World, asked: Asked) -> Answer:
    wanted = asked.query
    in_time = within(wanted, "StartTime")
    records = [
        record
        for record in reversed(world.exchange.calls.values())
        if wanted.get("To", record.to) == record.to
        and wanted.get("From", record.sender) == record.sender
        and wanted.get("Status", record.status) == record.status
        and wanted.get("ParentCallSid", record.parent_sid) == record.parent_sid
        and in_time(record.when_answered or record.when)
    ]
    return page_of(asked, "calls", records, call_shape)


async def fetch(world: World, asked: Asked) -> Answer:
    return call_shape(_call(world, asked))


async def update(world: World, asked: Asked) -> Answer:
    record = _call(world, asked)
    phone, status = world.exchange.phones[record.sid], asked.form.get("Status", "")
    if record.over:
        raise RestError(20404, asked.url_path) if status else RestError(21220)
    if status == "completed" or (status == "canceled" and not phone.answered.is_set()):
        phone.end("api", "completed" if phone.answered.is_set() else "canceled")
    elif status:
        raise RestError(21220)
    else:
        to = _first(asked)
        if not phone.answered.is_set():
            raise RestError(21220)
        world.exchange.conductor_of(phone).turn(to)
    return call_shape(record)


async def delete(world: World, asked: Asked) -> Answer:
    record = _call(world, asked)
    if not record.over:
        raise RestError(20001, "the call is not over")
    del world.exchange.calls[record.sid]
    return Response(status_code=204)


async def record(world: World, asked: Asked) -> Answer:
    call = _call(world, asked)
    if call.over or call.answered is None:
        raise RestError(21220)
    taken = world.exchange.recorder.begin(
        world.exchange.phones[call.sid],
        channels=2 if asked.form.get("RecordingChannels") == "dual" else 1,
        source="StartCallRecordingAPI",
        callback=asked.form.get("RecordingStatusCallback", ""),
    )
    return recording_shape(world.account_sid, taken)


async def recordings(world: World, asked: Asked) -> Answer:
    """Of one call, or of all."""
    sid = asked.path.get("call", "") or asked.query.get("CallSid", "")
    rows = [each for each in reversed(world.exchange.recorder.records.values()) if not sid or each.call_sid == sid]
    return page_of(asked, "recordings", (recording_shape(world.account_sid, each) for each in rows))


async def recording(world: World, asked: Asked) -> Answer:
    return recording_shape(world.account_sid, _recording(world, asked))


async def change_recording(world: World, asked: Asked) -> Answer:
    taken = _recording(world, asked)
    if taken.ended is not None:
        raise RestError(21220)
    recorder = world.exchange.recorder
    match asked.form.get("Status"):
        case "stopped":
            recorder.stop(taken, world.exchange.phones[taken.call_sid])
        case "paused":
            recorder.pause(taken)
        case "in-progress":
            recorder.resume(taken)
    return recording_shape(world.account_sid, taken)


async def delete_recording(world: World, asked: Asked) -> Answer:
    taken = _recording(world, asked)
    del world.exchange.recorder.records[taken.sid]
    return Response(status_code=204)


async def recording_media(world: World, asked: Asked) -> Answer:
    """`.../Recordings/RE...` and `.../RE....wav`."""
    taken = _recording(world, asked)
    if not taken.wav:
        raise RestError(20404, asked.url_path)
    return Response(taken.wav, media_type="audio/x-wav")


def within(wanted: dict[str, str], name: str) -> Callable[[datetime], bool]:
    """`<name>`, `<name><` and `<name>>` as lists take them: a day, or a moment with its second."""
    begin, end, day = (_moment(text) if (text := wanted.get(key)) else None for key in (f"{name}>", f"{name}<", name))

    def holds(when: datetime) -> bool:
        at = when.replace(microsecond=0)
        return (
            (begin is None or at >= begin) and (end is None or at <= end) and (day is None or at.date() == day.date())
        )

    return holds


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise RestError(20001, f"no date: {text}") from error
    return moment if moment.tzinfo else datetime.fromisoformat(f"{moment.isoformat()}+00:00")


def _call(world: World, asked: Asked) -> CallRecord:
    found = world.exchange.calls.get(asked.path["call"])
    if found is None:
        raise RestError(20404, asked.url_path)
    return found


def _recording(world: World, asked: Asked) -> RecordingRecord:
    found = world.exchange.recorder.records.get(asked.path["recording"].removesuffix(".wav"))
    if found is None or asked.path.get("call", found.call_sid) != found.call_sid:
        raise RestError(20404, asked.url_path)
    return found


def _first(asked: Asked) -> Goto | Document:
    """What the call is to run: `Twiml` or `Url`."""
    form: dict[str, Any] = asked.form
    if form.get("Twiml"):
        try:
            return parse(form["Twiml"])
        except TwimlError as error:
            raise RestError(20001, str(error)) from error
    url = form.get("Url", "")
    if not URL.match(url):
        raise RestError(21205, url)
    return Goto(url, form.get("Method", "POST"), fallback=form.get("FallbackUrl", ""))
