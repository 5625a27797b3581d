from __future__ import annotations

from typing import ClassVar

from channels_io.kinds.web_chat.codec import WebChatCodec
from channels_io.live.consumer import LiveConsumer
from channels_io.live.intake import Codec
from channels_io.live.limits import TEXT_LIMITS
from inference.events import Media


class WebChatConsumer(LiveConsumer):
    kind = "web_chat"
    media = Media("text")
    limits = TEXT_LIMITS
    codec: ClassVar[Codec] = WebChatCodec()
