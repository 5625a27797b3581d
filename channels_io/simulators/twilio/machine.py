"""Machine detection: who picked up, told before the call's document is asked for or aside."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from channels_io.simulators.twilio.media import BEEP_SECONDS
from channels_io.simulators.twilio.orders import Orders
from channels_io.simulators.twilio.phone import CallOver, Phone, now

if TYPE_CHECKING:
    from channels_io.simulators.twilio.exchange import Exchange


async def watch_for_machine(exchange: Exchange, phone: Phone, orders: Orders) -> None:
    """Sets `answered_by`; told by a callback of its own when the call does not wait for it."""
    began = now()
    person = phone.person
    with suppress(CallOver):
        if person.takes != "machine":
            await phone.wait(exchange.pace.detect_seconds)
            verdict = "human"
        elif orders.machine == "DetectMessageEnd":
            await phone.wait(person.greeting_seconds + (BEEP_SECONDS if person.beeps else 0.0))
            verdict = "machine_end_beep" if person.beeps else "machine_end_silence"
        else:
            await phone.wait(exchange.pace.detect_seconds)
            verdict = "machine_start"
        phone.record.answered_by = verdict
        if orders.watch_aside and orders.machine_callback:
            params = {
                "CallSid": phone.record.sid,
                "AccountSid": phone.record.account_sid,
                "AnsweredBy": verdict,
                "MachineDetectionDuration": str(round((now() - began) * 1000)),
            }
            exchange.hooks.tell(
                "amd", phone.record.sid, orders.machine_callback, params,
                method=orders.machine_callback_method, keep=phone.record.hooks,
            )  # fmt: skip
