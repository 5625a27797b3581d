"""Where Twilio finds us: built from the configured public URL, never from a request."""

from __future__ import annotations

from urllib.parse import urlencode

from channels_io.hooks import hook_url
from channels_io.kinds.twilio_voice.streams import token_for
from channels_io.kinds.twilio_voice.twiml import Stream, Voicemail
from channels_io.models import Channel, PhoneCall
from channels_io.twilio_hooks import socket_address


def socket_path(channel: Channel) -> str:
    return f"/ws/twilio_voice/{channel.public_id}/"


def hook(channel: Channel, what: str, **query: str) -> str:
    """`what` as in `urls`; the query is signed with the rest of the address."""
    return hook_url(channel, what) + (f"?{urlencode(query)}" if query else "")


def stream_of(channel: Channel, call: PhoneCall, number: int, *, comeback: str = "") -> Stream:
    """The call's stream `number`, with the token that opens it."""
    return Stream(
        url=socket_address(socket_path(channel)),
        token=token_for(call, number, comeback=comeback),
        status_url=hook(channel, "stream"),
        after_url=hook(channel, "after", n=str(number)),
    )


def voicemail_of(channel: Channel) -> Voicemail:
    return Voicemail(after_url=hook(channel, "left"), ready_url=hook(channel, "recording"))
