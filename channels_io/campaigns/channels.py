"""Which channels a campaign can go over, and what it does to people there."""

from __future__ import annotations

from collections.abc import Iterator

from channels_io.models import Channel, OptOut
from channels_io.registry import UnknownKind, channel_kind, messenger_of
from parley.accounts.models import Workspace


def campaign_channels(workspace: Workspace) -> Iterator[Channel]:
    """Enabled ones that can call or write first."""
    rows = Channel.objects.of(workspace).filter(enabled=True).exclude(account=None)
    for channel in rows.select_related("account", "agent__published").order_by("name", "pk"):
        if is_call(channel) or is_message(channel):
            yield channel


def is_call(channel: Channel) -> bool:
    """It calls people."""
    try:
        return bool(channel_kind(channel.kind).dialer)
    except UnknownKind:
        return False


def is_message(channel: Channel) -> bool:
    """It writes to people."""
    try:
        return bool(channel_kind(channel.kind).messenger)
    except UnknownKind:
        return False


def scope_of(channel: Channel) -> OptOut.Scope:
    """What somebody does not want who does not want this. Raises LookupError where the channel does neither."""
    if is_call(channel):
        return OptOut.Scope.CALL
    return OptOut.Scope(messenger_of(channel).abilities.scope)
