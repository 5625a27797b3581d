"""Telephone calls through Twilio: webhooks steer the call, Media Streams carries its sound."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_io.base import ChannelKind

KIND = ChannelKind(
    name="twilio_voice",
    label=_("Telephone (Twilio)"),
    icon="call",
    media="voice",
    provider="twilio",
    consumer="channels_io.kinds.twilio_voice.consumer.TwilioVoiceConsumer",
    socket_path="<str:channel>/",
    webhooks="channels_io.kinds.twilio_voice.urls",
    dialer="channels_io.kinds.twilio_voice.dialer.TwilioDialer",
    settings="channels_io.call_settings.checked_call_settings",
    setup="channels_io.kinds.twilio_voice.setup.set_up",
)
