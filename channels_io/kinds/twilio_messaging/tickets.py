"""Leave to fetch one file of ours for an hour: Twilio takes media by address only, and signs nothing when it fetches."""

from __future__ import annotations

from typing import Final

from django.core import signing

SALT: Final = "twilio media"
SECONDS: Final = 3600


def ticket_for(channel: str, name: str) -> str:
    """For the recording `name`, good below this channel's address only."""
    return signing.dumps([channel, name], salt=SALT, compress=True)


def read_ticket(channel: str, ticket: str) -> str:
    """The recording's name; "" for a ticket that is forged, old or another channel's."""
    try:
        meant, name = signing.loads(ticket, salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(name) if meant == channel else ""
