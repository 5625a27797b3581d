"""Dial a call that was placed. One whose dialing had no answer is looked for at the provider before it is dialed again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone

from channels_io.actions.report_call import report_call
from channels_io.models import PhoneCall
from channels_io.telephony import CallReport, Dialer, DialFailed

STALE: Final = timedelta(minutes=10)
"""A call that could not be dialed so long is not dialed any more: nobody wants it in the middle of the night."""


def dial_call(call: PhoneCall, dialer: Dialer) -> None:
    """`call` is leased by whoever calls this. Raises DialFailed; what that means for the row is noted here."""
    if timezone.now() - call.created_at > STALE:
        raise DialFailed("It was not dialed in time.", code="too_late", verdict="never")
    provider_id = dialer.look_up(call) if call.unsure else ""
    if not provider_id:
        # Before, not after: whoever finds the row after a crash must look first.
        call.started_at = call.started_at or timezone.now()
        PhoneCall.objects.filter(pk=call.pk).update(unsure=True, started_at=call.started_at)
        try:
            provider_id = dialer.dial(call)
        except DialFailed as error:
            if error.verdict != "unknown":  # What certainly had no effect need not be looked for.
                PhoneCall.objects.filter(pk=call.pk, provider_id="").update(unsure=False)
            raise
    PhoneCall.objects.filter(pk=call.pk, provider_id="").update(provider_id=provider_id)
    report_call(call, CallReport(status=PhoneCall.Status.QUEUED))
