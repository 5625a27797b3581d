"""Placing and steering calls over Twilio's REST API. Blocking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from twilio.base.exceptions import TwilioRestException

from channels_io.call_settings import CallSettings
from channels_io.kinds.twilio_voice import twiml
from channels_io.kinds.twilio_voice.addresses import hook, stream_of
from channels_io.kinds.twilio_voice.calls import language_of, report_of
from channels_io.models import Account, Channel, PhoneCall
from channels_io.telephony import CallReport, DialFailed
from channels_io.twilio_rest import TwilioFailed, download, rest_client, told_apart

EVENTS: Final = ["initiated", "ringing", "answered", "completed"]
OVER: Final = 20404
"""Twilio's error for a call that is over, or never was."""
MACHINE_SECONDS: Final = 30
CLOCKS: Final = timedelta(minutes=1)
"""How far Twilio's clock and ours may be apart."""
DIGITS: Final = re.compile(r"[0-9*#wW]{1,32}", re.ASCII)


class TwilioDialer:
    """`telephony.Dialer` of one channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def dial(self, call: PhoneCall) -> str:
        with self._api() as client:
            placed = client.calls.create(to=call.remote, from_=self._channel.address, **self._wishes(call))
            return str(placed.sid)

    def look_up(self, call: PhoneCall) -> str:
        """Calls from our number to this one since it was tried, that are no other row's."""
        since = (call.started_at or timezone.now()) - CLOCKS
        with self._api() as client:
            found = client.calls.list(to=call.remote, from_=self._channel.address, start_time_after=since, limit=20)
            started = {each.sid: each.start_time or each.date_created for each in found}
        taken = set(PhoneCall.objects.filter(provider_id__in=started).values_list("provider_id", flat=True))
        mine = [sid for sid, at in started.items() if sid not in taken and (at is None or at >= since)]
        return str(mine[-1]) if mine else ""

    def hang_up(self, call: PhoneCall) -> None:
        if not call.provider_id:
            return
        with self._api() as client, _over_is_fine():
            client.calls(call.provider_id).update(status="completed")

    def put_through(self, caller: PhoneCall, person: PhoneCall) -> None:
        after = hook(self._channel, "together", call=caller.public_id)
        self._steer(caller, twiml.join(person.public_id, after))

    def press(self, call: PhoneCall, digits: str) -> None:
        if not DIGITS.fullmatch(digits):
            raise DialFailed("These are no keys of a telephone.", code="bad_digits", verdict="never")
        number = call.stream_number
        PhoneCall.objects.filter(pk=call.pk).update(plan={**call.plan, "steered": str(number)})
        call.refresh_from_db()
        self._steer(call, twiml.press(digits, stream_of(self._channel, call, number + 1)))

    def say_and_hang_up(self, call: PhoneCall, text: str) -> None:
        self._steer(call, twiml.farewell(language_of(call), [text]))

    def left_message(self, call: PhoneCall, recording: str, limit: int) -> bytes:
        with _as_dial_failed():
            return download(self._account(), f"Recordings/{recording}.wav", limit)

    def fetch(self, call: PhoneCall) -> CallReport | None:
        with self._api() as client:
            try:
                found = client.calls(call.provider_id).fetch()
            except TwilioRestException as error:
                if error.status == 404:
                    return None
                raise
        told = {
            "CallStatus": found.status,
            "CallDuration": found.duration or "0",
            "AnsweredBy": found.answered_by or "",
        }
        return report_of({name: str(value) for name, value in told.items()})

    def _steer(self, call: PhoneCall, document: str) -> None:
        with self._api() as client:
            client.calls(call.provider_id).update(twiml=document)

    def _wishes(self, call: PhoneCall) -> dict[str, Any]:
        named = {"call": call.public_id}
        wishes = CallSettings.of(self._channel.settings)
        asked: dict[str, Any] = {
            "status_callback": hook(self._channel, "status", **named),
            "status_callback_event": EVENTS,
            "status_callback_method": "POST",
            "method": "POST",
        }
        if call.direction == PhoneCall.Direction.TRANSFER:
            return {**asked, "url": hook(self._channel, "person", **named), "timeout": wishes.ring_seconds}
        asked |= {
            "url": hook(self._channel, "answered", **named),
            "fallback_url": hook(self._channel, "fallback"),
            "timeout": int(call.plan.get("ring_seconds") or 30),
            "time_limit": int(call.plan.get("limit_seconds") or wishes.call_minutes * 60),
        }
        if digits := str(call.plan.get("digits") or ""):
            return {**asked, "send_digits": digits}
        return {
            **asked,
            "machine_detection": "DetectMessageEnd" if call.plan.get("machine") == "message" else "Enable",
            "machine_detection_timeout": MACHINE_SECONDS,
            "async_amd": "true",
            "async_amd_status_callback": hook(self._channel, "machine", **named),
            "async_amd_status_callback_method": "POST",
        }

    @contextmanager
    def _api(self) -> Iterator[Any]:
        """Twilio's client; whatever goes wrong becomes DialFailed."""
        with _as_dial_failed(), told_apart():
            yield rest_client(self._account())

    def _account(self) -> Account:
        if self._channel.account is None:
            raise TwilioFailed("The channel has no account.", code="no_account", verdict="never")
        return self._channel.account


@contextmanager
def _as_dial_failed() -> Iterator[None]:
    try:
        yield
    except TwilioFailed as error:
        raise DialFailed(
            error.message, code=error.code, verdict=error.verdict, retry_after=error.retry_after
        ) from error


@contextmanager
def _over_is_fine() -> Iterator[None]:
    try:
        yield
    except TwilioRestException as error:
        if error.status != 404 and error.code != OVER:
            raise
