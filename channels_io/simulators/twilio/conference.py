"""Conferences by name, and what is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels_io.simulators.twilio.rooms import Member, Room
from channels_io.simulators.twilio.twiml import Verb

if TYPE_CHECKING:
    from channels_io.simulators.twilio.conductor import Conductor
    from channels_io.simulators.twilio.exchange import Exchange

EVENT_WORDS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
}


def conference_of(conductor: Conductor, noun: Verb) -> Room:
    """The room that a <Conference> names. Whoever opens it says who is told about it."""
    url = noun.get("statusCallback")
    return open_room(
        conductor.exchange,
        noun.text,
        callback=conductor.absolute(url) if url else "",
        events=frozenset((noun.get("statusCallbackEvent") or "start end").split()),
        method=noun.get("statusCallbackMethod", "POST"),
    )


def open_room(
    exchange: Exchange, name: str, *, callback: str = "", events: frozenset[str] = frozenset(), method: str = "POST"
) -> Room:
    """The conference that goes on under this name, or a new one."""
    running = next((room for room in exchange.rooms.values() if room.name == name and room.status != "completed"), None)
    if running is not None:
        return running

    def told(room: Room, event: str, member: Member | None) -> None:
        if callback and EVENT_WORDS[event] in events:
            params = params_of(exchange, room, event, member)
            exchange.hooks.tell("conference-status", room.sid, callback, params, method=method)

    room = Room(exchange.sid("CF"), name, told)
    exchange.rooms[room.sid] = room
    return room


def params_of(exchange: Exchange, room: Room, event: str, member: Member | None) -> dict[str, str]:
    params = {
        "ConferenceSid": room.sid,
        "FriendlyName": room.name,
        "AccountSid": exchange.account_sid,
        "StatusCallbackEvent": event,
        "SequenceNumber": str(room.sequence),
        "Timestamp": exchange.timestamp(),
    }
    if member is not None:
        params |= {
            "CallSid": member.phone.record.sid,
            "Muted": str(member.muted).lower(),
            "Hold": str(member.hold).lower(),
            "Coaching": str(bool(member.coaching)).lower(),
            "StartConferenceOnEnter": str(member.starts).lower(),
            "EndConferenceOnExit": str(member.ends).lower(),
            **({"ParticipantLabel": member.label} if member.label else {}),
        }
    return params
