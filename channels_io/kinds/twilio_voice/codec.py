"""Twilio's Media Streams: JSON text frames, µ-law at 8 kHz in base64. Pure.

Twilio sends `connected`, `start`, then `media`, `dtmf` and `mark`, at last `stop`. We send `media`, `mark` and `clear`.
"""

from __future__ import annotations

import binascii
from typing import Final

import msgspec
from msgspec import Struct

from channels_io.live.messages import Dtmf
from inference.audio import AudioFrame, ulaw_decode, ulaw_encode
from inference.errors import ProtocolError

RATE: Final = 8000
MAX_FRAME_CHARS: Final = 16 * 1024
"""Twilio's own frames have about 400: 20 ms of sound."""
TOKEN: Final = "token"  # noqa: S105 -- the name of the parameter
"""Name of the `<Parameter>` that carries the single-use token."""
_INBOUND: Final = ("inbound", "inbound_track")

# --- from Twilio --------------------------------------------------------------------------------


class Connected(Struct, frozen=True, tag_field="event", tag="connected"):
    pass


class MediaFormat(Struct, frozen=True, rename="camel"):
    encoding: str
    sample_rate: int
    channels: int


class StartDetails(Struct, frozen=True, rename="camel"):
    stream_sid: str
    account_sid: str
    call_sid: str
    media_format: MediaFormat
    custom_parameters: dict[str, str] = {}

    @property
    def token(self) -> str:
        return self.custom_parameters.get(TOKEN, "")


class Start(Struct, frozen=True, tag_field="event", tag="start"):
    start: StartDetails


class MediaDetails(Struct, frozen=True):
    payload: str
    track: str = "inbound"


class Media(Struct, frozen=True, tag_field="event", tag="media"):
    media: MediaDetails

    @property
    def pcm(self) -> bytes:
        """16-bit, at RATE. Raises ProtocolError when the payload is no base64."""
        if self.media.track not in _INBOUND:
            raise ProtocolError("Only the caller's own track is taken.")
        try:
            sound = binascii.a2b_base64(self.media.payload, strict_mode=True)
        except (ValueError, UnicodeError) as error:
            raise ProtocolError("The payload is no base64.") from error
        if not sound:
            raise ProtocolError("A media frame without sound.")
        return AudioFrame.from_samples(ulaw_decode(sound), RATE).pcm


class DtmfDetails(Struct, frozen=True):
    digit: str


class DtmfFrame(Struct, frozen=True, tag_field="event", tag="dtmf"):
    dtmf: DtmfDetails

    @property
    def pressed(self) -> Dtmf:
        """Raises ProtocolError for what is no key of a telephone."""
        try:
            return msgspec.convert({"type": "dtmf", "digit": self.dtmf.digit}, Dtmf)
        except msgspec.ValidationError as error:
            raise ProtocolError("No key of a telephone.") from error


class MarkDetails(Struct, frozen=True):
    name: str


class Mark(Struct, frozen=True, tag_field="event", tag="mark"):
    mark: MarkDetails


class Stop(Struct, frozen=True, tag_field="event", tag="stop"):
    pass


Frame = Connected | Start | Media | DtmfFrame | Mark | Stop

_decoder = msgspec.json.Decoder(Frame, strict=False)


def decode(text: str) -> Frame:
    """Raises ProtocolError, code `too_large` or `protocol`: an event that Twilio does not send is refused too."""
    if len(text) > MAX_FRAME_CHARS:
        raise ProtocolError(f"A frame may have at most {MAX_FRAME_CHARS} characters.", code="too_large")
    try:
        frame: Frame = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProtocolError("Not a frame of Media Streams.") from error
    if isinstance(frame, Start):
        sound = frame.start.media_format
        if (sound.encoding, sound.sample_rate, sound.channels) != ("audio/x-mulaw", RATE, 1):
            raise ProtocolError("Only µ-law at 8 kHz, one channel, is taken.")
    return frame


# --- to Twilio ----------------------------------------------------------------------------------


class _Payload(Struct, frozen=True):
    payload: str


class _MediaOut(Struct, frozen=True, tag_field="event", tag="media", rename="camel"):
    stream_sid: str
    media: _Payload


class _MarkOut(Struct, frozen=True, tag_field="event", tag="mark", rename="camel"):
    stream_sid: str
    mark: MarkDetails


class _ClearOut(Struct, frozen=True, tag_field="event", tag="clear", rename="camel"):
    stream_sid: str


_encoder = msgspec.json.Encoder()


def encode_media(stream: str, pcm: bytes) -> str:
    """`pcm` is 16-bit at RATE."""
    sound = ulaw_encode(AudioFrame(pcm, RATE).samples)
    payload = binascii.b2a_base64(sound, newline=False).decode("ascii")
    return _encoder.encode(_MediaOut(stream, _Payload(payload))).decode()


def encode_mark(stream: str, name: str) -> str:
    return _encoder.encode(_MarkOut(stream, MarkDetails(name))).decode()


def encode_clear(stream: str) -> str:
    return _encoder.encode(_ClearOut(stream)).decode()
