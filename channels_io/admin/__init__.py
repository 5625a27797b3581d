"""The record in the admin: to look at, not to rewrite. Changes go through pages and actions."""

from __future__ import annotations

from channels_io.admin.channel import ChannelAdmin
from channels_io.admin.contact import ContactAdmin, IdentityInline
from channels_io.admin.conversation import ConversationAdmin, LegInline
from channels_io.admin.messages import InboundEventAdmin, OptOutAdmin, OutboundMessageAdmin

__all__ = [
    "ChannelAdmin",
    "ContactAdmin",
    "ConversationAdmin",
    "IdentityInline",
    "InboundEventAdmin",
    "LegInline",
    "OptOutAdmin",
    "OutboundMessageAdmin",
]
