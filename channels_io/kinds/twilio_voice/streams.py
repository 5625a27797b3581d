"""The single-use tokens that open the media socket of a call. Only a token's digest is stored, and only until it is used.

A token is made from the call, the number of its stream and the server's key: the same webhook asked again is answered
with the same token, and there is never a second one that opens the same stream.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from channels_io.models import Channel, PhoneCall

SECONDS: Final = 120
"""A sentence or two may be said before Twilio opens the socket."""
MAX_TOKEN_CHARS: Final = 128
_SALT: Final = "channels_io.kinds.twilio_voice.streams"


def token_for(call: PhoneCall, number: int, *, comeback: str = "") -> str:
    """The token of the call's stream `number` (from 1); it opens from now on, if it is the next one.

    `comeback`: what the caller is told first, a `live.lines.Line`, when this stream goes on with a call.
    """
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update().get(pk=call.pk)
        token = _token(locked, number)
        if number == locked.stream_number + 1 and locked.ended_at is None:
            locked.stream_number = number
            locked.stream_digest = _digest(token)
            locked.stream_until = timezone.now() + timedelta(seconds=SECONDS)
            locked.stream_end = ""
            locked.plan = {**locked.plan, "comeback": comeback}
            locked.save(
                update_fields=["stream_number", "stream_digest", "stream_until", "stream_end", "plan", "updated_at"]
            )
    return token


def redeem(channel: Channel, provider_id: str, token: str) -> PhoneCall | None:
    """The call whose stream this token opens, once. None: unknown, used, too old, another call's or another channel's."""
    if not token or len(token) > MAX_TOKEN_CHARS:
        return None
    with transaction.atomic():
        calls = PhoneCall.objects.select_for_update(of=("self",)).select_related("contact", "conversation", "leg")
        call = calls.filter(channel=channel, provider_id=provider_id, ended_at=None).exclude(stream_digest="").first()
        if call is None or call.stream_until is None or call.stream_until < timezone.now():
            return None
        if not constant_time_compare(call.stream_digest, _digest(token)):
            return None
        call.stream_digest = ""
        call.save(update_fields=["stream_digest", "updated_at"])
        return call


def _token(call: PhoneCall, number: int) -> str:
    made = salted_hmac(_SALT, f"{call.public_id}.{number}", algorithm="sha256").digest()
    return urlsafe_b64encode(made).decode("ascii").rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
