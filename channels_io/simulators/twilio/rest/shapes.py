"""Records as the API tells them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from channels_io.simulators.twilio.records import CallRecord, MessageRecord, RecordingRecord
from channels_io.simulators.twilio.rooms import Member, Room
from channels_io.simulators.twilio.world import Number

VERSION = "2010-04-01"


def date(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment.astimezone(UTC))


def call_shape(record: CallRecord) -> dict[str, Any]:
    place = f"/{VERSION}/Accounts/{record.account_sid}/Calls/{record.sid}"
    return {
        "sid": record.sid,
        "account_sid": record.account_sid,
        "parent_call_sid": record.parent_sid or None,
        "to": record.to,
        "to_formatted": record.to,
        "from": record.sender,
        "from_formatted": record.sender,
        "status": "queued" if record.status == "initiated" else record.status,
        "direction": record.direction,
        "answered_by": record.answered_by or None,
        "api_version": VERSION,
        "date_created": date(record.when),
        "date_updated": date(record.when_ended or record.when_answered or record.when),
        "start_time": date(record.when_answered or record.when),
        "end_time": date(record.when_ended),
        "duration": str(record.seconds) if record.over else None,
        "price": None,
        "price_unit": "USD",
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "phone_number_sid": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{place}.json",
        "subresource_uris": {"recordings": f"{place}/Recordings.json", "streams": f"{place}/Streams.json"},
    }


def message_shape(record: MessageRecord) -> dict[str, Any]:
    place = f"/{VERSION}/Accounts/{record.account_sid}/Messages/{record.sid}"
    sent = record.status not in {"queued", "accepted"}
    return {
        "sid": record.sid,
        "account_sid": record.account_sid,
        "messaging_service_sid": record.service_sid or None,
        "from": record.sender,
        "to": record.to,
        "body": record.body,
        "status": record.status,
        "direction": record.direction,
        "num_segments": str(record.segments),
        "num_media": str(len(record.media)),
        "error_code": record.error_code,
        "error_message": record.error_message,
        "api_version": VERSION,
        "date_created": date(record.when),
        "date_sent": date(record.when) if sent else None,
        "date_updated": date(record.when),
        "price": None,
        "price_unit": "USD",
        "uri": f"{place}.json",
        "subresource_uris": {"media": f"{place}/Media.json"},
    }


def number_shape(account_sid: str, number: Number) -> dict[str, Any]:
    return {
        "sid": number.sid,
        "account_sid": account_sid,
        "phone_number": number.address,
        "friendly_name": number.name or number.address,
        "capabilities": {"voice": number.voice, "sms": number.sms, "mms": number.sms, "fax": False},
        "voice_url": number.voice_url,
        "voice_method": number.voice_method,
        "voice_fallback_url": number.voice_fallback_url,
        "voice_fallback_method": "POST",
        "voice_caller_id_lookup": False,
        "voice_application_sid": number.voice_application_sid,
        "status_callback": number.status_callback,
        "status_callback_method": "POST",
        "sms_url": number.sms_url,
        "sms_method": "POST",
        "sms_fallback_url": number.sms_fallback_url,
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        "trunk_sid": number.trunk_sid or None,
        "address_requirements": "none",
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "api_version": VERSION,
        "date_created": date(number.when),
        "date_updated": date(number.when),
        "uri": f"/{VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{number.sid}.json",
    }


def recording_shape(account_sid: str, record: RecordingRecord) -> dict[str, Any]:
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "call_sid": record.call_sid,
        "conference_sid": None,
        "channels": record.channels,
        "status": record.status,
        "duration": str(record.seconds) if record.ended is not None else None,
        "source": record.source,
        "track": "both",
        "error_code": None,
        "encryption_details": None,
        "api_version": VERSION,
        "price": None,
        "price_unit": "USD",
        "start_time": date(record.when),
        "date_created": date(record.when),
        "date_updated": date(record.when),
        "media_url": f"/{VERSION}/Accounts/{account_sid}/Recordings/{record.sid}",
        "uri": f"/{VERSION}/Accounts/{account_sid}/Recordings/{record.sid}.json",
        "subresource_uris": {},
    }


def room_shape(account_sid: str, room: Room) -> dict[str, Any]:
    return {
        "sid": room.sid,
        "account_sid": account_sid,
        "friendly_name": room.name,
        "status": room.status,
        "region": "us1",
        "reason_conference_ended": None,
        "call_sid_ending_conference": None,
        "api_version": VERSION,
        "date_created": date(room.when),
        "date_updated": date(room.when_ended or room.when),
        "uri": f"/{VERSION}/Accounts/{account_sid}/Conferences/{room.sid}.json",
        "subresource_uris": {},
    }


def member_shape(account_sid: str, room: Room, member: Member) -> dict[str, Any]:
    call = member.phone.record
    return {
        "account_sid": account_sid,
        "call_sid": call.sid,
        "conference_sid": room.sid,
        "label": member.label or None,
        "call_sid_to_coach": member.coaching or None,
        "coaching": bool(member.coaching),
        "muted": member.muted,
        "hold": member.hold,
        "start_conference_on_enter": member.starts,
        "end_conference_on_exit": member.ends,
        "status": "connected" if call.answered is not None else "queued",
        "queue_time": "0",
        "date_created": date(member.when),
        "date_updated": date(member.when),
        "uri": f"/{VERSION}/Accounts/{account_sid}/Conferences/{room.sid}/Participants/{call.sid}.json",
    }
