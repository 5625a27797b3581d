"""What the set-up asks of our own webhooks."""

from __future__ import annotations

from django.http import HttpResponse

from channels_io.kinds.twilio_voice.views import noted, twilio
from channels_io.twilio_hooks import SignedForm


@twilio
def check(signed: SignedForm) -> HttpResponse:
    """Is Twilio's signature believed here? Every other webhook of calls is about a call, and changes it."""
    return noted()
