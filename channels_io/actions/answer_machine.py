"""An answering machine took a call that we placed: hang up, or leave the message after its beep."""

from __future__ import annotations

from channels_io.models import PhoneCall
from channels_io.telephony import Dialer


def answer_machine(call: PhoneCall, dialer: Dialer) -> None:
    """Raises DialFailed."""
    message = str(call.plan.get("message") or "")
    if call.result == "message_left" and message:
        dialer.say_and_hang_up(call, message)
    else:
        dialer.hang_up(call)
