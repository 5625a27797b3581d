"""Writing in the browser: the chat widget."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_io.base import ChannelKind

KIND = ChannelKind(
    name="web_chat",
    label=_("Chat in the browser"),
    icon="chat",
    media="text",
    consumer="channels_io.kinds.web_chat.consumer.WebChatConsumer",
)
