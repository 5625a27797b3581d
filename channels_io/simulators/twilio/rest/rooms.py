"""Conferences and who is in them; calling somebody into one."""

from __future__ import annotations

from starlette.responses import Response

from channels_io.simulators.twilio.conference import open_room
from channels_io.simulators.twilio.errors import RestError
from channels_io.simulators.twilio.orders import orders_from
from channels_io.simulators.twilio.rest.calls import CALLEE
from channels_io.simulators.twilio.rest.guard import Answer, Asked, page_of
from channels_io.simulators.twilio.rest.shapes import member_shape, room_shape
from channels_io.simulators.twilio.rooms import Member, Room
from channels_io.simulators.twilio.twiml import TRUE, Document, Verb
from channels_io.simulators.twilio.world import World


async def collection(world: World, asked: Asked) -> Answer:
    wanted = asked.query
    rows = [
        room_shape(world.account_sid, room)
        for room in reversed(world.exchange.rooms.values())
        if wanted.get("FriendlyName", room.name) == room.name and wanted.get("Status", room.status) == room.status
    ]
    return page_of(asked, "conferences", rows)


async def fetch(world: World, asked: Asked) -> Answer:
    return room_shape(world.account_sid, _room(world, asked))


async def update(world: World, asked: Asked) -> Answer:
    room = _room(world, asked)
    if asked.form.get("Status") == "completed":
        room.close()
    return room_shape(world.account_sid, room)


async def participants(world: World, asked: Asked) -> Answer:
    room = _room(world, asked)
    return page_of(
        asked, "participants", [member_shape(world.account_sid, room, each) for each in room.members.values()]
    )


async def participant(world: World, asked: Asked) -> Answer:
    room = _room(world, asked)
    return member_shape(world.account_sid, room, _member(room, asked))


async def call_in(world: World, asked: Asked) -> Answer:
    """Dials somebody who is in the conference as soon as they answer. By sid or name of the conference."""
    form = asked.form
    to, sender = form.get("To", ""), form.get("From", "")
    if not CALLEE.match(to):
        raise RestError(21211, to)
    if sender not in world.numbers:
        raise RestError(21210, sender)
    found = world.exchange.rooms.get(asked.path["room"])
    events = frozenset((form.get("ConferenceStatusCallbackEvent") or "start end").split())
    room = found or open_room(
        world.exchange, asked.path["room"], callback=form.get("ConferenceStatusCallback", ""), events=events
    )
    noun = Verb(
        "Conference",
        {
            "startConferenceOnEnter": form.get("StartConferenceOnEnter", "true"),
            "endConferenceOnExit": form.get("EndConferenceOnExit", "false"),
            "muted": form.get("Muted", "false"),
            "waitUrl": form.get("WaitUrl", ""),
            "participantLabel": form.get("Label", ""),
            "coach": form.get("CallSidToCoach", ""),
        },
        room.name,
    )
    phone = world.exchange.open("outbound-api", sender, to, orders=orders_from(form))
    world.exchange.spawn(world.exchange.go_out(phone, Document((Verb("Dial", children=(noun,)),))))
    expected = Member(
        phone, starts=noun.flag("startConferenceOnEnter"), ends=noun.flag("endConferenceOnExit"), label=noun.get("participantLabel")
    )  # fmt: skip
    return member_shape(world.account_sid, room, expected)


async def change(world: World, asked: Asked) -> Answer:
    room = _room(world, asked)
    member, form = _member(room, asked), asked.form
    room.change(member, muted=_flag(form.get("Muted")), hold=_flag(form.get("Hold")))
    ends = _flag(form.get("EndConferenceOnExit"))
    if ends is not None:
        member.ends = ends
    return member_shape(world.account_sid, room, member)


async def remove(world: World, asked: Asked) -> Answer:
    """Out of the conference; the call goes on below its <Dial>."""
    room = _room(world, asked)
    room.leave(_member(room, asked))
    return Response(status_code=204)


def _room(world: World, asked: Asked) -> Room:
    found = world.exchange.rooms.get(asked.path["room"])
    if found is None:
        raise RestError(20404, asked.url_path)
    return found


def _member(room: Room, asked: Asked) -> Member:
    key = asked.path["call"]
    found = room.members.get(key) or next((each for each in room.members.values() if each.label == key), None)
    if found is None:
        raise RestError(20404, asked.url_path)
    return found


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.lower() in TRUE
