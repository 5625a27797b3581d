from __future__ import annotations

from typing import ClassVar

from channels_io.kinds.browser_voice.codec import RATE_IN, RATE_OUT, BrowserVoiceCodec
from channels_io.live.consumer import LiveConsumer
from channels_io.live.intake import Codec
from inference.events import Media


class BrowserVoiceConsumer(LiveConsumer):
    kind = "browser_voice"
    media = Media("voice", RATE_IN, RATE_OUT)
    codec: ClassVar[Codec] = BrowserVoiceCodec()
