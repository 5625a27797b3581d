"""WhatsApp straight from Meta, over its Cloud API."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_io.base import ChannelKind

KIND = ChannelKind(
    name="whatsapp_cloud",
    label=_("WhatsApp (Meta)"),
    icon="chat",
    media="text",
    settings="channels_io.message_settings.checked_message_settings",
    provider="meta",
    setup="channels_io.kinds.whatsapp_cloud.setup.set_up",
    webhooks="channels_io.kinds.whatsapp_cloud.urls",
    hook_bytes=3 * 1024 * 1024,  # Meta's own limit: up to 1,000 updates come in one batch.
    messenger="channels_io.kinds.whatsapp_cloud.messenger.messenger_for",
)
