"""SMS and WhatsApp messages through Twilio."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_io.base import ChannelKind

KIND = ChannelKind(
    name="twilio_messaging",
    label=_("SMS and WhatsApp (Twilio)"),
    icon="sms",
    media="text",
    settings="channels_io.message_settings.checked_message_settings",
    provider="twilio",
    setup="channels_io.kinds.twilio_messaging.setup.set_up",
    webhooks="channels_io.kinds.twilio_messaging.urls",
    messenger="channels_io.kinds.twilio_messaging.messenger.messenger_for",
)
