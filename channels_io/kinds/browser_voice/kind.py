"""Speaking in the browser: our own call page and the voice widget."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_io.base import ChannelKind

KIND = ChannelKind(
    name="browser_voice",
    label=_("Voice in the browser"),
    icon="mic",
    media="voice",
    consumer="channels_io.kinds.browser_voice.consumer.BrowserVoiceConsumer",
)
